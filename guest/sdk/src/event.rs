//! WSAEVENT.

use crate::bindings::winsock::spi::{provider, tickets};

/// WSAEVENT: a manual-reset event, not signalled at first.
#[derive(Debug)]
pub struct Event {
    raw: provider::Event,
    /// What a look at it names it by.
    number: u64,
}

impl Event {
    /// WSACreateEvent.
    #[must_use]
    pub fn new() -> Event {
        let raw = provider::Event::new();
        let number = tickets::event_number(&raw);
        Event { raw, number }
    }

    /// WSASetEvent.
    pub fn set(&self) {
        self.raw.set();
    }

    /// WSAResetEvent.
    pub fn reset(&self) {
        self.raw.reset();
    }

    /// Whether it is signalled.
    #[must_use]
    pub fn is_set(&self) -> bool {
        tickets::event_is_set(self.number)
    }

    pub(crate) fn raw(&self) -> &provider::Event {
        &self.raw
    }
}

impl Default for Event {
    fn default() -> Event {
        Event::new()
    }
}
