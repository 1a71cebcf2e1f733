//! WSPGetSockName and WSPGetPeerName.

use core::net::SocketAddr;

use crate::{
    Provider, SocketId, Transport, WsaError,
    socket::{State, StreamState},
};

impl<T: Transport> Provider<T> {
    /// WSPGetSockName.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEINVAL` when not bound.
    pub fn local_address(&mut self, s: SocketId) -> Result<SocketAddr, WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        if !socket.bound() {
            return Err(WsaError::Inval);
        }
        Ok(self.transport.local_address(&socket.endpoint)?)
    }

    /// WSPGetPeerName.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOTCONN`.
    pub fn peer_address(&mut self, s: SocketId) -> Result<SocketAddr, WsaError> {
        self.pump_outstanding();
        self.look_at_attempt(s);
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        match socket.state {
            State::Datagram {
                peer: Some(peer), ..
            } => Ok(peer.address),
            // As on Windows, which knows it before it is reached.
            State::Stream(StreamState::Connecting {
                operation, peer, ..
            }) if !self.is_connect_ex(operation) => Ok(peer),
            State::Stream(StreamState::Connected) => {
                Ok(self.transport.peer_address(&socket.endpoint)?)
            }
            State::Stream(_) | State::Datagram { peer: None, .. } => Err(WsaError::NotConn),
        }
    }
}
