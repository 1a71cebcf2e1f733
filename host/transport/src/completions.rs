//! Finished operations on their way to the provider.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::Finished;
use super::tracer::{Traced, Tracer};
use wsp_guard::quota::Permit;
use wsp_guard::sync::lock;

/// An operation that has finished. It remains outstanding, as far as the quota
/// goes, until the provider takes it, which bounds the queue.
#[derive(Debug)]
pub(crate) struct Report {
    finished: Finished,
    traced: Traced,
    _permit: Permit,
}

impl Report {
    /// Gives back what the operation held besides.
    pub(super) fn new(finished: Finished, permit: Permit, traced: Traced) -> Report {
        Report {
            finished,
            traced,
            _permit: permit.finished(),
        }
    }

    pub(super) fn finished(&self) -> &Finished {
        &self.finished
    }

    pub(super) fn traced(&self) -> Traced {
        self.traced
    }
}

/// Looks in vain that a program may take before other tasks have their turn.
const LOOKS: u32 = 32;

/// Counts how often a program looked in vain for what has finished.
#[derive(Debug, Default)]
pub struct Polls {
    in_vain: u32,
}

impl Polls {
    /// Counts a look that found so much; true when others should have their turn.
    pub fn is_tired(&mut self, found: usize) -> bool {
        self.in_vain = match found {
            0 => self.in_vain + 1,
            _ => 0,
        };
        let tired = self.in_vain >= LOOKS;
        if tired {
            self.in_vain = 0;
        }
        tired
    }
}

/// Finished operations that the provider has not taken yet.
#[derive(Debug, Default)]
pub struct Completions {
    queue: Mutex<VecDeque<Report>>,
    /// Operations that ever finished.
    count: AtomicU64,
    finished: Notify,
    pub(super) tracer: Option<Arc<Tracer>>,
}

impl Completions {
    /// Reports the ends of operations, with one wake-up.
    pub(crate) fn push_all(&self, ended: impl IntoIterator<Item = Report>) {
        let added = {
            let mut queue = lock(&self.queue);
            let before = queue.len();
            queue.extend(ended);
            queue.len() - before
        };
        if added > 0 {
            self.count.fetch_add(added as u64, Ordering::Release);
            self.finished.notify_waiters();
        }
    }

    /// Operations that ever finished.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Takes up to `max`, oldest first.
    pub fn take(&self, max: u32) -> Vec<Finished> {
        let mut queue = lock(&self.queue);
        let count = queue.len().min(max as usize);
        let taken = queue.drain(..count);
        let Some(tracer) = &self.tracer else {
            return taken.map(|ended| ended.finished).collect();
        };
        let taken: Vec<Report> = taken.collect();
        drop(queue);
        tracer.indicated(&taken);
        taken.into_iter().map(|ended| ended.finished).collect()
    }

    /// Waits until there is something to take.
    pub async fn wait(&self) {
        self.until(|| !lock(&self.queue).is_empty()).await;
    }

    /// Waits until more than `seen` operations have finished, and says how many.
    pub async fn after(&self, seen: u64) -> u64 {
        self.until(|| self.count() > seen).await;
        self.count()
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        loop {
            let notified = self.finished.notified();
            tokio::pin!(notified);
            // Registered before the look, so that nothing slips in between.
            notified.as_mut().enable();
            if holds() {
                return;
            }
            notified.await;
        }
    }
}
