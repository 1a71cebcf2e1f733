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

/// What happened on a socket, and what WSPEventSelect selected of it. It is kept
/// whatever is selected, as on Windows: what was reported is not reported again
/// because it is selected again, and a connection that was made before is reported
/// as soon as somebody asks for it.
#[derive(Debug)]
pub(crate) struct Selection {
    /// What is set when one of the selected events is recorded.
    pub(crate) selected: Option<(EventId, NetworkEvents)>,
    /// Recorded when they happen next.
    enabled: NetworkEvents,
    recorded: RecordedEvents,
}

impl Default for Selection {
    fn default() -> Selection {
        Selection {
            selected: None,
            enabled: NetworkEvents::all(),
            recorded: RecordedEvents::default(),
        }
    }
}

impl Selection {
    /// An accepted socket starts with what was selected for the listening one.
    pub(crate) fn inherited(&self) -> Selection {
        Selection {
            selected: self.selected,
            ..Selection::default()
        }
    }

    /// Selects other events. Returns the event to set, if one of them is recorded already.
    pub(crate) fn select(&mut self, selected: Option<(EventId, NetworkEvents)>) -> Option<EventId> {
        self.selected = selected;
        let (event, selected) = selected?;
        self.recorded.events.intersects(selected).then_some(event)
    }

    /// The selected events that are to be recorded when they happen.
    pub(crate) fn awaited(&self) -> NetworkEvents {
        match self.selected {
            Some((_, selected)) => selected & self.enabled,
            None => NetworkEvents::empty(),
        }
    }

    /// A call has reacted to these: they are recorded again when they happen. What was
    /// recorded of them is forgotten, as on Windows: after a receive that has taken all
    /// there was, the next one must not be told of data that are gone.
    pub(crate) fn enable(&mut self, events: NetworkEvents) {
        self.enabled |= events;
        self.recorded.events -= events;
        let recorded = self.recorded.events;
        self.recorded
            .errors
            .retain(|(of, _)| recorded.contains(*of));
    }

    /// Records those of `events` that are enabled. Returns the event to set, if one
    /// of them is selected.
    pub(crate) fn record(
        &mut self,
        events: NetworkEvents,
        error: Option<WsaError>,
    ) -> Option<EventId> {
        let events = events & self.enabled;
        self.enabled -= events;
        self.recorded.events |= events;
        if let Some(error) = error {
            self.recorded.errors.retain(|(of, _)| !events.contains(*of));
            let failed = events.iter().map(|event| (event, error));
            self.recorded.errors.extend(failed);
        }
        let (event, selected) = self.selected?;
        events.intersects(selected).then_some(event)
    }

    /// Takes what is recorded of the selected events.
    pub(crate) fn take(&mut self) -> RecordedEvents {
        let Some((_, selected)) = self.selected else {
            return RecordedEvents::default();
        };
        let of_selected = |(event, _): &mut (NetworkEvents, WsaError)| selected.contains(*event);
        let taken = RecordedEvents {
            events: self.recorded.events & selected,
            errors: self.recorded.errors.extract_if(.., of_selected).collect(),
        };
        self.recorded.events -= selected;
        taken
    }
}
