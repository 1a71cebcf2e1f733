//! Signals: SIGINT (Ctrl-C), SIGTERM and SIGHUP as things to wait for, and SIGXFSZ
//! as an error of the write.

use std::error::Error;
use std::fmt;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use tokio::sync::mpsc;

/// The signals that ask a command to end.
const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// A signal within this time after the first is the same wish: `timeout` and
/// terminals tell a process and its group.
const SAME: Duration = Duration::from_secs(1);

/// A signal that asked the command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupt(Signal);

impl Interrupt {
    /// The exit status after it, as shells have it: 130 after Ctrl-C, 143 after SIGTERM.
    pub(crate) fn status(self) -> u8 {
        u8::try_from(128 + self.0 as i32).unwrap_or(u8::MAX)
    }
}

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interrupted by {}", self.0.as_str())
    }
}

impl Error for Interrupt {}

/// The signals of this process.
pub(crate) struct Interrupts {
    told: mpsc::UnboundedReceiver<Interrupt>,
}

impl Interrupts {
    /// Watches from now on. Call it before there are other threads, which inherit
    /// that the signals do not end them. What the process was told to ignore, as by
    /// `nohup` or a shell's background job, stays ignored.
    ///
    /// The first signal only tells [`Interrupts::next`]; another one, later than
    /// a second after it, ends the process at once.
    ///
    /// This is not tokio's own signal handling, because that opens a pair of sockets
    /// in every runtime of the process, and `wsp run` makes no network system call
    /// that no rule allows.
    ///
    /// # Errors
    ///
    /// When the system refuses a thread or the signals.
    pub(crate) fn watch() -> anyhow::Result<Interrupts> {
        let cannot = "cannot watch for Ctrl-C";
        let mut watched = SigSet::from_iter(SIGNALS);
        watched.thread_block().context(cannot)?;
        for signal in SIGNALS {
            if is_ignored(signal).context(cannot)? {
                watched.remove(signal);
            }
        }
        let ignored = SigSet::from_iter(SIGNALS.into_iter().filter(|it| !watched.contains(*it)));
        ignored.thread_unblock().context(cannot)?;
        let (tell, told) = mpsc::unbounded_channel();
        let watch = move || {
            let mut first: Option<Instant> = None;
            while let Ok(signal) = watched.wait() {
                let interrupt = Interrupt(signal);
                if first.is_some_and(|first| first.elapsed() > SAME) {
                    process::exit(interrupt.status().into());
                }
                if first.is_none() {
                    first = Some(Instant::now());
                    // Without a receiver the command is about to end anyway.
                    let _ = tell.send(interrupt);
                }
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned());
        thread.spawn(watch).context(cannot)?;
        Ok(Interrupts { told })
    }

    /// Waits for the first signal. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Interrupt {
        match self.told.recv().await {
            Some(interrupt) => interrupt,
            // There is nothing to watch for.
            None => std::future::pending().await,
        }
    }
}

/// Has a write beyond the limit of file sizes fail, in words that name the file, and
/// not end the process with SIGXFSZ. Call it before there are other threads.
///
/// # Errors
///
/// When the system refuses, which it does not.
pub(crate) fn refuse_size_signal() -> anyhow::Result<()> {
    // The system fails the write as well, and a blocked signal does nothing.
    let blocked = SigSet::from(Signal::SIGXFSZ).thread_block();
    blocked.context("cannot block SIGXFSZ")
}

/// Whether the process was started with this signal, which is blocked, ignored.
#[expect(unsafe_code, reason = "there is no safe way to ask what a signal does")]
fn is_ignored(signal: Signal) -> nix::Result<bool> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: neither the default nor what was there before is a handler of this
    // process, which installs none for these signals.
    let before = unsafe { sigaction(signal, &default) }?;
    let ignored = matches!(before.handler(), SigHandler::SigIgn);
    if ignored {
        // SAFETY: as above.
        unsafe { sigaction(signal, &before) }?;
    }
    Ok(ignored)
}
