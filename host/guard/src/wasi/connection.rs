//! Connections that an engine makes itself, for what a program asks of it in another way than
//! with sockets.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Sockets;
use crate::Guard;
use crate::policy::{Protocol, Request, Usage};
use crate::quota::{Part, Permit, Refusal};

/// Why a connection may not be made. Every one was reported to the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotConnect {
    /// No rule lets the program connect to the peer.
    #[error("no rule lets it connect there")]
    Denied,
    /// A quota is used up.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A TCP connection that may be made, to one peer. It counts as an open socket until it is
/// dropped, which tells the witness of its end.
pub struct Connection {
    guard: Arc<Guard>,
    peer: SocketAddr,
    sent: u64,
    received: u64,
    permits: Option<[Permit; 2]>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("sent", &self.sent)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Sockets {
    /// Decides on a TCP connection to `peer`, and takes it from the quota: a socket, `memory`
    /// bytes of payload for what the engine buffers, and one of the connections of a second.
    ///
    /// # Errors
    ///
    /// [`CannotConnect::Denied`] if no rule lets the program connect there;
    /// [`CannotConnect::Refused`] if a quota is used up. Nothing was taken then.
    pub fn connect(&self, peer: SocketAddr, memory: usize) -> Result<Connection, CannotConnect> {
        let guard = self.guard();
        let connect = Request::socket(Protocol::Tcp, Usage::Connect(peer));
        if guard.decide(&connect).is_none() {
            return Err(CannotConnect::Denied);
        }
        let permits = [
            guard.take(Part::Socket)?.keep(),
            guard.take(Part::Payload(memory))?.keep(),
        ];
        guard.take_connect()?;
        guard.witness().socket_opened();
        guard.witness().connecting();
        Ok(Connection {
            guard: Arc::clone(guard),
            peer,
            sent: 0,
            received: 0,
            permits: Some(permits),
        })
    }
}

impl Connection {
    /// What guards it.
    #[must_use]
    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// The only address that it may go to.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The system took this many bytes.
    pub fn sent(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
        self.guard.witness().sent(bytes);
    }

    /// This many bytes were received.
    pub fn received(&mut self, bytes: u64) {
        self.received = self.received.saturating_add(bytes);
        self.guard.witness().received(bytes);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Whoever is told of the end finds the quota free.
        drop(self.permits.take());
        self.guard.closed(Protocol::Tcp, || {
            (Some(self.peer), self.sent, self.received)
        });
    }
}
