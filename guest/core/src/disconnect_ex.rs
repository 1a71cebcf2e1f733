//! DisconnectEx: ends a connection, and makes its socket a new one if it is to be used again.

use crate::{
    OverlappedId, Provider, ShutdownHow, SocketId, Transport, WsaError, outcome::Outcome,
    socket::Socket,
};

impl<T: Transport> Provider<T> {
    /// DisconnectEx: ends what the socket sends, after the sends that are pending. With
    /// `reuse` (`TF_REUSE_SOCKET`) the connection is closed gracefully, its other pending
    /// operations end with `WSA_OPERATION_ABORTED`, and the socket is as new, with the
    /// options that the provider itself remembers: not bound, for AcceptEx or for bind and
    /// ConnectEx.
    ///
    /// # Errors
    ///
    /// `WSA_IO_PENDING`, which is no failure, if there is an overlapped structure: the
    /// operation has ended by then. `WSAENOTSOCK`; `WSAENOTCONN`; `WSAEFAULT` for an
    /// overlapped structure that does not exist; `WSAEMFILE` and others if there is no new
    /// endpoint to be had, and then only sending has ended.
    pub fn disconnect_ex(
        &mut self,
        s: SocketId,
        reuse: bool,
        overlapped: Option<OverlappedId>,
    ) -> Result<(), WsaError> {
        self.pump_outstanding();
        if !self.open_socket(s)?.is_connected() {
            return Err(WsaError::NotConn);
        }
        let notification = match overlapped {
            Some(overlapped) => Some((overlapped, self.event_notification(overlapped)?)),
            None => None,
        };
        self.shutdown(s, ShutdownHow::Send)?;
        if reuse {
            self.renew(s)?;
        }
        let Some((overlapped, notification)) = notification else {
            return Ok(());
        };
        self.complete_at_once(s, overlapped, notification, Outcome::sent(0));
        Err(WsaError::IoPending)
    }

    /// Gives a socket a new endpoint.
    fn renew(&mut self, s: SocketId) -> Result<(), WsaError> {
        let socket = self.open_socket(s)?;
        let (family, kind) = (socket.family, socket.kind());
        let endpoint = self.transport.create(family, kind)?;
        for operation in self.operations.newest_first(s, |_, _| true) {
            self.cancel_operation(operation);
        }
        self.pump();
        let socket = self.open_socket_mut(s)?;
        // What was the endpoint is dropped with the rest, which closes the connection.
        *socket = Socket {
            nonblocking: socket.nonblocking,
            linger: socket.linger,
            send_timeout: socket.send_timeout,
            receive_timeout: socket.receive_timeout,
            dont_route: socket.dont_route,
            ..Socket::new(endpoint, family, kind, socket.attributes)
        };
        Ok(())
    }
}
