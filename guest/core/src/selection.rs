//! Network events, and what a socket has selected and recorded of them.

use alloc::vec::Vec;

use crate::{EventId, WsaError};

bitflags::bitflags! {
    /// FD_ bits.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct NetworkEvents: u32 {
        /// `FD_READ`.
        const READ = 0x01;
        /// `FD_WRITE`.
        const WRITE = 0x02;
        /// `FD_OOB`.
        const OOB = 0x04;
        /// `FD_ACCEPT`.
        const ACCEPT = 0x08;
        /// `FD_CONNECT`.
        const CONNECT = 0x10;
        /// `FD_CLOSE`.
        const CLOSE = 0x20;
    }
}

/// WSANETWORKEVENTS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedEvents {
    /// `lNetworkEvents`.
    pub events: NetworkEvents,
    /// `iErrorCode` of those that failed; the others succeeded.
    pub errors: Vec<(NetworkEvents, WsaError)>,
}

/// What WSPEventSelect selected for a socket, and what happened since.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) event: EventId,
    selected: NetworkEvents,
    /// Recorded when they happen next.
    pub(crate) enabled: NetworkEvents,
    pub(crate) recorded: RecordedEvents,
}

impl Selection {
    pub(crate) fn new(event: EventId, selected: NetworkEvents) -> Selection {
        Selection {
            event,
            selected,
            enabled: selected,
            recorded: RecordedEvents::default(),
        }
    }

    /// An accepted socket starts with what was selected for the listening one.
    pub(crate) fn inherited(&self) -> Selection {
        Selection::new(self.event, self.selected)
    }

    pub(crate) fn enable(&mut self, events: NetworkEvents) {
        self.enabled |= events & self.selected;
    }

    /// Records those of `events` that are enabled. Returns whether there was one.
    pub(crate) fn record(&mut self, events: NetworkEvents, error: Option<WsaError>) -> bool {
        let events = events & self.enabled;
        self.enabled -= events;
        self.recorded.events |= events;
        if let Some(error) = error {
            self.recorded.errors.retain(|(of, _)| !events.contains(*of));
            let failed = events.iter().map(|event| (event, error));
            self.recorded.errors.extend(failed);
        }
        !events.is_empty()
    }
}
