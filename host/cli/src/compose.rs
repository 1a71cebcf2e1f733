//! `wsp compose`.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use wsp::isolate::{Bounds, Compiler, Source};

use crate::output;

/// Write a program and the provider as one self-contained component
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A component that imports winsock:spi/provider
    #[arg(value_name = "PROGRAM.wasm")]
    program: PathBuf,

    /// Compose it for hosts that know nothing of wsp: the result imports WASI 0.2 alone
    #[arg(long)]
    portable: bool,

    /// Where to write the composed component; - is standard output
    #[arg(short, long, value_name = "OUT.wasm")]
    output: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  wsp compose program.wasm -o composed.wasm
  wsp compose program.wasm -o - | wasm-tools component wit
  wsp compose --portable program.wasm -o portable.wasm
  wasmtime run -S inherit-network portable.wasm

A portable program runs on every host of WASI 0.2 that gives it sockets. What it may reach, how
much it may use and what is recorded of it is then that host's business: none of the options of
`wsp run`, --allow-* and quotas among them, applies to it. What a host refuses is WSAEACCES.
docs/portable.md says how hosts run it, and what WASI cannot do.";

pub(crate) async fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    let to_stdout = arguments.output == Path::new("-");
    if to_stdout && io::stdout().is_terminal() {
        bail!("refusing to write a binary component to the terminal: name a file with -o");
    }
    let name = arguments.program.display();
    let program = fs::read(&arguments.program).with_context(|| format!("cannot read {name}"))?;
    let cannot = || format!("cannot compose {name}");
    let compiler = Compiler::new()
        .with_context(cannot)?
        .bounds(patient(program.len() as u64));
    let source = Source::Bytes(program.clone());
    let composed = match arguments.portable {
        false => compiler.compose(source).await,
        true => compiler.compose_portable(source).await,
    };
    let composed = composed.with_context(cannot)?;
    if composed == program {
        let what = match arguments.portable {
            false => "the provider",
            true => "winsock:spi",
        };
        output::tell(format_args!(
            "{name} does not import {what}; written unchanged"
        ));
    }
    if to_stdout {
        output::write(&composed)?;
    } else {
        let output = arguments.output.display();
        fs::write(&arguments.output, &composed)
            .with_context(|| format!("cannot write {output}"))?;
    }
    Ok(0)
}

/// Memory for each byte of a large program: twice what the compiler took for a program of
/// JavaScript, 13 MB with its engine.
const MEMORY_PER_BYTE: u64 = 512;

/// Bounds of memory only, more of it for a large program: people can wait, or give up.
pub(crate) fn patient(program_bytes: u64) -> Bounds {
    let mut bounds = Bounds::default();
    bounds.time = Duration::MAX;
    bounds.memory_bytes = bounds
        .memory_bytes
        .max(program_bytes.saturating_mul(MEMORY_PER_BYTE));
    bounds
}
