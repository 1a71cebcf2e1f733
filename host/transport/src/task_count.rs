//! How many tasks of an instance there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::TransportError;

/// Tasks beyond two for each socket, so that few sockets can be opened and closed quickly.
const SPARE: usize = 1024;

/// Counts the tasks that drive endpoints. The task of a closed endpoint ends with its
/// next poll, which a program that never waits may put off where the runtime has one
/// thread; so there is a bound, at which no endpoint can be made.
#[derive(Debug)]
pub(crate) struct Tasks {
    alive: AtomicUsize,
    limit: usize,
}

impl Tasks {
    /// For an instance with so many sockets.
    pub(crate) fn new(sockets: usize) -> Tasks {
        Tasks {
            alive: AtomicUsize::new(0),
            limit: sockets.saturating_mul(2).saturating_add(SPARE),
        }
    }

    /// Refuses if too many have not ended yet.
    pub(super) fn check(&self) -> Result<(), TransportError> {
        if self.alive() >= self.limit {
            return Err(TransportError::TooManyEndpoints);
        }
        Ok(())
    }

    /// Those that have not ended.
    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::Relaxed)
    }
}

/// One task, for as long as its future exists.
#[derive(Debug)]
pub(super) struct Task(Arc<Tasks>);

impl Task {
    pub(super) fn new(tasks: &Arc<Tasks>) -> Task {
        tasks.alive.fetch_add(1, Ordering::Relaxed);
        Task(Arc::clone(tasks))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::Relaxed);
    }
}
