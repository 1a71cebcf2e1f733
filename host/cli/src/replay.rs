//! `wsp replay`, and the recordings of `wsp run --record`.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use wasmtime_wasi::cli::stdout;
use wsp::isolate::{Compiler, Source};
use wsp::run::{Outcome, Runner};
use wsp::tape::{Recorder, Replayer};

use crate::compose::patient;
use crate::directory::Grant;
use crate::output;
use crate::program;
use crate::stdin::Stdin;

/// Run a program again that was recorded: with the same answers, and no network
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Give the program a directory of the host, as `wsp run` did; files are not recorded, so it must hold what it held
    #[arg(long, value_name = "HOST[::GUEST][:ro]", value_parser = Grant::parse)]
    dir: Vec<Grant>,

    /// Replay it though the program was changed since, for example to print more: as far as its calls are the same
    #[arg(long)]
    changed: bool,

    /// What `wsp run --record` wrote
    #[arg(value_name = "RECORDING")]
    recording: PathBuf,

    /// The program that was recorded
    #[arg(value_name = "PROGRAM.wasm")]
    program: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  wsp run --record=run.tape --allow-outbound=tcp://127.0.0.1:9000 program.wasm 127.0.0.1:9000
  wsp replay run.tape program.wasm
  wsp replay --changed run.tape program-that-prints-more.wasm
  wsp replay --dir ./www::. run.tape web-server.wasm

The program has the arguments, variables, clocks, random numbers and standard input that
it had, and is answered each call of Winsock as it was. It waits for nothing. What it
prints, you see.

The exit status is the program's own, 134 if it trapped, 123 if it did something else
than was recorded, which a sentence tells with the number of the call, and 1 or 2 if it
could not be replayed. Of a program that was killed or hung, all is replayed that it did
until then; the sentence tells the call that it waited in.

A recording holds what the program was given and received, and may hold secrets.";

pub(crate) async fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    let name = arguments.program.display().to_string();
    let program = read(&arguments.program)?;
    let recording = arguments.recording.display();
    let file = File::open(&arguments.recording);
    let file = file.with_context(|| format!("cannot read {recording}"))?;
    let file = BufReader::new(file);
    let replayer = match arguments.changed {
        false => Replayer::new(file, &program),
        true => Replayer::of_changed(file),
    };
    let replayer = replayer.map_err(|error| anyhow!("cannot replay {recording}: {error}"))?;
    let compiler = Compiler::new()?.bounds(patient(program.len() as u64));
    let runner = Runner::without_epochs();
    let program = program::compile(&name, &runner, compiler, Source::Bytes(program)).await?;
    let mut wasi = replayer.wasi(stdout());
    wasi.inherit_stderr();
    for directory in &arguments.dir {
        directory.give(&mut wasi)?;
    }
    let limits = replayer.limits();
    let prepared = program.replay(wasi.build(), &replayer);
    let outcome = program::run(&name, prepared, limits, None).await?;
    if let Outcome::Diverged(divergence) = &outcome {
        if let Some(error) = divergence.unusable() {
            return Err(anyhow!(
                "cannot replay {recording} further than call {}: {error}",
                divergence.call()
            ));
        }
        output::say(format_args!("wsp: {name} {divergence}"));
    }
    Ok(outcome.exit_status())
}

/// A recorder of a program, to a new file or in place of an earlier recording. Nobody but its
/// owner may read it.
pub(crate) fn recorder(
    file: &Path,
    program: &[u8],
    arguments: &[String],
    variables: &[(String, String)],
) -> anyhow::Result<Recorder> {
    let name = file.display();
    let cannot = || format!("cannot record to {name}");
    let to = create(file).with_context(cannot)?;
    Recorder::new(to, program, arguments, variables).with_context(cannot)
}

/// Says what a recorded program is denied, if it might want it.
pub(crate) fn tell_what_is_denied(name: &str, imports: &[String]) {
    let is_denied = |import: &String| {
        ["wasi:http/outgoing-handler@", "wasi:http/client@"]
            .iter()
            .chain(&["wasi:sockets/tcp-create-socket@", "wasi:sockets/types@0.3"])
            .any(|denied| import.starts_with(denied))
    };
    if imports.iter().any(is_denied) {
        output::tell(format_args!(
            "wsp: {name} has no wasi:sockets and no wasi:http while it is recorded: only Winsock is"
        ));
    }
}

/// The recorder's way to standard input.
pub(crate) fn stdin() -> anyhow::Result<Stdin> {
    Stdin::new().context("cannot use standard input")
}

/// All of a program, which is to be the same wherever it is used.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn create(file: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    let metadata = opened.metadata()?;
    if metadata.is_file() {
        let mut begins = Vec::new();
        (&opened)
            .take(wsp::tape::MAGIC.len() as u64)
            .read_to_end(&mut begins)?;
        ensure!(
            begins.is_empty() || begins == wsp::tape::MAGIC,
            "it is there already, and is no recording: name another file"
        );
        #[cfg(unix)]
        opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        opened.set_len(0)?;
        std::io::Seek::rewind(&mut &opened)?;
    }
    Ok(opened)
}
