//! What asks a command to end, as something to wait for: signals, or Ctrl-C. And SIGXFSZ as an
//! error of the write.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

#[cfg(unix)]
pub(crate) use unix::refuse_size_signal;
#[cfg(windows)]
pub(crate) use windows::refuse_size_signal;

/// A signal within this time after the first is the same wish: `timeout` and
/// terminals tell a process and its group.
const SAME: Duration = Duration::from_secs(1);

/// What asked the command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupt {
    name: &'static str,
    status: u8,
}

impl Interrupt {
    /// The exit status after it, as shells have it: 130 after Ctrl-C, 143 after SIGTERM.
    pub(crate) fn status(self) -> u8 {
        self.status
    }
}

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interrupted by {}", self.name)
    }
}

impl Error for Interrupt {}

/// What asks this process to end.
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
        let (tell, told) = mpsc::unbounded_channel();
        let teller = Teller { tell, first: None };
        #[cfg(unix)]
        unix::watch(teller)?;
        #[cfg(windows)]
        windows::watch(teller)?;
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

/// Tells of the first one, and ends the process with another one.
struct Teller {
    tell: mpsc::UnboundedSender<Interrupt>,
    first: Option<Instant>,
}

impl Teller {
    fn interrupted(&mut self, interrupt: Interrupt) {
        match self.first {
            Some(first) if first.elapsed() > SAME => {
                std::process::exit(interrupt.status().into());
            }
            Some(_) => {}
            None => {
                self.first = Some(Instant::now());
                // Without a receiver the command is about to end anyway.
                let _ = self.tell.send(interrupt);
            }
        }
    }
}
