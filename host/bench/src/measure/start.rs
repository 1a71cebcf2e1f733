//! From the start of `wsp send` to its exit.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::statistics::Spread;

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

/// Nanoseconds that the command `wsp` takes to send one byte, started anew each time.
pub(crate) fn measure(wsp: &Path, receivers: &Receivers, plan: &Plan) -> anyhow::Result<Spread> {
    let run = || {
        let mut send = Command::new(wsp);
        send.args([
            "send",
            &format!("tcp://{}", receivers.sleeping),
            "--buffer",
            "x",
        ]);
        send.stdin(Stdio::null());
        send.stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let status = send.status();
        let status = status.with_context(|| format!("cannot start {}", wsp.display()))?;
        if !status.success() {
            bail!("`{} send` ended with {status}", wsp.display());
        }
        Ok(begin.elapsed().as_secs_f64() * 1e9)
    };
    // Warms the caches: the system's and the command's own.
    run()?;
    let times: Vec<f64> = (0..plan.starts).map(|_| run()).collect::<Result<_, _>>()?;
    Spread::of(times).context("nothing was started")
}
