//! Watches: how the provider learns that a socket is ready.

use crate::{
    Provider, SocketId, Transport, TransportError,
    operation::{Purpose, Watched},
    submit::Submitted,
};

impl<T: Transport> Provider<T> {
    /// Lets the host's count of finished operations rise when `watched` holds:
    /// after a WSAEWOULDBLOCK, for network events and for WSPSelect. Whether it does not
    /// hold already.
    ///
    /// # Errors
    ///
    /// What keeps the transport from watching; too many operations, for one.
    pub(crate) fn watch(&mut self, s: SocketId, watched: Watched) -> Result<bool, TransportError> {
        let Some(socket) = self.sockets.get_mut(s) else {
            return Ok(false);
        };
        if socket.watches.of(watched).is_some() {
            return Ok(true);
        }
        let interest = watched.interest();
        let submitted =
            self.submit(s, Purpose::Watch(watched), |transport, endpoint, number| {
                transport.start_watch(endpoint, interest, number)
            })?;
        if let (Submitted::Pending(operation), Some(socket)) = (submitted, self.sockets.get_mut(s))
        {
            *socket.watches.of(watched) = Some(operation);
            return Ok(true);
        }
        Ok(false)
    }

    /// [`Provider::watch`] after a `WSAEWOULDBLOCK`. Where it cannot be watched, the
    /// client still learns from its next try.
    pub(crate) fn watch_after_would_block(&mut self, s: SocketId, watched: Watched) {
        let _ = self.watch(s, watched);
    }
}
