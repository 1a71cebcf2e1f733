//! WSPCloseSocket.

use crate::{
    Interest, Linger, Provider, SocketId, Started, Transport, WsaError,
    completion::Interruption,
    operation::Purpose,
    socket::{State, StreamState},
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
        match socket.linger {
            Linger(Some(seconds)) if connected => self.linger(s, seconds)?,
            Linger(_) => {}
        }
        self.sockets.remove(s);
        self.pump();
        Ok(())
    }

    fn linger(&mut self, s: SocketId, seconds: u16) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        if seconds == 0 {
            self.transport.abort_on_drop(&socket.endpoint);
            return Ok(());
        }
        if self.transport.unacknowledged(&socket.endpoint) == 0 {
            return Ok(());
        }
        if socket.nonblocking {
            return Err(WsaError::WouldBlock);
        }
        let operation = self.offer(s, Purpose::Blocking(None));
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        match self
            .transport
            .start_watch(&socket.endpoint, Interest::Drained, operation.to_number())
        {
            Ok(Started::Pending) => {}
            Ok(Started::Done(_)) | Err(_) => {
                self.withdraw(operation);
                return Ok(());
            }
        }
        let timeout = u64::from(seconds).saturating_mul(1000);
        match self.wait_blocking(operation, Some(timeout)) {
            (_, None) => Ok(()),
            (_, Some(Interruption::CannotBlock)) => Err(WsaError::WouldBlock),
            (_, Some(Interruption::TimedOut)) => {
                if let Some(socket) = self.sockets.get(s) {
                    self.transport.abort_on_drop(&socket.endpoint);
                }
                Ok(())
            }
        }
    }

    /// The client dropped its handle: an open socket is closed gracefully, as if
    /// SO_LINGER were off. Pending operations end with `WSA_OPERATION_ABORTED`.
    pub fn drop_socket(&mut self, s: SocketId) {
        if self.sockets.remove(s).is_some() {
            self.pump();
        }
    }
}
