//! Every C program of `tests/programs/c`, as `wsp cc` builds and `wsp run`
//! runs it, over real sockets: one test for each source that is there. Each runs
//! once more behind the interposer, once recorded and replayed, and once portable, on a host that has WASI and
//! nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use wsp::compose::compose_portable;
use wsp_tests::{directory_of_programs, interposed_program};
use xtask::differential::{Portable, Program, Sandbox, Transcript, programs};

/// As its first argument, it makes this process a host of WASI that runs the second.
const STOCK_HOST: &str = "--stock-host";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == STOCK_HOST) {
        let component = arguments.next().unwrap();
        return match wsp_stock_host::main(Path::new(&component), arguments) {
            Ok(status) => status.into(),
            Err(error) => {
                eprintln!("{error:?}");
                ExitCode::FAILURE
            }
        };
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_programs");
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_wsp").into(), built).unwrap();
    let sandbox = Arc::new(sandbox);
    let portable = Arc::new(Portable::read(&root).unwrap());
    let trials = programs(&root).unwrap().into_iter().map(|program| {
        let sandbox = Arc::clone(&sandbox);
        let portable = Arc::clone(&portable);
        Trial::test(program.name().to_owned(), move || {
            comes_to_its_end(&program, &sandbox, &portable)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// The program prints its last line, and what is written down beside its source if anything is.
fn comes_to_its_end(
    program: &Program,
    sandbox: &Sandbox,
    portable: &Portable,
) -> Result<(), Failed> {
    let direct = sandbox.build(program).map_err(said)?;
    let interposed = interposed(&direct).map_err(said)?;
    let told = |component: &Path| {
        let component = component.display().to_string();
        move |error| format!("{component}: {}", said(error))
    };
    let transcript = prints_what_is_expected(program, sandbox, &direct).map_err(told(&direct))?;
    prints_what_is_expected(program, sandbox, &interposed).map_err(told(&interposed))?;
    prints_the_same_replayed(program, sandbox, &direct)
        .map_err(|error| format!("replayed: {}", said(error)))?;
    prints_the_same_portable(program, sandbox, &direct, (&transcript, portable))
        .map_err(|error| format!("portable: {}", said(error)))?;
    Ok(())
}

/// Composes the program anew beside the one that is composed by `wsp run`.
fn interposed(component: &Path) -> anyhow::Result<PathBuf> {
    let directory = directory_of_programs(env!("CARGO_TARGET_TMPDIR"));
    let composed = interposed_program(&fs::read(component)?, &directory);
    let file = component.with_extension("interposed.wasm");
    fs::write(&file, composed)?;
    Ok(file)
}

fn prints_what_is_expected(
    program: &Program,
    sandbox: &Sandbox,
    component: &Path,
) -> anyhow::Result<Transcript> {
    let transcript = sandbox.run(program, component)?;
    let printed = transcript.lines.join("\n");
    ensure!(
        transcript.is_complete(),
        "it did not come to its end:\n{printed}\n{}",
        transcript.diagnostics
    );
    let expected = program.expected()?;
    ensure!(
        expected.is_none_or(|expected| expected == transcript.lines),
        "it printed other lines than are expected:\n{printed}"
    );
    Ok(transcript)
}

fn prints_the_same_replayed(
    program: &Program,
    sandbox: &Sandbox,
    direct: &Path,
) -> anyhow::Result<()> {
    let (recorded, replayed) = sandbox.record(program, direct)?;
    ensure!(
        recorded.is_complete() && recorded.lines == replayed.lines,
        "it printed other lines when it was replayed:\n{}\n{}\n{}",
        recorded.lines.join("\n"),
        replayed.lines.join("\n"),
        replayed.diagnostics
    );
    Ok(())
}

fn prints_the_same_portable(
    program: &Program,
    sandbox: &Sandbox,
    direct: &Path,
    (transcript, portable): (&Transcript, &Portable),
) -> anyhow::Result<()> {
    if portable.leaves_out(program.name()) {
        return Ok(());
    }
    let file = direct.with_extension("portable.wasm");
    fs::write(&file, compose_portable(&fs::read(direct)?)?)?;
    let mut host = Command::new(env::current_exe()?);
    host.arg(STOCK_HOST);
    let printed = sandbox.run_on(host, program, &file)?;
    let compared = portable.compare(program.name(), transcript, &printed);
    compared.context(printed.diagnostics)
}

fn said(error: anyhow::Error) -> String {
    format!("{error:#}")
}
