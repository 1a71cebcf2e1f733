//! From the start of `wsp send`, and of `wsp run` of a program that it has seen before, to the exit.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::statistics::{Spread, ratio};

/// The command whose start is measured: `named`, or the one that lies beside this one,
/// where cargo puts both.
///
/// # Errors
///
/// When there is no such file.
pub(crate) fn find(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match named {
        Some(named) => existing(named),
        None => {
            let this = env::current_exe().context("cannot tell where this command is")?;
            let name = format!("wsp{}", env::consts::EXE_SUFFIX);
            existing(this.with_file_name(name))
        }
    }
}

fn existing(command: PathBuf) -> anyhow::Result<PathBuf> {
    if command.is_file() {
        return Ok(command);
    }
    let build = if cfg!(debug_assertions) {
        "cargo build -p wsp-cli"
    } else {
        "cargo build --release -p wsp-cli"
    };
    bail!(
        "there is no command wsp at {}, whose start is to be measured: build it with `{build}`, or name another with --wsp",
        command.display()
    )
}

/// The command `wasmtime` that the shell would find.
pub(crate) fn find_wasmtime() -> Option<PathBuf> {
    let name = format!("wasmtime{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    let mut found = env::split_paths(&path).map(|folder| folder.join(&name));
    found.find(|file| file.is_file())
}

/// Nanoseconds that the command `wsp` takes to send one byte, started anew each time.
pub(crate) fn measure(wsp: &Path, receivers: &Receivers, plan: &Plan) -> anyhow::Result<Spread> {
    let target = format!("tcp://{}", receivers.sleeping);
    let run = || time(wsp, ["send", &target, "--buffer", "x"].map(OsStr::new));
    // Warms the caches: the system's and the command's own.
    run()?;
    let times: Vec<f64> = (0..plan.starts).map(|_| run()).collect::<Result<_, _>>()?;
    Spread::of(times).context("nothing was started")
}

/// The start of a program that was run before.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Second {
    /// Bytes of the program.
    pub(crate) bytes: usize,
    /// Nanoseconds of `wsp run`, from start to exit.
    pub(crate) wsp: Spread,
    /// Nanoseconds of `wasmtime run` with its cache, if there is a command wasmtime.
    pub(crate) wasmtime: Option<Spread>,
    /// How many times as long `wsp run` takes, pair by pair.
    pub(crate) of_wasmtime: Option<Spread>,
}

/// Starts a program of 1 MiB again and again, which returns at once.
pub(crate) fn second(wsp: &Path, wasmtime: Option<&Path>, plan: &Plan) -> anyhow::Result<Second> {
    let place = tempfile::tempdir().context("cannot make a directory")?;
    let file = place.path().join("program.wasm");
    let program = wat::parse_str(program()?)?;
    fs::write(&file, &program)?;
    let cache = place.path().join("cache.toml");
    let folder = place.path().join("wasmtime");
    fs::create_dir(&folder)?;
    fs::write(&cache, format!("[cache]\ndirectory = {folder:?}\n"))?;
    let cache = format!("cache-config={}", cache.display());

    let ours = || time(wsp, [OsStr::new("run"), file.as_os_str()]);
    let theirs = || {
        let arguments = ["run", "-C", &cache].map(OsStr::new);
        let arguments = arguments.into_iter().chain([file.as_os_str()]);
        wasmtime
            .map(|wasmtime| time(wasmtime, arguments))
            .transpose()
    };
    // The first start of each compiles it.
    ours()?;
    theirs()?;
    let (mut wsp, mut wasmtime) = (Vec::new(), Vec::new());
    for round in 0..plan.starts {
        // Each goes first as often as the other.
        let (our, their) = if round % 2 == 0 {
            let our = ours()?;
            (our, theirs()?)
        } else {
            let their = theirs()?;
            (ours()?, their)
        };
        wsp.push(our);
        wasmtime.extend(their);
    }
    Ok(Second {
        bytes: program.len(),
        of_wasmtime: ratio(&wsp, &wasmtime),
        wsp: Spread::of(wsp).context("nothing was started")?,
        wasmtime: Spread::of(wasmtime),
    })
}

/// A command of so many functions that it has 1 MiB, each of arithmetic that cannot be left out.
fn program() -> anyhow::Result<String> {
    const FUNCTIONS: u32 = 1 << 12;
    const STEPS: u32 = 32;
    let mut text = "(component (core module $m (memory 1)".to_owned();
    for function in 0..FUNCTIONS {
        write!(text, "(func (param i32) (result i32) local.get 0")?;
        for step in 0..STEPS {
            let address = function.wrapping_mul(40_503).wrapping_add(step * 2_654) % 0xfff0;
            let operation = ["i32.add", "i32.xor", "i32.mul"]
                .get(step as usize % 3)
                .context("there are three")?;
            write!(
                text,
                " i32.const {address} i32.load offset={step} {operation}"
            )?;
        }
        text += ")";
    }
    text += r#"(func (export "run") (result i32) i32.const 0))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (component $wrap (import "run" (func $r (result (result)))) (export "run" (func $r)))
        (instance $w (instantiate $wrap (with "run" (func $run))))
        (export "wasi:cli/run@0.2.0" (instance $w)))"#;
    Ok(text)
}

/// Nanoseconds from the start of a command to its exit, which must be a success.
fn time<'a>(command: &Path, arguments: impl IntoIterator<Item = &'a OsStr>) -> anyhow::Result<f64> {
    let mut started = Command::new(command);
    started.args(arguments);
    started.stdin(Stdio::null());
    started.stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = started.status();
    let status = status.with_context(|| format!("cannot start {}", command.display()))?;
    if !status.success() {
        bail!("`{started:?}` ended with {status}");
    }
    Ok(begin.elapsed().as_secs_f64() * 1e9)
}
