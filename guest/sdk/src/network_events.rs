//! WSPEventSelect and WSPEnumNetworkEvents, and WSPSelect.

use std::time::Duration;

use wsp_core::WsaError;

use crate::{
    Event, Socket,
    bindings::winsock::spi::provider::{self, NetworkEvents, SelectedSockets},
    wait::milliseconds,
};

/// WSANETWORKEVENTS: what happened, and what of it failed.
#[derive(Clone, Debug)]
pub struct RecordedEvents {
    /// `lNetworkEvents`.
    pub events: NetworkEvents,
    /// `iErrorCode` of those that failed; the others succeeded.
    pub errors: Vec<(NetworkEvents, WsaError)>,
}

impl RecordedEvents {
    /// Whether `event` was recorded, and then how it ended.
    ///
    /// # Errors
    ///
    /// The error that it was recorded with.
    pub fn recorded(&self, event: NetworkEvents) -> Result<bool, WsaError> {
        match self.errors.iter().find(|(of, _)| *of == event) {
            Some((_, error)) => Err(*error),
            None => Ok(self.events.contains(event)),
        }
    }
}

impl Socket {
    /// WSAEventSelect: `event` is set whenever one of `events` happens. Replaces
    /// what was selected before; no events select nothing any more. The socket
    /// becomes nonblocking.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEINVAL` for events without an event to set.
    pub fn event_select(
        &self,
        event: Option<&Event>,
        events: NetworkEvents,
    ) -> Result<(), WsaError> {
        let event = event.map(Event::raw);
        Ok(provider::wsp_event_select(self.raw(), event, events)?)
    }

    /// WSAEnumNetworkEvents: what was recorded since the last call, and forgets
    /// it; resets `event`, if given, in the same step.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; then nothing is forgotten or reset.
    pub fn network_events(&self, event: Option<&Event>) -> Result<RecordedEvents, WsaError> {
        let recorded = provider::wsp_enum_network_events(self.raw(), event.map(Event::raw))?;
        let errors = recorded.errors.iter();
        Ok(RecordedEvents {
            events: recorded.events,
            errors: errors
                .map(|failed| (failed.event, failed.error.into()))
                .collect(),
        })
    }
}

/// select: blocks until one of the sockets is ready or `timeout` has passed; none
/// waits without limit. The answer has positions in the lists that were given.
///
/// # Errors
///
/// `WSAEINVAL` for no sockets at all; `WSAENOTSOCK`; `WSAENOBUFS` if too many
/// are watched already; `WSAEWOULDBLOCK` if the host never blocks.
pub fn select(
    read: &[&Socket],
    write: &[&Socket],
    except: &[&Socket],
    timeout: Option<Duration>,
) -> Result<SelectedSockets, WsaError> {
    let (read, write, except) = (raw(read), raw(write), raw(except));
    let timeout = timeout.map(milliseconds);
    Ok(provider::wsp_select(&read, &write, &except, timeout)?)
}

fn raw<'a>(sockets: &[&'a Socket]) -> Vec<&'a provider::Socket> {
    sockets.iter().map(|socket| socket.raw()).collect()
}
