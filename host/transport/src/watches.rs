//! The watches of an endpoint, which are under way.

use std::collections::BTreeSet;

use super::Interest;

/// What a watch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A receive or an accept would not wait.
    Readable,
    /// A send would not wait.
    Writable,
    /// Urgent data.
    Urgent,
    /// Everything was acknowledged.
    Drained,
    /// The outcome of a connection attempt.
    Connected,
}

impl From<Interest> for Wanted {
    fn from(interest: Interest) -> Wanted {
        match interest {
            Interest::Readable => Wanted::Readable,
            Interest::Writable => Wanted::Writable,
            Interest::Urgent => Wanted::Urgent,
            Interest::Drained => Wanted::Drained,
        }
    }
}

/// The watches of an endpoint, by their numbers. All that want the same are served by
/// one look.
#[derive(Debug, Default)]
pub(super) struct Watches {
    pub(super) readable: BTreeSet<u64>,
    pub(super) writable: BTreeSet<u64>,
    pub(super) urgent: BTreeSet<u64>,
    pub(super) drained: BTreeSet<u64>,
    pub(super) connected: BTreeSet<u64>,
}

impl Watches {
    pub(super) fn of(&self, wanted: Wanted) -> &BTreeSet<u64> {
        match wanted {
            Wanted::Readable => &self.readable,
            Wanted::Writable => &self.writable,
            Wanted::Urgent => &self.urgent,
            Wanted::Drained => &self.drained,
            Wanted::Connected => &self.connected,
        }
    }

    pub(super) fn of_mut(&mut self, wanted: Wanted) -> &mut BTreeSet<u64> {
        match wanted {
            Wanted::Readable => &mut self.readable,
            Wanted::Writable => &mut self.writable,
            Wanted::Urgent => &mut self.urgent,
            Wanted::Drained => &mut self.drained,
            Wanted::Connected => &mut self.connected,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        [
            &self.readable,
            &self.writable,
            &self.urgent,
            &self.drained,
            &self.connected,
        ]
        .iter()
        .all(|watches| watches.is_empty())
    }
}
