//! WSPEventSelect and WSPEnumNetworkEvents.
//!
//! An event is *enabled* until it is recorded, and enabled again by the call
//! that reacts to it: a receive, an accept, a send that found no room. While an
//! event is enabled and has not happened, a watch of the transport waits for it.

use crate::{
    EventId, NetworkEvents, Provider, Readiness, RecordedEvents, SocketId, Transport, WsaError,
    operation::Watched,
    selection::Selection,
    socket::{Socket, State, StreamState},
};

impl<T: Transport> Provider<T> {
    /// WSPEventSelect: from now on network events among `events` are recorded,
    /// and set `event`. Replaces what was selected before; no events select
    /// nothing any more. The socket becomes nonblocking in either case.
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
        let socket = self.open_socket_mut(s)?;
        let selection = match event {
            _ if events.is_empty() => None,
            None => return Err(WsaError::Inval),
            Some(event) => Some(Selection::new(event, events)),
        };
        socket.nonblocking = true;
        socket.selection = selection;
        self.record_network_events(s);
        Ok(())
    }

    /// WSPEnumNetworkEvents: what was recorded since the last call, and forgets
    /// it; resets `event`, if given, in the same step.
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
        self.record_network_events(s);
        let socket = self.open_socket_mut(s)?;
        let recorded = match &mut socket.selection {
            Some(selection) => core::mem::take(&mut selection.recorded),
            None => RecordedEvents::default(),
        };
        if let Some(event) = event {
            self.reset_event(event);
        }
        Ok(recorded)
    }

    /// A call reacted to `events`: they are recorded again when they happen.
    pub(crate) fn enable_network_events(&mut self, s: SocketId, events: NetworkEvents) {
        if let Some(socket) = self.sockets.get_mut(s)
            && let Some(selection) = &mut socket.selection
        {
            selection.enable(events);
            self.record_network_events(s);
        }
    }

    /// A connection attempt has ended.
    pub(crate) fn record_connect(&mut self, s: SocketId, error: Option<WsaError>) {
        if let Some(socket) = self.sockets.get_mut(s)
            && let Some(selection) = &mut socket.selection
        {
            let event = selection.event;
            if selection.record(NetworkEvents::CONNECT, error) {
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
        let Some(selection) = &socket.selection else {
            return;
        };
        let enabled = selection.enabled;
        if (enabled - NetworkEvents::CONNECT).is_empty() || !socket.can_be_ready() {
            return;
        }
        let ready = self.transport.ready(&socket.endpoint);
        let unread = ready.contains(Readiness::READABLE)
            && (!ready.contains(Readiness::ENDED)
                || self.transport.available(&socket.endpoint).unwrap_or(0) > 0);
        let (happened, closed) = socket.happened(ready, unread);
        let Some(selection) = &mut socket.selection else {
            return;
        };
        let mut any = selection.record(happened, None);
        if let Some(error) = closed {
            any |= selection.record(NetworkEvents::CLOSE, error);
        }
        let (event, enabled) = (selection.event, selection.enabled);
        if any {
            self.set_event(event);
        }
        self.watch_for(s, enabled, ready);
    }

    /// Watches for enabled events that have not happened. What cannot be watched
    /// is found when the client enumerates.
    fn watch_for(&mut self, s: SocketId, enabled: NetworkEvents, ready: Readiness) {
        let ended = ready.intersects(Readiness::ENDED | Readiness::FAILED);
        let connected = self.sockets.get(s).is_some_and(Socket::is_connected);
        // The end comes after what is unread, so with data there is nothing to
        // wait for before the next receive, except that the connection fails,
        // which ends every watch.
        let failing = enabled.contains(NetworkEvents::CLOSE)
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
                (enabled.contains(NetworkEvents::OOB) || failing) && connected && !ended,
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
            (true, false) if ready.contains(Readiness::ENDED) && !unread => Some(None),
            (true, false) => None,
        };
        (happened, closed)
    }
}
