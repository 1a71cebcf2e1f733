//! Running one program to its end, with its peer, within a limit.

use std::{
    fs,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use tempfile::NamedTempFile;

use super::peer::Peer;

/// No program takes longer on an idle machine than a tenth of this.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a running program is looked after.
const MOMENT: Duration = Duration::from_millis(5);

/// What a program that listens says on standard error.
const LISTENING: &str = "listening on port ";

/// What a program printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Its lines, and one more if it did not end as it should.
    pub lines: Vec<String>,
    /// What it said on standard error.
    pub diagnostics: String,
}

impl Transcript {
    /// Whether the program came to its own end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lines.last().is_some_and(|line| line == "done")
    }
}

/// Runs a program together with its peer.
pub(super) fn transcript(mut command: Command, peer: Peer) -> Result<Transcript> {
    let peer = peer.open().context("cannot open the program's peer")?;
    if let Some(address) = peer.address()? {
        command.arg(address.to_string());
    }
    // Not pipes: a service that Wine starts beside a program keeps them open.
    let (output, errors) = (NamedTempFile::new()?, NamedTempFile::new()?);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output.reopen()?)
        .stderr(errors.reopen()?)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let (told, port) = mpsc::channel();
    let gone = AtomicBool::new(false);
    let (status, served) = thread::scope(|scope| {
        let gone = &gone;
        let served = scope.spawn(move || peer.serve(&port, gone));
        let status = wait(&mut child, errors.path(), told);
        gone.store(true, Ordering::Release);
        (status, served.join())
    });

    let mut lines: Vec<String> = read(output.path())?.lines().map(str::to_owned).collect();
    match status? {
        Some(status) if status.success() => {}
        Some(status) => lines.push(format!("({status})")),
        None => lines.push(format!("(ended after {} s)", LIMIT.as_secs())),
    }
    if let Err(error) = served.map_err(|_| anyhow!("the program's peer panicked"))? {
        lines.push(format!("(its peer: {error:#})"));
    }
    Ok(Transcript {
        lines,
        diagnostics: read(errors.path())?,
    })
}

fn read(file: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(file)?).replace('\r', ""))
}

/// The status of the process, or none if it had to be ended. The port that it
/// says it listens on is passed on.
fn wait(child: &mut Child, errors: &Path, told: Sender<u16>) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + LIMIT;
    let mut told = Some(told);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if told.is_some()
            && let Some(port) = listening(&read(errors)?)
            && let Some(told) = told.take()
        {
            // A peer that needs no port does not listen.
            let _ = told.send(port);
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(MOMENT);
    }
}

/// The port, once the whole line is there.
fn listening(errors: &str) -> Option<u16> {
    let (_, rest) = errors.split_once(LISTENING)?;
    let (port, _) = rest.split_once('\n')?;
    port.parse().ok()
}
