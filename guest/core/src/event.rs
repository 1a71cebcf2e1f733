//! WSAEVENT: manual-reset events.

use crate::{Provider, Transport, numbered::numbered};

numbered! {
    /// Names an event of a provider; a dropped event's name is never used again.
    EventId
}

/// A manual-reset event.
#[derive(Debug, Default)]
pub(crate) struct Event {
    pub(crate) signalled: bool,
}

impl<T: Transport> Provider<T> {
    /// `WSACreateEvent`: a new event that is not signalled.
    pub fn create_event(&mut self) -> EventId {
        self.events.insert(Event::default())
    }

    /// `WSASetEvent`. An event that was dropped is ignored.
    pub fn set_event(&mut self, event: EventId) {
        if let Some(event) = self.events.get_mut(event) {
            event.signalled = true;
        }
    }

    /// `WSAResetEvent`. An event that was dropped is ignored.
    pub fn reset_event(&mut self, event: EventId) {
        if let Some(event) = self.events.get_mut(event) {
            event.signalled = false;
        }
    }

    /// Whether the event is signalled. Only if it is not, what has finished is taken first.
    pub fn event_is_set(&mut self, event: EventId) -> bool {
        if self.signalled(event) {
            self.looked_at_known();
        } else {
            self.pump_outstanding();
        }
        self.signalled(event)
    }

    /// `WSACloseEvent`. Operations that would have set it complete without.
    pub fn drop_event(&mut self, event: EventId) {
        self.events.remove(event);
    }

    pub(crate) fn signalled(&self, event: EventId) -> bool {
        self.events.get(event).is_some_and(|event| event.signalled)
    }
}
