//! WSPCloseSocket.

use crate::{
    Interest, Linger, Provider, SocketId, Transport, WsaError,
    blocking::Interruption,
    operation::Purpose,
    socket::{State, StreamState},
    submit::Submitted,
};

impl<T: Transport> Provider<T> {
    /// WSPCloseSocket. Pending operations end with `WSA_OPERATION_ABORTED` and
    /// are indicated before the call returns; what was sent still arrives,
    /// unless SO_LINGER says otherwise: with a time of 0 the connection is
    /// reset; with another the call waits that long for the peer to take
    /// everything, and resets the connection when it does not.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEWOULDBLOCK` for a nonblocking socket that lingers
    /// and has unsent data: it stays open.
    pub fn close_socket(&mut self, s: SocketId) -> Result<(), WsaError> {
        let socket = self.open_socket(s)?;
        let connected =
            socket.state == State::Stream(StreamState::Connected) && socket.failure.is_none();
        let ending = match socket.linger {
            Linger(Some(seconds)) if connected => self.linger(s, seconds)?,
            Linger(_) => Ending::Graceful,
        };
        self.release(s, ending);
        Ok(())
    }

    fn linger(&mut self, s: SocketId, seconds: u16) -> Result<Ending, WsaError> {
        if seconds == 0 {
            return Ok(Ending::Reset);
        }
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        if self.transport.unacknowledged(&socket.endpoint) == 0 {
            return Ok(Ending::Graceful);
        }
        if socket.nonblocking {
            return Err(WsaError::WouldBlock);
        }
        let watched = self.submit(s, Purpose::Blocking(None), |transport, endpoint, number| {
            transport.start_watch(endpoint, Interest::Drained, number)
        });
        let Ok(Submitted::Pending(operation)) = watched else {
            return Ok(Ending::Graceful);
        };
        let timeout = u64::from(seconds).saturating_mul(1000);
        match self.wait_blocking(operation, Some(timeout)) {
            (_, None) => Ok(Ending::Graceful),
            (_, Some(Interruption::CannotBlock)) => Err(WsaError::WouldBlock),
            (_, Some(Interruption::TimedOut)) => Ok(Ending::Reset),
        }
    }

    /// Takes a socket away: its pending operations end, but what a nonblocking
    /// send kept aside was reported as sent, and keeps the endpoint until it is out.
    fn release(&mut self, s: SocketId, ending: Ending) {
        if self.sockets.get(s).is_none() {
            return;
        }
        // What has ended before is judged by how the socket stands.
        self.pump_outstanding();
        if let Ok(socket) = self.open_socket(s)
            && let State::Stream(StreamState::Accepting { operation }) = socket.state
        {
            self.cancel_operation(operation);
        }
        let Some(socket) = self.sockets.remove(s) else {
            return;
        };
        match (ending, socket.kept_aside) {
            (Ending::Reset, _) => self.transport.abort_on_drop(&socket.endpoint, true),
            (Ending::Graceful, _) if socket.linger == Linger::RESET => {
                self.transport.abort_on_drop(&socket.endpoint, false);
            }
            (Ending::Graceful, _) => {}
        }
        match (ending, socket.kept_aside) {
            (Ending::Reset, _) | (Ending::Graceful, None) => {}
            (Ending::Graceful, Some(kept)) => {
                for operation in self.operations.newest_first(s, |id, _| id != kept) {
                    self.transport
                        .cancel(&socket.endpoint, operation.to_number());
                }
                self.draining.insert(kept, socket.endpoint);
                self.pump();
                return;
            }
        }
        drop(socket);
        self.pump();
    }

    /// The client dropped its handle: an open socket is closed gracefully, as if
    /// SO_LINGER were off. Pending operations end with `WSA_OPERATION_ABORTED`.
    pub fn drop_socket(&mut self, s: SocketId) {
        self.release(s, Ending::Graceful);
    }
}

/// How a connection ends when its socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// What was sent still arrives.
    Graceful,
    /// At once.
    Reset,
}
