//! WSPEventSelect and WSPEnumNetworkEvents.
//!
//! An event is *enabled* until it is recorded, and enabled again by the call
//! that reacts to it: a receive, an accept, a send that found no room. While an
//! event is enabled and selected and has not happened, a watch of the transport
//! waits for it. That a connection was made or refused is recorded as it happens;
//! the others are seen by how the socket stands, and so when they are selected.

use crate::{
    EventId, NetworkEvents, Provider, Readiness, RecordedEvents, SocketId, Transport, WsaError,
    operation::Watched,
    socket::{Socket, State, StreamState},
};

impl<T: Transport> Provider<T> {
    /// WSPEventSelect: from now on network events among `events` are recorded,
    /// and set `event`. Replaces what was selected before; no events select
    /// nothing any more. What was reported before is not reported again. The
    /// socket becomes nonblocking in either case.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEINVAL` for events without an event to set.
    pub fn event_select(
        &mut self,
        s: SocketId,
        event: Option<EventId>,
        events: NetworkEvents,
    ) -> Result<(), WsaError> {
        self.pump_outstanding();
        self.look_at_attempt(s);
        let socket = self.open_socket_mut(s)?;
        let selected = match event {
            _ if events.is_empty() => None,
            None => return Err(WsaError::Inval),
            Some(event) => Some((event, events)),
        };
        socket.nonblocking = true;
        if let Some(event) = socket.selection.select(selected) {
            self.set_event(event);
        }
        self.record_network_events(s);
        Ok(())
    }

    /// WSPEnumNetworkEvents: what was recorded of the selected events since the last
    /// call, and forgets it; resets `event`, if given, in the same step.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; then nothing is forgotten or reset.
    pub fn enum_network_events(
        &mut self,
        s: SocketId,
        event: Option<EventId>,
    ) -> Result<RecordedEvents, WsaError> {
        self.pump_outstanding();
        self.look_at_attempt(s);
        self.record_network_events(s);
        let socket = self.open_socket_mut(s)?;
        let recorded = socket.selection.take();
        if let Some(event) = event {
            self.reset_event(event);
        }
        Ok(recorded)
    }

    /// A call reacted to `events`: they are recorded again when they happen.
    pub(crate) fn enable_network_events(&mut self, s: SocketId, events: NetworkEvents) {
        if let Some(socket) = self.sockets.get_mut(s) {
            socket.selection.enable(events);
            self.record_network_events(s);
        }
    }

    /// A connection attempt has ended.
    pub(crate) fn record_connect(&mut self, s: SocketId, error: Option<WsaError>) {
        if let Some(socket) = self.sockets.get_mut(s) {
            if let Some(event) = socket.selection.record(NetworkEvents::CONNECT, error) {
                self.set_event(event);
            }
            self.record_network_events(s);
        }
    }

    /// Looks how the socket stands, records the enabled events that have
    /// happened, and watches for the others.
    pub(crate) fn record_network_events(&mut self, s: SocketId) {
        let Some(socket) = self.sockets.get_mut(s) else {
            return;
        };
        let awaited = socket.selection.awaited();
        if (awaited - NetworkEvents::CONNECT).is_empty() || !socket.can_be_ready() {
            return;
        }
        let ready = self.transport.ready(&socket.endpoint);
        let unread = ready.contains(Readiness::READABLE)
            && (!ready.contains(Readiness::ENDED)
                || self.transport.available(&socket.endpoint).unwrap_or(0) > 0);
        let (happened, closed) = socket.happened(ready, unread);
        let selection = &mut socket.selection;
        // What is not selected is seen once it is.
        let mut event = selection.record(happened & awaited, None);
        if let Some(error) = closed {
            let closed = selection.record(NetworkEvents::CLOSE & awaited, error);
            event = event.or(closed);
        }
        let awaited = selection.awaited();
        if let Some(event) = event {
            self.set_event(event);
        }
        self.watch_for(s, awaited, ready);
    }

    /// Watches for enabled events that have not happened. What cannot be watched
    /// is found when the client enumerates.
    fn watch_for(&mut self, s: SocketId, enabled: NetworkEvents, ready: Readiness) {
        let ended = ready.intersects(Readiness::ENDED | Readiness::FAILED);
        let connected = self.sockets.get(s).is_some_and(Socket::is_connected);
        // While data are unread the end is no readiness to receive, but ends a watch
        // for urgent data, as a failure does.
        let ending = enabled.contains(NetworkEvents::CLOSE)
            && ready.contains(Readiness::READABLE)
            && !ready.contains(Readiness::URGENT);
        let read = NetworkEvents::READ | NetworkEvents::ACCEPT | NetworkEvents::CLOSE;
        let wanted = [
            (
                enabled.intersects(read) && !ended && !ready.contains(Readiness::READABLE),
                Watched::Readable,
            ),
            (
                enabled.contains(NetworkEvents::WRITE)
                    && !ready.intersects(Readiness::WRITABLE | Readiness::FAILED),
                Watched::Writable,
            ),
            (
                (enabled.contains(NetworkEvents::OOB) || ending) && connected && !ended,
                Watched::Urgent,
            ),
        ];
        for (wanted, watched) in wanted {
            if wanted {
                let _ = self.watch(s, watched);
            }
        }
    }
}

impl<E> Socket<E> {
    pub(crate) fn is_connected(&self) -> bool {
        self.state == State::Stream(StreamState::Connected)
    }

    /// Whether the transport can tell how the socket stands: a stream that was
    /// never connected looks as if it had ended.
    pub(crate) fn can_be_ready(&self) -> bool {
        match self.state {
            State::Stream(state) => {
                matches!(state, StreamState::Listening | StreamState::Connected)
            }
            State::Datagram { bound, .. } => bound,
        }
    }

    /// The events that hold now, and how the connection has ended, if it has.
    fn happened(
        &self,
        ready: Readiness,
        unread: bool,
    ) -> (NetworkEvents, Option<Option<WsaError>>) {
        let mut happened = NetworkEvents::empty();
        if self.state == State::Stream(StreamState::Listening) {
            happened.set(NetworkEvents::ACCEPT, ready.contains(Readiness::READABLE));
            return (happened, None);
        }
        let failed = self.failure.is_some() || ready.contains(Readiness::FAILED);
        happened.set(NetworkEvents::READ, unread && !failed);
        let writable = ready.contains(Readiness::WRITABLE) && !failed;
        happened.set(NetworkEvents::WRITE, writable);
        happened.set(NetworkEvents::OOB, ready.contains(Readiness::URGENT));
        let closed = match (self.is_connected(), failed) {
            (false, _) => None,
            // What Windows reports, whatever the failure was.
            (true, true) => Some(Some(WsaError::ConnAborted)),
            // Also while data are unread, as on Windows.
            (true, false) if ready.contains(Readiness::ENDED) => Some(None),
            (true, false) => None,
        };
        (happened, closed)
    }
}
