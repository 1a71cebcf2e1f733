//! SIGINT (Ctrl-C), SIGTERM and SIGHUP.

use std::thread;

use anyhow::Context;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use super::{Interrupt, Teller};

/// The signals that ask a command to end.
const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

impl From<Signal> for Interrupt {
    fn from(signal: Signal) -> Interrupt {
        Interrupt {
            name: signal.as_str(),
            status: u8::try_from(128 + signal as i32).unwrap_or(u8::MAX),
        }
    }
}

/// Has a thread wait for the signals.
pub(super) fn watch(mut teller: Teller) -> anyhow::Result<()> {
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
    let watch = move || {
        while let Ok(signal) = watched.wait() {
            teller.interrupted(signal.into());
        }
    };
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(watch).context(cannot)?;
    Ok(())
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
