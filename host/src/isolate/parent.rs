//! The parent: starts the child, gives it the program, takes its answer, and ends it
//! when its time is up or the request is dropped.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::sys::{self, Hold, Pipes};
use super::wire::{self, Answer, ROLE, Request};
use super::{Bounds, IsolateError, Source};

/// The most that is kept of what a child says on standard error.
const SAID: usize = 1024;

/// Bytes that are read at once of what a child says on standard error.
const CHUNK: usize = 4096;

/// Asks a child. A thread waits for it, because the child is to end with the thread
/// that has started it.
pub(super) async fn ask(
    request: Request,
    program: Source,
    bounds: Bounds,
) -> Result<(Answer, Vec<u8>), IsolateError> {
    let end = KillOnDrop(Arc::default());
    let living = Arc::clone(&end.0);
    let (answer, answered) = tokio::sync::oneshot::channel();
    let waiting = move || {
        let _ = answer.send(wait_for(&request, program, bounds, &living));
    };
    let thread = thread::Builder::new().name("wsp-compiler".to_owned());
    thread.spawn(waiting).map_err(IsolateError::NotStarted)?;
    let answer = answered.await;
    drop(end);
    answer.unwrap_or_else(|_| Err(IsolateError::Crashed("nobody waited for it".to_owned())))
}

/// A child that may be killed.
#[derive(Default)]
struct Living {
    child: Option<Hold>,
    /// The request was dropped, so it need not start.
    unwanted: bool,
}

/// Kills the child when the request is dropped.
struct KillOnDrop(Arc<Mutex<Living>>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let mut living = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        living.unwanted = true;
        if let Some(child) = &living.child {
            child.kill();
        }
    }
}

fn wait_for(
    request: &Request,
    program: Source,
    bounds: Bounds,
    living: &Mutex<Living>,
) -> Result<(Answer, Vec<u8>), IsolateError> {
    let begun = Instant::now();
    let (stdin, bytes) = match program {
        Source::Bytes(bytes) => (Stdio::piped(), bytes),
        Source::File(file) => (Stdio::from(file), Vec::new()),
    };
    let mut command = command(request).map_err(IsolateError::NotStarted)?;
    command.stdin(stdin);
    let mut child = {
        let mut living = living.lock().unwrap_or_else(PoisonError::into_inner);
        if living.unwanted {
            return Err(IsolateError::Crashed("nobody waits for it".to_owned()));
        }
        let mut child = command.spawn().map_err(IsolateError::NotStarted)?;
        match Hold::of(&child, bounds.memory_bytes) {
            Ok(hold) => living.child = Some(hold),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(IsolateError::NotStarted(error));
            }
        }
        child
    };
    let deadline = begun.checked_add(bounds.time);
    let talked =
        Pipes::of(&mut child).and_then(|pipes| pipes.talk(bytes, deadline, bounds.memory_bytes));
    if !matches!(talked, Ok(Talk::Ended { .. })) {
        let _ = child.kill();
    }
    // What holds it may mean another process as soon as it has been waited for.
    sys::until_ended(&mut child);
    living.lock().unwrap_or_else(PoisonError::into_inner).child = None;
    let status = child.wait();

    let crashed = |how: String| Err(IsolateError::Crashed(how));
    let (written, said) = match talked {
        Ok(Talk::Ended { written, said }) => (written, said),
        Ok(Talk::TimedOut) => return Err(IsolateError::TimedOut(bounds.time)),
        Err(error) => return crashed(error.to_string()),
    };
    if let Some(answer) = wire::read(written) {
        return Ok(answer);
    }
    let said = String::from_utf8_lossy(&said);
    if said.contains("memory allocation of") || said.contains("Cannot allocate memory") {
        return Err(IsolateError::OutOfMemory(bounds.memory_bytes));
    }
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    match said.lines().find(|line| !line.trim().is_empty()) {
        Some(line) => crashed(format!("{status}: {}", crate::printable(line.trim()))),
        None => crashed(status),
    }
}

/// This program as a compiler, with nothing of this process but what the loader needs to start it.
fn command(request: &Request) -> io::Result<Command> {
    let mut command = Command::new(sys::executable()?);
    command
        .arg(ROLE)
        .arg(serde_json::to_string(request)?)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    sys::equip(&mut command);
    Ok(command)
}

/// How talking to a child went.
pub(super) enum Talk {
    Ended { written: Vec<u8>, said: Vec<u8> },
    TimedOut,
}

/// Reads what is there of an answer of at most this many bytes. Returns whether more can come.
pub(super) fn is_answering(
    pipe: &mut impl Read,
    written: &mut Vec<u8>,
    most: u64,
) -> io::Result<bool> {
    let room = most.saturating_sub(written.len() as u64);
    let read = pipe.take(room.saturating_add(1)).read_to_end(written);
    if written.len() as u64 > most {
        return Err(io::Error::other(
            "its answer is longer than the memory that it may allocate",
        ));
    }
    match read {
        Ok(_) => Ok(false),
        Err(error) if is_passing(&error) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Reads some of what is said, keeps the beginning, and returns whether more can come.
pub(super) fn is_speaking(pipe: &mut impl Read, said: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; CHUNK];
    match pipe.read(&mut chunk) {
        Ok(count) => {
            let room = SAID.saturating_sub(said.len());
            said.extend(chunk.iter().take(count.min(room)));
            Ok(count > 0)
        }
        Err(error) if is_passing(&error) => Ok(true),
        Err(error) => Err(error),
    }
}

pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
