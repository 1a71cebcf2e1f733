//! Sockets as embedders hold them.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::ResourceAny;
use wasmtime::format_err;
use wsp_core::WsaError;

use super::instance::{AtOnce, Buffers, Request, Sending};
use super::operations::{Direction, Lane};
use super::{
    Error, MessageFlags, Notify, Posted, Provider, ShutdownHow, SocketOption, SocketOptionName,
};
use crate::imports::bindings::exports::winsock::spi::extensions::{PollEvents, PolledSocket};
use wsp_transport::{HeldWatch, RoomWatch, consume};

/// An overlapped, nonblocking socket of a [`Provider`]. Clones share it; dropping
/// the last one closes it gracefully.
#[derive(Clone, Debug)]
pub struct Socket {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    provider: Provider,
    handle: ResourceAny,
    /// What a send names it by.
    in_tickets: u64,
    number: u64,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A failure to close leaves an instance that failed, which the next call reports.
        let _ = self.provider.instance().release(self.handle);
        self.provider.wake();
    }
}

impl Socket {
    pub(super) fn new(provider: Provider, handle: ResourceAny) -> Result<Socket, Error> {
        let in_tickets = provider.instance().ask_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            tickets.call_socket_number(store, handle)
        })?;
        Ok(Socket {
            inner: Arc::new(Inner {
                number: provider.next_socket_number(),
                provider,
                handle,
                in_tickets,
            }),
        })
    }

    fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    fn handle(&self) -> ResourceAny {
        self.inner.handle
    }

    fn lane(&self, direction: Direction) -> Lane {
        Lane {
            socket: self.inner.number,
            direction,
        }
    }

    pub(super) fn make_nonblocking(&self) -> Result<(), Error> {
        let mut instance = self.provider().instance();
        instance.call(|guest, store| guest.call_ioctl_fionbio(store, self.handle(), true))
    }

    /// WSPBind.
    ///
    /// # Errors
    ///
    /// WSAEACCES without an inbound grant, WSAEADDRINUSE, WSAEADDRNOTAVAIL,
    /// WSAEINVAL when bound already, WSAEFAULT for an address of the other family.
    pub fn bind(&self, local: SocketAddr) -> Result<(), Error> {
        let mut instance = self.provider().instance();
        instance.call(|guest, store| guest.call_wsp_bind(store, self.handle(), local.into()))
    }

    /// WSPConnect, awaited. Dropping the future leaves the attempt under way.
    ///
    /// # Errors
    ///
    /// WSAEACCES without an outbound grant, WSAECONNREFUSED, WSAETIMEDOUT,
    /// WSAEISCONN and others, as `wsp-connect` in the WIT lists them.
    pub async fn connect(&self, peer: SocketAddr) -> Result<(), Error> {
        let connect = || {
            let mut instance = self.provider().instance();
            instance.call(|guest, store| guest.call_wsp_connect(store, self.handle(), peer.into()))
        };
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
        let mut instance = self.provider().instance();
        instance.call(|guest, store| guest.call_wsp_listen(store, self.handle(), backlog))
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
                match instance.call(|guest, store| guest.call_wsp_accept(store, self.handle())) {
                    Ok((handle, peer)) => {
                        drop(instance);
                        let accepted = Socket::new(self.provider().clone(), handle)?;
                        return Ok((accepted, peer.into()));
                    }
                    Err(Error::Winsock(WsaError::WouldBlock)) => seen,
                    Err(error) => return Err(error),
                }
            };
            self.provider().finished_after(seen).await;
        }
    }

    /// WSPSend with an overlapped structure: all of `buffers`, in order, as one
    /// operation, whose end [`Provider::completions`] reports. The buffers
    /// are shared, not copied.
    ///
    /// # Errors
    ///
    /// As `wsp-send` in the WIT lists them; nothing was started then.
    pub fn send_overlapped(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        notify: Notify,
    ) -> Result<Posted, Error> {
        self.post_send(buffers, flags, None, notify)
    }

    /// WSPSendTo with an overlapped structure: one datagram to `to`.
    ///
    /// # Errors
    ///
    /// As `wsp-send-to` in the WIT lists them; nothing was started then.
    pub fn send_to_overlapped(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: SocketAddr,
        notify: Notify,
    ) -> Result<Posted, Error> {
        self.post_send(buffers, flags, Some(to), notify)
    }

    fn post_send(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: Option<SocketAddr>,
        notify: Notify,
    ) -> Result<Posted, Error> {
        let request = Request {
            lane: self.lane(Direction::Send),
            notify,
            room: None,
        };
        let buffers: Buffers = buffers.into_iter().collect();
        let posted = self
            .provider()
            .instance()
            .post(request, |instance, posting| {
                let sending = Sending {
                    s: self.inner.in_tickets,
                    flags,
                    to,
                    overlapped: Some(posting.overlapped.number),
                    routine: posting.routine,
                };
                instance.send(&buffers, sending).map(AtOnce::succeeded)
            });
        self.announce(posted)
    }

    /// WSPRecvFrom with an overlapped structure: up to `capacity` bytes, which
    /// the completion carries.
    ///
    /// A datagram that does not fit fails in the completion, also if it was there
    /// already: WSAEMSGSIZE, with the bytes that fit and its source.
    ///
    /// # Errors
    ///
    /// As `wsp-recv-from` in the WIT lists them; nothing was started then.
    pub fn receive_overlapped(
        &self,
        capacity: u32,
        flags: MessageFlags,
        notify: Notify,
    ) -> Result<Posted, Error> {
        let request = Request {
            lane: self.lane(Direction::Receive),
            notify,
            room: Some(capacity),
        };
        let posted = {
            let mut instance = self.provider().instance();
            instance.post(request, |instance, posting| {
                let Some(room) = posting.room else {
                    return Err(Error::Host(format_err!("a receive without a buffer")));
                };
                let (s, o) = (self.handle(), Some(posting.overlapped.handle));
                let received = instance.call(|guest, store| {
                    guest.call_wsp_recv_from(store, s, room, flags, o, posting.routine)
                });
                received.map(|received| AtOnce {
                    bytes: received.transfer.bytes,
                    failed: received.transfer.flags.contains(MessageFlags::PARTIAL),
                })
            })
        };
        self.announce(posted)
    }

    fn announce(&self, posted: Result<Posted, Error>) -> Result<Posted, Error> {
        if posted.is_ok() {
            self.provider().wake();
        }
        posted
    }

    /// WSPSend without an overlapped structure, awaited until everything is
    /// consumed: what the transport takes at once, then the rest as there is room.
    /// Returns the number of bytes. Dropping the future leaves a part unsent.
    ///
    /// # Errors
    ///
    /// As `wsp-send` in the WIT lists them; a part may have been sent then.
    pub async fn send_all(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
    ) -> Result<u64, Error> {
        let mut buffers: Buffers = buffers.into_iter().collect();
        let mut total = 0;
        loop {
            match self.send_now(&mut buffers, flags)? {
                Attempt::Sent(bytes) => {
                    total += u64::from(bytes);
                    if buffers.is_empty() {
                        return Ok(total);
                    }
                }
                Attempt::NoRoom { watch, seen } => {
                    let finished = self.provider().finished_after(seen);
                    match watch {
                        Some(watch) => tokio::select! {
                            () = watch.watch() => {}
                            () = finished => {}
                        },
                        None => finished.await,
                    }
                }
            }
        }
    }

    fn send_now(&self, buffers: &mut Buffers, flags: MessageFlags) -> Result<Attempt, Error> {
        let mut instance = self.provider().instance();
        let seen = instance.pump()?;
        instance.store.data_mut().room_watch = RoomWatch::Caller(None);
        let sending = Sending {
            s: self.inner.in_tickets,
            flags,
            to: None,
            overlapped: None,
            routine: None,
        };
        let sent = instance.send(buffers, sending);
        let watch = instance.store.data_mut().room_watch.take();
        match sent {
            Ok(bytes) => {
                let gone = consume(buffers.iter_mut(), bytes.into());
                buffers.drain(..gone);
                Ok(Attempt::Sent(bytes))
            }
            Err(Error::Winsock(WsaError::WouldBlock)) => Ok(Attempt::NoRoom { watch, seen }),
            Err(error) => Err(error),
        }
    }

    /// WSPShutdown: the end of a stream follows the sends that were accepted.
    ///
    /// # Errors
    ///
    /// WSAENOTCONN for a stream that is not connected.
    pub fn shutdown(&self, how: ShutdownHow) -> Result<(), Error> {
        let mut instance = self.provider().instance();
        instance.call(|guest, store| guest.call_wsp_shutdown(store, self.handle(), how))
    }

    /// WSAPoll with POLLHUP and POLLERR: whether the stream has ended, and how. `None` as
    /// long as the peer may still send; WSAECONNABORTED once the connection is lost, which
    /// a receive after the peer's end does not report. There may be bytes to receive still.
    ///
    /// # Errors
    ///
    /// WSAENOTSOCK when closed already.
    pub fn ended(&self) -> Result<Option<Result<(), WsaError>>, Error> {
        let mut instance = self.provider().instance();
        let asked = [PolledSocket {
            s: self.handle(),
            asked: PollEvents::empty(),
        }];
        let found = instance.call_exports(|exports, store| {
            let extensions = exports.winsock_spi_extensions();
            extensions.call_wsp_poll(store, &asked, Some(0))
        })?;
        let found = found.into_iter().fold(PollEvents::empty(), |a, b| a | b);
        Ok(if found.contains(PollEvents::ERROR) {
            Some(Err(WsaError::ConnAborted))
        } else {
            found.contains(PollEvents::HANG_UP).then_some(Ok(()))
        })
    }

    /// WSPCloseSocket: pending operations complete with WSA_OPERATION_ABORTED,
    /// completed sends still arrive.
    ///
    /// # Errors
    ///
    /// WSAENOTSOCK when closed already; WSAEWOULDBLOCK if SO_LINGER is set and
    /// data are unsent: the socket stays open.
    pub fn close(&self) -> Result<(), Error> {
        let closed = {
            let mut instance = self.provider().instance();
            instance.call(|guest, store| guest.call_wsp_close_socket(store, self.handle()))
        };
        self.provider().wake();
        closed
    }

    /// WSPGetSockName.
    ///
    /// # Errors
    ///
    /// WSAEINVAL when not bound.
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        let mut instance = self.provider().instance();
        let name = instance.call(|guest, store| guest.call_wsp_get_sock_name(store, self.handle()));
        name.map(Into::into)
    }

    /// WSPGetPeerName.
    ///
    /// # Errors
    ///
    /// WSAENOTCONN.
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        let mut instance = self.provider().instance();
        let name = instance.call(|guest, store| guest.call_wsp_get_peer_name(store, self.handle()));
        name.map(Into::into)
    }

    /// WSPGetSockOpt.
    ///
    /// # Errors
    ///
    /// WSAENOPROTOOPT if this type of socket has no such option.
    pub fn option(&self, name: SocketOptionName) -> Result<SocketOption, Error> {
        let mut instance = self.provider().instance();
        instance.call(|guest, store| guest.call_wsp_get_sock_opt(store, self.handle(), name))
    }

    /// WSPSetSockOpt.
    ///
    /// # Errors
    ///
    /// WSAENOPROTOOPT if the option is read only, or this type of socket has no such option.
    pub fn set_option(&self, option: SocketOption) -> Result<(), Error> {
        let mut instance = self.provider().instance();
        instance.call(|guest, store| guest.call_wsp_set_sock_opt(store, self.handle(), option))
    }
}

/// The outcome of a send that does not wait.
enum Attempt {
    /// This many bytes were sent.
    Sent(u32),
    /// Nothing was sent.
    NoRoom {
        /// The writability watch, unless one exists already.
        watch: Option<HeldWatch>,
        /// What [`Instance::pump`](super::instance::Instance::pump) returned before.
        seen: u64,
    },
}
