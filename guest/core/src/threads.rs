//! What a client needs that runs several threads by turns: to watch a socket where a call of
//! one of them would block, and to wait for whatever comes first once all of them do.

use alloc::collections::VecDeque;

use crate::{
    Interest, Provider, Readiness, SocketId, Transport, WsaError,
    operation::Watched,
    socket::{Socket, State, StreamState},
};

/// Sockets of which something has ended, for a client that watches some.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    is_wanted: bool,
    sockets: VecDeque<SocketId>,
}

impl<T: Transport> Provider<T> {
    /// Watches a socket, so that the number that [`Provider::pump`] returns rises when `awaited`
    /// holds, and answers whether it is still to be waited for. If not, a call that would have
    /// blocked may be tried again.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOBUFS` if there is no room for another watch.
    pub fn watch_for_call(&mut self, s: SocketId, awaited: Interest) -> Result<bool, WsaError> {
        self.changed.is_wanted = true;
        self.open_socket(s)?;
        if self.is_watched(s, awaited) {
            return Ok(true);
        }
        let watched = Watched::from(awaited);
        let has_failed =
            |socket: &Socket<T::Endpoint>| socket.attempt_failed || socket.failure.is_some();
        if self.sockets.get(s).is_some_and(has_failed) {
            return Ok(false);
        }
        self.watch(s, watched).map_err(|_| WsaError::NoBufs)
    }

    /// Whether what [`Provider::watch_for_call`] was asked for is still to be waited for, without
    /// watching anew: the watch is under way, or nothing can come of the socket as it is.
    pub fn is_watched(&mut self, s: SocketId, awaited: Interest) -> bool {
        let watched = Watched::from(awaited);
        let Some(socket) = self.sockets.get_mut(s) else {
            return false;
        };
        if socket.watches.of(watched).is_some() {
            return true;
        }
        match socket.state {
            // The transport reports the end of the attempt as it is.
            State::Stream(StreamState::Connecting { .. }) => true,
            _ if socket.attempt_failed || socket.failure.is_some() => false,
            _ if !socket.can_be_polled() => true,
            _ => watched == Watched::Urgent && self.no_urgent_data_come(s),
        }
    }

    fn no_urgent_data_come(&mut self, s: SocketId) -> bool {
        let connected = self.sockets.get(s).filter(|socket| socket.is_connected());
        connected.is_none_or(|socket| {
            let ready = self.transport.ready(&socket.endpoint);
            ready.contains(Readiness::ENDED)
        })
    }

    /// Something of a socket has ended, or it can be waited for from now on.
    pub(crate) fn note_change(&mut self, s: SocketId) {
        if !self.changed.is_wanted {
            return;
        }
        let Some(socket) = self.sockets.get_mut(s) else {
            return;
        };
        if core::mem::replace(&mut socket.is_changed, true) {
            return;
        }
        // Those that were closed since are of no use to anybody.
        if self.changed.sockets.len() > 2 * self.sockets.len() {
            let sockets = &self.sockets;
            self.changed.sockets.retain(|s| sockets.contains_key(*s));
        }
        self.changed.sockets.push_back(s);
    }

    /// A socket of which something has ended since it was told last, such as a watch: each is
    /// told once, whatever has ended, oldest first. So is one that is bound or listens since. What
    /// was before the first [`Provider::watch_for_call`] is not told.
    pub fn next_changed(&mut self) -> Option<SocketId> {
        while let Some(s) = self.changed.sockets.pop_front() {
            if let Some(socket) = self.sockets.get_mut(s) {
                socket.is_changed = false;
                return Some(s);
            }
        }
        None
    }

    /// What a blocking WSPConnect would answer by now: `false` while its attempt goes on, `true`
    /// once the socket is connected. Why it failed is told once.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`, and those of [`Provider::connect`].
    pub fn is_connected(&mut self, s: SocketId) -> Result<bool, WsaError> {
        self.look_at_attempt(s);
        let socket = self.open_socket_mut(s)?;
        match socket.state {
            State::Stream(StreamState::Connecting { .. }) => Ok(false),
            State::Stream(StreamState::Connected) => Ok(true),
            _ => Err(socket.connect_error.take().unwrap_or(WsaError::NotConn)),
        }
    }

    /// Waits until [`Provider::pump`] returns another number than `seen`, and returns it. The
    /// number is the same after `timeout_ms`; and at once if there is no time-out and no
    /// operation of a socket is under way, since then no end of one would ever come.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if the transport never blocks.
    pub fn wait_for_progress(
        &mut self,
        seen: u64,
        timeout_ms: Option<u32>,
    ) -> Result<u64, WsaError> {
        self.wait_until(timeout_ms, None, |provider| {
            // What else may end is no operation of a socket, such as a lookup of a name.
            if timeout_ms.is_some() && provider.operations.is_empty() {
                provider.pump();
            }
            let over =
                provider.taken != seen || (timeout_ms.is_none() && provider.operations.is_empty());
            Ok(over.then_some(()))
        })?;
        Ok(self.taken)
    }
}
