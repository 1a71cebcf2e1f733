//! Sockets.

use std::net::SocketAddr;

use wsp_core::WsaError;

use crate::{
    Completion, Message, Overlapped, ReceiveBuffer, Started,
    bindings::winsock::spi::{
        gather::{SendOutcome, TicketFlags},
        provider::{
            self, CompletionRoutine, ProtocolInfo, SocketOption, SocketOptionName, Transfer,
        },
        tickets,
        types::{AddressFamily, MessageFlags, ShutdownHow, SocketFlags, SocketType},
    },
    routine,
};

/// A socket. Dropping it closes it gracefully: what was sent still arrives, and
/// pending operations end with `WSA_OPERATION_ABORTED`.
#[derive(Debug)]
pub struct Socket {
    raw: provider::Socket,
    /// What a send names it by.
    number: u64,
    flags: SocketFlags,
}

/// The handle's end would do the same, if every host could run a component in which the
/// destructor of one part calls another part; jco cannot.
impl Drop for Socket {
    fn drop(&mut self) {
        // Both fail if it is closed already, and nothing is left to be done then.
        let _ = self.set_option(SocketOption::SoLinger(None));
        let _ = self.close();
    }
}

impl Socket {
    /// A TCP socket, overlapped, for an address or an [`AddressFamily`].
    ///
    /// # Errors
    ///
    /// As [`Socket::new`].
    pub fn tcp(family: impl Into<AddressFamily>) -> Result<Socket, WsaError> {
        Socket::new(family, SocketType::Stream, SocketFlags::OVERLAPPED)
    }

    /// A UDP socket, overlapped, for an address or an [`AddressFamily`].
    ///
    /// # Errors
    ///
    /// As [`Socket::new`].
    pub fn udp(family: impl Into<AddressFamily>) -> Result<Socket, WsaError> {
        Socket::new(family, SocketType::Dgram, SocketFlags::OVERLAPPED)
    }

    /// WSASocket. Only a socket with [`SocketFlags::OVERLAPPED`] sends and
    /// receives overlapped; another one ignores overlapped structures and routines.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` without a [`Winsock`](crate::Winsock);
    /// `WSAEACCES` if the policy grants nothing to this protocol;
    /// `WSAEMFILE` for too many sockets; `WSAEAFNOSUPPORT`.
    pub fn new(
        family: impl Into<AddressFamily>,
        kind: SocketType,
        flags: SocketFlags,
    ) -> Result<Socket, WsaError> {
        let raw = provider::wsp_socket(family.into(), kind, flags)?;
        Ok(Socket::of(raw, flags))
    }

    fn of(raw: provider::Socket, flags: SocketFlags) -> Socket {
        let number = tickets::socket_number(&raw);
        Socket { raw, number, flags }
    }

    /// Binds to a local address; port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` when bound already, `WSAEFAULT` for another family,
    /// `WSAEACCES`, `WSAEADDRINUSE`, `WSAEADDRNOTAVAIL`.
    pub fn bind(&self, address: SocketAddr) -> Result<(), WsaError> {
        Ok(provider::wsp_bind(&self.raw, address.into())?)
    }

    /// Connects a stream, or gives a datagram socket its default peer.
    ///
    /// # Errors
    ///
    /// `WSAEACCES`, `WSAECONNREFUSED`, `WSAETIMEDOUT`, `WSAENETUNREACH`;
    /// nonblocking: `WSAEWOULDBLOCK`, then `WSAEALREADY`, and `WSAEISCONN` once it is connected.
    pub fn connect(&self, address: SocketAddr) -> Result<(), WsaError> {
        Ok(provider::wsp_connect(&self.raw, address.into())?)
    }

    /// Takes connections.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` when not bound, `WSAEISCONN`, `WSAEOPNOTSUPP` for datagrams, `WSAEACCES`.
    pub fn listen(&self, backlog: u32) -> Result<(), WsaError> {
        Ok(provider::wsp_listen(&self.raw, backlog)?)
    }

    /// The next connection and its peer; the new socket has this one's attributes.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` when not listening, `WSAEOPNOTSUPP` for datagrams,
    /// `WSAEWOULDBLOCK` (nonblocking), `WSAEMFILE`.
    pub fn accept(&self) -> Result<(Socket, SocketAddr), WsaError> {
        let (raw, peer) = provider::wsp_accept(&self.raw)?;
        Ok((Socket::of(raw, self.flags), peer.into()))
    }

    /// Sends a message and returns how many of its bytes are consumed. A
    /// blocking socket waits for all; a nonblocking stream takes what there is room for.
    ///
    /// # Errors
    ///
    /// `WSAENOTCONN`, `WSAESHUTDOWN`, `WSAECONNRESET` and its like, `WSAEMSGSIZE`,
    /// `WSAEINVAL` for no buffer, `WSAEWOULDBLOCK` (nonblocking), `WSAENOBUFS`, `WSAETIMEDOUT`.
    pub fn send<'a>(&self, message: impl Into<Message<'a>>) -> Result<u32, WsaError> {
        self.start_send(message.into(), None, None)
    }

    /// Starts sending a message; `overlapped` tells when it has completed. The
    /// buffers are free again when the call returns.
    ///
    /// # Errors
    ///
    /// As [`Socket::send`], and then nothing was started; `WSAEWOULDBLOCK` for too many outstanding operations.
    pub fn send_overlapped<'a>(
        &self,
        message: impl Into<Message<'a>>,
        overlapped: &Overlapped,
    ) -> Result<Started, WsaError> {
        started(self.start_send(message.into(), Some(overlapped), None))
    }

    /// Starts sending a message; an alertable wait calls `routine` once it has
    /// completed. A socket that is not overlapped sends and drops the routine.
    ///
    /// # Errors
    ///
    /// As [`Socket::send_overlapped`], and then `routine` is not called.
    pub fn send_with_routine<'a>(
        &self,
        message: impl Into<Message<'a>>,
        overlapped: &Overlapped,
        routine: impl FnOnce(Completion) + 'static,
    ) -> Result<Started, WsaError> {
        let message = message.into();
        self.with_routine(routine, |routine| {
            started(self.start_send(message, Some(overlapped), routine))
        })
    }

    /// Receives into `bytes` and returns how many came: 0 at the end of a stream.
    /// Without room for a byte it waits until a stream has something, and takes nothing.
    ///
    /// # Errors
    ///
    /// `WSAENOTCONN`, `WSAESHUTDOWN`, `WSAECONNRESET` and its like, `WSAEMSGSIZE`
    /// for a datagram that did not fit, `WSAEWOULDBLOCK` (nonblocking), `WSAENOBUFS`, `WSAETIMEDOUT`.
    pub fn recv(&self, bytes: &mut [u8]) -> Result<usize, WsaError> {
        let room = room_for(bytes);
        let transfer = self.recv_into(&room, MessageFlags::empty())?;
        Ok(copy_out(&room, transfer, bytes))
    }

    /// As [`Socket::recv`], and where a datagram came from.
    ///
    /// # Errors
    ///
    /// As [`Socket::recv`]; `WSAEINVAL` when not bound.
    pub fn recv_from(&self, bytes: &mut [u8]) -> Result<(usize, Option<SocketAddr>), WsaError> {
        let room = room_for(bytes);
        let received =
            provider::wsp_recv_from(&self.raw, room.raw(), MessageFlags::empty(), None, None)?;
        let count = copy_out(&room, received.transfer, bytes);
        whole(received.transfer)?;
        Ok((count, received.source.map(SocketAddr::from)))
    }

    /// Receives into a buffer of the host, with flags such as [`MessageFlags::PEEK`].
    ///
    /// # Errors
    ///
    /// As [`Socket::recv`]; `WSAEINVAL` when `room` is busy with another receive.
    pub fn recv_into(
        &self,
        room: &ReceiveBuffer,
        flags: MessageFlags,
    ) -> Result<Transfer, WsaError> {
        Ok(provider::wsp_recv(
            &self.raw,
            room.raw(),
            flags,
            None,
            None,
        )?)
    }

    /// Starts a receive into `room`; `overlapped` tells when it has completed.
    ///
    /// # Errors
    ///
    /// As [`Socket::recv_into`], and then nothing was started.
    pub fn recv_overlapped(
        &self,
        room: &ReceiveBuffer,
        flags: MessageFlags,
        overlapped: &Overlapped,
    ) -> Result<Started, WsaError> {
        self.start_recv(room, flags, overlapped, None)
    }

    /// As [`Socket::recv_overlapped`]; [`Overlapped::source`] then tells where a datagram came from.
    ///
    /// # Errors
    ///
    /// As [`Socket::recv_overlapped`].
    pub fn recv_from_overlapped(
        &self,
        room: &ReceiveBuffer,
        flags: MessageFlags,
        overlapped: &Overlapped,
    ) -> Result<Started, WsaError> {
        let received =
            provider::wsp_recv_from(&self.raw, room.raw(), flags, Some(overlapped.raw()), None);
        started(
            received
                .map_err(WsaError::from)
                .and_then(|received| whole(received.transfer))
                .map(|transfer| transfer.bytes),
        )
    }

    /// Starts a receive into `room`; an alertable wait calls `routine` once it
    /// has completed. A socket that is not overlapped receives and drops the routine.
    ///
    /// # Errors
    ///
    /// As [`Socket::recv_overlapped`], and then `routine` is not called.
    pub fn recv_with_routine(
        &self,
        room: &ReceiveBuffer,
        flags: MessageFlags,
        overlapped: &Overlapped,
        routine: impl FnOnce(Completion) + 'static,
    ) -> Result<Started, WsaError> {
        self.with_routine(routine, |routine| {
            self.start_recv(room, flags, overlapped, routine)
        })
    }

    /// WSAGetOverlappedResult: what an operation transferred. With `wait` it
    /// waits for the operation's event first.
    ///
    /// # Errors
    ///
    /// The error of the operation; `WSA_IO_INCOMPLETE` while it is in progress;
    /// with `wait`, `WSAEINVAL` for one with a routine and `WSA_INVALID_HANDLE`
    /// for one without an event; `WSAENOTSOCK` once the socket is closed.
    pub fn overlapped_result(
        &self,
        overlapped: &Overlapped,
        wait: bool,
    ) -> Result<Transfer, WsaError> {
        // What has ended already needs no handles, which cost more.
        let known = tickets::overlapped_result(self.number, overlapped.number());
        match known.map_err(WsaError::from) {
            Err(WsaError::IoIncomplete) if wait => {}
            known => return known,
        }
        Ok(provider::wsp_get_overlapped_result(
            &self.raw,
            overlapped.raw(),
            wait,
        )?)
    }

    /// CancelIoEx: ends the operation of `overlapped`, or all of the socket's,
    /// with `WSA_OPERATION_ABORTED`. Returns how many were ended.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn cancel(&self, overlapped: Option<&Overlapped>) -> Result<u32, WsaError> {
        let overlapped = overlapped.map(Overlapped::raw);
        Ok(provider::cancel_io_ex(&self.raw, overlapped)?)
    }

    /// Ends one direction, or both. The end of a stream follows the pending sends.
    ///
    /// # Errors
    ///
    /// `WSAENOTCONN` for a stream that is not connected.
    pub fn shutdown(&self, how: ShutdownHow) -> Result<(), WsaError> {
        Ok(provider::wsp_shutdown(&self.raw, how)?)
    }

    /// closesocket: pending operations end with `WSA_OPERATION_ABORTED`, and every
    /// later call fails with `WSAENOTSOCK`.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` when closed already; `WSAEWOULDBLOCK` when nonblocking,
    /// lingering and with unsent data: the socket stays open.
    pub fn close(&self) -> Result<(), WsaError> {
        Ok(provider::wsp_close_socket(&self.raw)?)
    }

    /// The address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` when not bound.
    pub fn local_addr(&self) -> Result<SocketAddr, WsaError> {
        Ok(provider::wsp_get_sock_name(&self.raw)?.into())
    }

    /// The address that the socket is connected to.
    ///
    /// # Errors
    ///
    /// `WSAENOTCONN`.
    pub fn peer_addr(&self) -> Result<SocketAddr, WsaError> {
        Ok(provider::wsp_get_peer_name(&self.raw)?.into())
    }

    /// FIONBIO: makes the socket nonblocking, or blocking again.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEINVAL` for a blocking one while [`Socket::event_select`] watches it.
    pub fn set_nonblocking(&self, nonblocking: bool) -> Result<(), WsaError> {
        Ok(provider::ioctl_fionbio(&self.raw, nonblocking)?)
    }

    /// FIONREAD: bytes that a receive would find now.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn available(&self) -> Result<u32, WsaError> {
        Ok(provider::ioctl_fionread(&self.raw)?)
    }

    /// SIO_FLUSH, which TCP and UDP refuse.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`, else `WSAEOPNOTSUPP`.
    pub fn flush_sends(&self) -> Result<(), WsaError> {
        Ok(provider::ioctl_sio_flush(&self.raw)?)
    }

    /// getsockopt.
    ///
    /// # Errors
    ///
    /// `WSAENOPROTOOPT` for an option that this kind of socket does not have.
    pub fn option(&self, name: SocketOptionName) -> Result<SocketOption, WsaError> {
        Ok(provider::wsp_get_sock_opt(&self.raw, name)?)
    }

    /// The WSAPROTOCOL_INFO of the socket, as SO_PROTOCOL_INFO.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn protocol_info(&self) -> Result<ProtocolInfo, WsaError> {
        Ok(self.raw.protocol_info()?)
    }

    /// setsockopt.
    ///
    /// # Errors
    ///
    /// `WSAENOPROTOOPT` for a read-only option, or one that this kind of socket does not have.
    pub fn set_option(&self, option: SocketOption) -> Result<(), WsaError> {
        Ok(provider::wsp_set_sock_opt(&self.raw, option)?)
    }

    /// SO_ERROR: why the last nonblocking connect failed, which stays until the next one; `None`
    /// if nothing has.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn take_error(&self) -> Result<Option<WsaError>, WsaError> {
        match self.option(SocketOptionName::SoError)? {
            SocketOption::SoError(number) => Ok(WsaError::from_number(number)),
            _ => Ok(None),
        }
    }

    /// The one place that sends: the provider allows it, the host moves the bytes, and the
    /// provider says what that means.
    fn start_send(
        &self,
        message: Message<'_>,
        overlapped: Option<&Overlapped>,
        routine: Option<CompletionRoutine>,
    ) -> Result<u32, WsaError> {
        let Message { buffers, flags, to } = message;
        let (parts, total) = (buffers.count(), buffers.total_length());
        let overlapped = overlapped.map(Overlapped::number);
        let to = to.map(Into::into);
        let ticket = match to {
            None => tickets::begin_send(self.number, parts, total, flags, overlapped, routine)?,
            Some(to) => {
                tickets::begin_send_to(self.number, parts, total, flags, to, overlapped, routine)?
            }
        };
        let outcome = buffers.send(self.number, ticket, to);
        match outcome {
            SendOutcome::Done(bytes) if ticket.flags.contains(TicketFlags::SILENT) => {
                Ok(u32::try_from(bytes).unwrap_or(u32::MAX))
            }
            SendOutcome::Pending if ticket.flags.contains(TicketFlags::ACCEPTED) => {
                Err(WsaError::IoPending)
            }
            outcome => Ok(tickets::end_send(self.number, ticket.operation, outcome)?),
        }
    }

    pub(crate) fn raw(&self) -> &provider::Socket {
        &self.raw
    }

    fn start_recv(
        &self,
        room: &ReceiveBuffer,
        flags: MessageFlags,
        overlapped: &Overlapped,
        routine: Option<CompletionRoutine>,
    ) -> Result<Started, WsaError> {
        let overlapped = Some(overlapped.raw());
        let received = provider::wsp_recv(&self.raw, room.raw(), flags, overlapped, routine);
        started(
            received
                .map(|transfer| transfer.bytes)
                .map_err(WsaError::from),
        )
    }

    /// Starts an operation with a routine that is kept for as long as it may be called.
    fn with_routine(
        &self,
        routine: impl FnOnce(Completion) + 'static,
        start: impl FnOnce(Option<CompletionRoutine>) -> Result<Started, WsaError>,
    ) -> Result<Started, WsaError> {
        if !self.flags.contains(SocketFlags::OVERLAPPED) {
            return start(None);
        }
        let routine = routine::keep(Box::new(routine));
        let started = start(Some(routine));
        if started.is_err() {
            routine::forget(routine);
        }
        started
    }
}

/// `WSA_IO_PENDING` is no failure.
fn started(outcome: Result<u32, WsaError>) -> Result<Started, WsaError> {
    match outcome {
        Ok(bytes) => Ok(Started::Done(bytes)),
        Err(WsaError::IoPending) => Ok(Started::Pending),
        Err(error) => Err(error),
    }
}

/// `WSAEMSGSIZE` for a datagram that did not fit.
fn whole(transfer: Transfer) -> Result<Transfer, WsaError> {
    if transfer.flags.contains(MessageFlags::PARTIAL) {
        return Err(WsaError::MsgSize);
    }
    Ok(transfer)
}

fn room_for(bytes: &[u8]) -> ReceiveBuffer {
    ReceiveBuffer::new(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
}

fn copy_out(room: &ReceiveBuffer, transfer: Transfer, bytes: &mut [u8]) -> usize {
    let received = room.read(transfer.bytes);
    for (to, from) in bytes.iter_mut().zip(&received) {
        *to = *from;
    }
    received.len().min(bytes.len())
}
