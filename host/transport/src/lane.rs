//! What is pending in one direction of an endpoint.

use super::queue::Queue;
use super::{Finished, TransportError};

/// An operation that waits in a [`Lane`].
pub(super) trait Pending {
    /// Bytes that it has still to move; 0 if that is not known.
    fn remaining(&self) -> u64;

    /// Ends it, and says what the provider is to be told. Only the lane calls it.
    fn end(self, error: Option<TransportError>) -> Option<Finished>;
}

/// The pending operations of one direction, oldest first, with its totals. It alone holds
/// them: what leaves it has ended, and is an [`Ended`] that somebody has to report.
#[derive(Debug)]
pub(super) struct Lane<P> {
    /// By position; only the oldest may be partly done.
    queue: Queue<P>,
    /// The position of the next one.
    next: u64,
    /// What all of them have still to move, in bytes.
    queued: u64,
    /// Bytes that were ever moved.
    total: u64,
}

impl<P> Default for Lane<P> {
    fn default() -> Lane<P> {
        Lane {
            queue: Queue::default(),
            next: 0,
            queued: 0,
            total: 0,
        }
    }
}

/// The reports of operations that have left their lane.
#[derive(Debug, Default)]
#[must_use = "nobody is told how these operations ended"]
pub(super) struct Ended(Vec<Finished>);

impl From<Vec<Finished>> for Ended {
    fn from(finished: Vec<Finished>) -> Ended {
        Ended(finished)
    }
}

impl IntoIterator for Ended {
    type Item = Finished;
    type IntoIter = std::vec::IntoIter<Finished>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<P: Pending> Lane<P> {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// What all of them have still to move, in bytes.
    pub(super) fn queued_bytes(&self) -> u64 {
        self.queued
    }

    /// Bytes that were ever moved.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Counts bytes that were moved.
    pub(super) fn moved(&mut self, bytes: u64) {
        self.total = self.total.saturating_add(bytes);
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &P> {
        self.queue.iter().map(|(_, operation)| operation)
    }

    pub(super) fn front(&self) -> Option<&P> {
        self.queue.front()
    }

    pub(super) fn get(&self, position: u64) -> Option<&P> {
        self.queue.get(position)
    }

    /// The positions of those that `wanted` chooses.
    pub(super) fn positions(&self, wanted: impl Fn(&P) -> bool) -> Vec<u64> {
        let each = self.queue.iter();
        let chosen = each.filter(|(_, operation)| wanted(operation));
        chosen.map(|(position, _)| position).collect()
    }

    /// The position where [`Lane::push`] will put the next one.
    pub(super) fn next_position(&self) -> u64 {
        self.next
    }

    pub(super) fn push(&mut self, operation: P) {
        self.queued += operation.remaining();
        self.queue.push(self.next, operation);
        self.next += 1;
    }

    /// Goes on with the oldest; `None` if there is none.
    pub(super) fn advance_front<R>(&mut self, advance: impl FnOnce(&mut P) -> R) -> Option<R> {
        let operation = self.queue.front_mut()?;
        self.queued -= operation.remaining();
        let advanced = advance(operation);
        self.queued += operation.remaining();
        Some(advanced)
    }

    /// Ends the oldest.
    pub(super) fn end_front(&mut self, error: Option<TransportError>) -> Ended {
        let front = self.queue.pop_front();
        self.ended(front, error)
    }

    /// Ends the oldest, which is done.
    pub(super) fn end_front_into(&mut self, ended: &mut Ended) {
        if let Some(operation) = self.queue.pop_front() {
            self.queued -= operation.remaining();
            ended.0.extend(operation.end(None));
        }
    }

    /// Ends the one in that position, unless it has ended.
    pub(super) fn end(&mut self, position: u64, error: Option<TransportError>) -> Ended {
        let operation = self.queue.remove(position);
        self.ended(operation, error)
    }

    /// Ends all of them.
    pub(super) fn end_all(&mut self, error: TransportError) -> Ended {
        let all = self.queue.take();
        self.ended(all, Some(error))
    }

    fn ended(
        &mut self,
        operations: impl IntoIterator<Item = P>,
        error: Option<TransportError>,
    ) -> Ended {
        let operations = operations.into_iter();
        let ended = operations.filter_map(|operation| {
            self.queued -= operation.remaining();
            operation.end(error)
        });
        Ended(ended.collect())
    }
}
