//! Ends the process when its time is up, whatever its threads are doing.
//!
//! A future can be dropped only where it awaits something, and so not in the middle of
//! a write to a pipe that nobody reads, of a file that does not open, or of one long
//! instruction of a program.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use crate::output;

/// How long the message may take: standard error may be what is full.
const SAYING: Duration = Duration::from_millis(100);

/// Ends the process when its time is up. Dropping it disarms it.
#[derive(Debug)]
pub(crate) struct Watchdog {
    _disarm: mpsc::Sender<()>,
}

impl Watchdog {
    /// Ends the process after `limit` with `status`, having said `sentence` on standard
    /// error if that takes it. Nothing is flushed or dropped then.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub(crate) fn start(limit: Duration, status: u8, sentence: String) -> anyhow::Result<Watchdog> {
        let (disarm, disarmed) = mpsc::channel();
        let watch = move || {
            if disarmed.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                say(sentence);
                exit(status);
            }
        };
        let started = spawn("wsp-watchdog", watch).context("cannot keep time");
        started.map(|()| Watchdog { _disarm: disarm })
    }

    /// Keeps it armed until the process ends by itself.
    pub(crate) fn stay(self) {
        std::mem::forget(self);
    }
}

/// Says it from a thread of its own, which may never come back from it.
fn say(sentence: String) {
    let (said, saying) = mpsc::channel();
    let say = move || {
        output::say(format_args!("{sentence}"));
        let _ = said.send(());
    };
    if spawn("wsp-last-words", say).is_ok() {
        let _ = saying.recv_timeout(SAYING);
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(run).map(drop)
}

#[expect(
    unsafe_code,
    reason = "there is no safe way to end a process at once: `std::process::exit` waits for a thread that flushes standard output"
)]
fn exit(status: u8) -> ! {
    // SAFETY: It has no preconditions, and does not return. No destructor runs, and
    // nothing here relies on one: files are written whole, and what the kernel holds it
    // takes back.
    unsafe { libc::_exit(status.into()) }
}
