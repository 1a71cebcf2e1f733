//! The operations under way on an endpoint, by their numbers.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::completions::Report;
use super::tracer::Traced;
use super::watches::Wanted;
use super::{Finished, TransportError};
use wsp_guard::quota::Permit;
use wsp_guard::sync::lock;

/// The largest empty table that is kept for the operations to come.
const KEPT: usize = 1024;

/// Where an operation waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Among the sends, in this position of their order.
    Send(u64),
    /// Among the receives, in this position of their order.
    Receive(u64),
    /// Among the watches.
    Watch(Wanted),
}

/// The one owner of what operations hold of the quotas. A number names one operation
/// at a time, and what reports the end of an operation comes from
/// [`Operations::end_all`] alone, so no operation is lost and none is reported twice.
#[derive(Debug, Default)]
pub(super) struct Operations {
    table: Mutex<HashMap<u64, Entry>>,
    /// The length of the table. Only calls of the store make it grow, one at a time.
    count: AtomicUsize,
}

#[derive(Debug)]
struct Entry {
    place: Place,
    permit: Permit,
    traced: Traced,
}

impl Operations {
    /// Refuses the number of an operation under way.
    pub(super) fn check(&self, number: u64) -> Result<(), TransportError> {
        if !self.is_empty() && lock(&self.table).contains_key(&number) {
            return Err(TransportError::InvalidArgument);
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Enters an operation whose number was checked in the same call.
    pub(super) fn begin(&self, number: u64, place: Place, permit: Permit, traced: Traced) {
        let mut table = lock(&self.table);
        let entry = Entry {
            place,
            permit,
            traced,
        };
        let earlier = table.insert(number, entry);
        debug_assert!(earlier.is_none(), "{number} was not checked");
        self.count.store(table.len(), Ordering::Relaxed);
    }

    /// Where the operation waits; none if it is not under way.
    pub(super) fn place(&self, number: u64) -> Option<Place> {
        if self.is_empty() {
            return None;
        }
        lock(&self.table).get(&number).map(|entry| entry.place)
    }

    /// Ends the operations that are named, unless they have ended before.
    pub(super) fn end_all(&self, finished: impl IntoIterator<Item = Finished>) -> Vec<Report> {
        let mut table = lock(&self.table);
        let reports = finished.into_iter().filter_map(|finished| {
            let entry = table.remove(&finished.operation)?;
            Some(Report::new(finished, entry.permit, entry.traced))
        });
        let reports = reports.collect();
        self.count.store(table.len(), Ordering::Relaxed);
        if table.is_empty() && table.capacity() > KEPT {
            *table = HashMap::new();
        }
        reports
    }
}
