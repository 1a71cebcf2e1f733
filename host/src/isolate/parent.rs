//! The parent: starts the child, gives it the program, takes its answer, and ends it
//! when its time is up or the request is dropped.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

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
    child: Option<Pid>,
    /// The request was dropped, so it need not start.
    unwanted: bool,
}

/// Kills the child when the request is dropped.
struct KillOnDrop(Arc<Mutex<Living>>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let mut living = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        living.unwanted = true;
        if let Some(child) = living.child {
            let _ = kill_process(child, Signal::KILL);
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
        let child = command.spawn().map_err(IsolateError::NotStarted)?;
        living.child = Some(Pid::from_child(&child));
        child
    };
    let deadline = begun.checked_add(bounds.time);
    let talked =
        Pipes::of(&mut child).and_then(|pipes| pipes.talk(&bytes, deadline, bounds.memory_bytes));
    if !matches!(talked, Ok(Talk::Ended { .. })) {
        let _ = child.kill();
    }
    // Its number may belong to another process as soon as it has been waited for.
    let pid = Pid::from_child(&child);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
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
    let mut command = Command::new(executable()?);
    if let Some(name) = env::args_os().next() {
        command.arg0(name);
    }
    command
        .arg(ROLE)
        .arg(serde_json::to_string(request)?)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(path) = env::var_os("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", path);
    }
    Ok(command)
}

/// The executable that runs, which may have been replaced since.
fn executable() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    match running.symlink_metadata() {
        Ok(_) => Ok(running.to_owned()),
        Err(_) => env::current_exe(),
    }
}

/// This end of a child's standard streams.
struct Pipes {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// How talking to a child went.
enum Talk {
    Ended { written: Vec<u8>, said: Vec<u8> },
    TimedOut,
}

impl Pipes {
    fn of(child: &mut Child) -> io::Result<Pipes> {
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("it has no standard streams"));
        };
        let stdin = child.stdin.take();
        let ends = [
            stdin.as_ref().map(AsFd::as_fd),
            Some(stdout.as_fd()),
            Some(stderr.as_fd()),
        ];
        for end in ends.into_iter().flatten() {
            rustix::io::ioctl_fionbio(end, true)?;
        }
        Ok(Pipes {
            stdin,
            stdout,
            stderr,
        })
    }

    /// Writes all of `input` while it takes it, and reads until it has closed its streams.
    /// An answer of more than `most` bytes is an error: the child must not exceed its memory.
    fn talk(mut self, mut input: &[u8], deadline: Option<Instant>, most: u64) -> io::Result<Talk> {
        let (mut written, mut said) = (Vec::new(), Vec::new());
        let (mut writes, mut speaks) = (true, true);
        while writes || speaks {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(Talk::TimedOut);
            }
            wait(
                [
                    (self.stdin.as_ref().map(AsFd::as_fd), PollFlags::OUT),
                    (writes.then(|| self.stdout.as_fd()), PollFlags::IN),
                    (speaks.then(|| self.stderr.as_fd()), PollFlags::IN),
                ],
                left,
            )?;
            if let Some(stdin) = &mut self.stdin {
                match stdin.write(input) {
                    Ok(count) => input = input.get(count..).unwrap_or_default(),
                    Err(error) if is_passing(&error) => {}
                    // Its answer says why it does not read more.
                    Err(_) => input = &[],
                }
            }
            if input.is_empty() {
                self.stdin = None;
            }
            writes = writes && is_answering(&mut self.stdout, &mut written, most)?;
            speaks = speaks && is_speaking(&mut self.stderr, &mut said)?;
        }
        Ok(Talk::Ended { written, said })
    }
}

/// Reads what is there of an answer of at most this many bytes. Returns whether more can come.
fn is_answering(pipe: &mut impl Read, written: &mut Vec<u8>, most: u64) -> io::Result<bool> {
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
fn is_speaking(pipe: &mut impl Read, said: &mut Vec<u8>) -> io::Result<bool> {
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

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Waits until one of the streams is ready, or the time is up.
fn wait(
    streams: [(Option<BorrowedFd<'_>>, PollFlags); 3],
    left: Option<Duration>,
) -> io::Result<()> {
    let streams = streams.into_iter();
    let mut streams: Vec<PollFd<'_>> = streams
        .filter_map(|(stream, flags)| Some(PollFd::from_borrowed_fd(stream?, flags)))
        .collect();
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut streams, left.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
