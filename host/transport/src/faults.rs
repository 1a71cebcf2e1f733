//! Failing system calls on purpose, for tests of what happens then, and counting them.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustix::io::Errno;

use wsp_guard::sync::lock;

/// Makes system calls of sends fail, in the order that was said; see
/// [`crate::Settings::with_faults`]. Clones share what is to come.
///
/// Only with the feature `fault-injection`, so that nothing else pays for it.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// What becomes of the next system calls; none lets one through.
    next: Arc<Mutex<VecDeque<Option<Errno>>>>,
    calls: Arc<AtomicU64>,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn new() -> Faults {
        Faults::default()
    }

    /// Lets that many system calls of sends through, and then fails one with
    /// this error, without making it.
    ///
    /// # Errors
    ///
    /// When `error` is not one of the system's.
    pub fn fail_after(&self, calls: usize, error: &io::Error) -> io::Result<()> {
        let errno = Errno::from_io_error(error).ok_or(io::ErrorKind::InvalidInput)?;
        let mut next = lock(&self.next);
        next.extend(std::iter::repeat_n(None, calls));
        next.push_back(Some(errno));
        Ok(())
    }

    /// How many system calls that move bytes, or ask what there is, were made on behalf of
    /// the instances that have this or a clone.
    #[must_use]
    pub fn system_calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// What becomes of the system call that is due.
    pub(crate) fn take(&self) -> Result<(), Errno> {
        match lock(&self.next).pop_front().flatten() {
            Some(errno) => Err(errno),
            None => Ok(()),
        }
    }
}
