//! Sockets as embedders hold them.

use std::net::SocketAddr;
use std::sync::Arc;

use wsp_core::WsaError;

use super::operations::{Direction, Lane};
use super::receiving::Unread;
use super::semantics::{Semantics, SocketKey};
use super::{Error, Provider, ShutdownHow, SocketOption, SocketOptionName};

/// An overlapped, nonblocking socket of a [`Provider`]. Clones share it; dropping
/// the last one closes it gracefully.
#[derive(Clone, Debug)]
pub struct Socket {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    provider: Provider,
    key: SocketKey,
    number: u64,
    unread: Unread,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A failure to close leaves an instance that failed, which the next call reports.
        let _ = self.provider.instance().semantics.drop_socket(self.key);
        self.provider.wake();
    }
}

impl Socket {
    pub(super) fn new(provider: Provider, key: SocketKey) -> Socket {
        Socket {
            inner: Arc::new(Inner {
                number: provider.next_socket_number(),
                provider,
                key,
                unread: Unread::default(),
            }),
        }
    }

    pub(super) fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    pub(super) fn key(&self) -> SocketKey {
        self.inner.key
    }

    /// What receives that nobody waited for have left.
    pub(super) fn unread(&self) -> &Unread {
        &self.inner.unread
    }

    pub(super) fn lane(&self, direction: Direction) -> Lane {
        Lane {
            socket: self.inner.number,
            direction,
        }
    }

    /// Calls the provider.
    fn call<R>(
        &self,
        call: impl FnOnce(&mut dyn Semantics, SocketKey) -> Result<R, Error>,
    ) -> Result<R, Error> {
        call(&mut *self.provider().instance().semantics, self.key())
    }

    /// WSPBind.
    ///
    /// # Errors
    ///
    /// WSAEACCES without an inbound grant, WSAEADDRINUSE, WSAEADDRNOTAVAIL,
    /// WSAEINVAL when bound already, WSAEFAULT for an address of the other family.
    pub fn bind(&self, local: SocketAddr) -> Result<(), Error> {
        self.call(|semantics, s| semantics.bind(s, local))
    }

    /// WSPConnect, awaited. Dropping the future leaves the attempt under way.
    ///
    /// # Errors
    ///
    /// WSAEACCES without an outbound grant, WSAECONNREFUSED, WSAETIMEDOUT,
    /// WSAEISCONN and others, as `wsp-connect` in the WIT lists them.
    pub async fn connect(&self, peer: SocketAddr) -> Result<(), Error> {
        let connect = || self.call(|semantics, s| semantics.connect(s, peer));
        let mut seen = self.provider().instance().pump()?;
        match connect() {
            Err(Error::Winsock(WsaError::WouldBlock | WsaError::Already)) => {}
            outcome => return outcome,
        }
        loop {
            self.provider().finished_after(seen).await;
            seen = self.provider().instance().pump()?;
            if let SocketOption::SoError(number) = self.option(SocketOptionName::SoError)?
                && let Some(error) = WsaError::from_number(number)
            {
                return Err(error.into());
            }
            match connect() {
                Err(Error::Winsock(WsaError::Already)) => {}
                Err(Error::Winsock(WsaError::IsConn)) => return Ok(()),
                outcome => return outcome,
            }
        }
    }

    /// WSPListen; a `backlog` of 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// WSAEINVAL when not bound, WSAEACCES, WSAEOPNOTSUPP for datagram sockets.
    pub fn listen(&self, backlog: u32) -> Result<(), Error> {
        self.call(|semantics, s| semantics.listen(s, backlog))
    }

    /// WSPAccept, awaited. Dropping the future loses no connection.
    ///
    /// # Errors
    ///
    /// WSAEINVAL when not listening, WSAEMFILE, WSAEOPNOTSUPP for datagram sockets.
    pub async fn accept(&self) -> Result<(Socket, SocketAddr), Error> {
        loop {
            let seen = {
                let mut instance = self.provider().instance();
                let seen = instance.pump()?;
                match instance.semantics.accept(self.key()) {
                    Ok((accepted, peer)) => {
                        drop(instance);
                        return Ok((Socket::new(self.provider().clone(), accepted), peer));
                    }
                    Err(Error::Winsock(WsaError::WouldBlock)) => seen,
                    Err(error) => return Err(error),
                }
            };
            self.provider().finished_after(seen).await;
        }
    }

    /// WSPShutdown: the end of a stream follows the sends that were accepted.
    ///
    /// # Errors
    ///
    /// WSAENOTCONN for a stream that is not connected.
    pub fn shutdown(&self, how: ShutdownHow) -> Result<(), Error> {
        self.call(|semantics, s| semantics.shutdown(s, how))
    }

    /// WSAPoll with POLLHUP and POLLERR: whether the stream has ended, and how. `None` as
    /// long as the peer may still send; WSAECONNABORTED once the connection is lost, which
    /// a receive after the peer's end does not report. There may be bytes to receive still.
    ///
    /// # Errors
    ///
    /// WSAENOTSOCK when closed already.
    pub fn ended(&self) -> Result<Option<Result<(), WsaError>>, Error> {
        self.call(|semantics, s| semantics.ended(s))
    }

    /// WSPCloseSocket: pending operations complete with WSA_OPERATION_ABORTED,
    /// completed sends still arrive.
    ///
    /// # Errors
    ///
    /// WSAENOTSOCK when closed already; WSAEWOULDBLOCK if SO_LINGER is set and
    /// data are unsent: the socket stays open.
    pub fn close(&self) -> Result<(), Error> {
        let closed = self.call(|semantics, s| semantics.close(s));
        self.provider().wake();
        closed
    }

    /// WSPGetSockName.
    ///
    /// # Errors
    ///
    /// WSAEINVAL when not bound.
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.call(|semantics, s| semantics.local_address(s))
    }

    /// WSPGetPeerName.
    ///
    /// # Errors
    ///
    /// WSAENOTCONN.
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.call(|semantics, s| semantics.peer_address(s))
    }

    /// WSPGetSockOpt.
    ///
    /// # Errors
    ///
    /// WSAENOPROTOOPT if this type of socket has no such option.
    pub fn option(&self, name: SocketOptionName) -> Result<SocketOption, Error> {
        self.call(|semantics, s| semantics.option(s, name))
    }

    /// WSPSetSockOpt.
    ///
    /// # Errors
    ///
    /// WSAENOPROTOOPT if the option is read only, or this type of socket has no such option.
    pub fn set_option(&self, option: SocketOption) -> Result<(), Error> {
        self.call(|semantics, s| semantics.set_option(s, option))
    }
}
