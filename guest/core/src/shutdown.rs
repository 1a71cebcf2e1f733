//! WSPShutdown.

use crate::{
    Provider, ShutdownHow, SocketId, Transport, WsaError,
    socket::{State, StreamState},
};

impl<T: Transport> Provider<T> {
    /// WSPShutdown. Never waits and ends no pending operation: the end of a
    /// stream follows the sends that were accepted. Repeating it succeeds.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOTCONN` for a stream that is not connected.
    pub fn shutdown(&mut self, s: SocketId, how: ShutdownHow) -> Result<(), WsaError> {
        self.pump_outstanding();
        self.look_at_attempt(s);
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        match socket.state {
            State::Stream(StreamState::Connected) => {
                // A connection that is gone has no directions left to end.
                if socket.failure.is_none() {
                    self.transport.shutdown(&socket.endpoint, how)?;
                }
            }
            State::Stream(_) => return Err(WsaError::NotConn),
            // A datagram socket ends its own side only; there is no peer to tell.
            State::Datagram { .. } => {}
        }
        socket.send_shut_down |= matches!(how, ShutdownHow::Send | ShutdownHow::Both);
        socket.receive_shut_down |= matches!(how, ShutdownHow::Receive | ShutdownHow::Both);
        Ok(())
    }
}
