//! WSAEVENT.

use crate::bindings::winsock::spi::provider;

/// WSAEVENT: a manual-reset event, not signalled at first.
#[derive(Debug)]
pub struct Event {
    raw: provider::Event,
}

impl Event {
    /// WSACreateEvent.
    #[must_use]
    pub fn new() -> Event {
        Event {
            raw: provider::Event::new(),
        }
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
        self.raw.is_set()
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
