//! WSPAccept.

use core::net::SocketAddr;

use crate::{
    Interest, Linger, NetworkEvents, Provider, SocketId, Transport, TransportError, WsaError,
    blocking::Interruption,
    operation::{Purpose, Watched},
    outcome::Outcome,
    socket::{State, StreamState},
    submit::Submitted,
};

impl<T: Transport> Provider<T> {
    /// WSPAccept: takes a connection; a blocking socket waits for one. The new
    /// socket has the listening socket's attributes.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEOPNOTSUPP` for a datagram socket; `WSAEINVAL` when
    /// not listening; `WSAEWOULDBLOCK`; `WSAEMFILE`.
    pub fn accept(&mut self, s: SocketId) -> Result<(SocketId, SocketAddr), WsaError> {
        loop {
            let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
            match socket.state {
                State::Datagram { .. } => return Err(WsaError::OpNotSupp),
                State::Stream(StreamState::Listening) => {}
                State::Stream(_) => return Err(WsaError::Inval),
            }
            let error = match self.transport.accept(&socket.endpoint) {
                Ok((endpoint, peer)) => {
                    let accepted = socket.accepted(endpoint, self.transport.now());
                    if accepted.linger == Linger::RESET {
                        self.transport.abort_on_drop(&accepted.endpoint, true);
                    }
                    let accepted = self.sockets.insert(accepted);
                    self.enable_network_events(s, NetworkEvents::ACCEPT);
                    self.record_network_events(accepted);
                    return Ok((accepted, peer));
                }
                Err(error) => error,
            };
            match error {
                TransportError::WouldBlock if socket.nonblocking => {
                    self.watch_after_would_block(s, Watched::Readable);
                    self.enable_network_events(s, NetworkEvents::ACCEPT);
                    return Err(WsaError::WouldBlock);
                }
                TransportError::WouldBlock => self.wait_acceptable(s)?,
                error => return Err(error.into()),
            }
        }
    }

    fn wait_acceptable(&mut self, s: SocketId) -> Result<(), WsaError> {
        let watched = self.submit(s, Purpose::Blocking(None), |transport, endpoint, number| {
            transport.start_watch(endpoint, Interest::Readable, number)
        });
        match watched? {
            Submitted::Done(_) => Ok(()),
            Submitted::Pending(operation) => match self.wait_blocking(operation, None) {
                (_, Some(Interruption::CannotBlock)) => {
                    self.watch_after_would_block(s, Watched::Readable);
                    Err(WsaError::WouldBlock)
                }
                (
                    Outcome {
                        error: Some(error), ..
                    },
                    _,
                ) => Err(error),
                (Outcome { error: None, .. }, _) => Ok(()),
            },
        }
    }
}
