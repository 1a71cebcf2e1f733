//! WSPSend and WSPSendTo: the ordered checks, then one of three ways to send.

use core::net::SocketAddr;

use crate::{
    CompletionRoutine, MessageFlags, NetworkEvents, OptionalServices, OverlappedId, Provider,
    Readiness, SendFlags, ShortRoom, SocketId, SocketType, Started, Transport, TransportError,
    WsaError,
    completion::{Interruption, count, maximum_message_size},
    operation::{Notification, Purpose, Watched},
    overlapped::Outcome,
    socket::{Socket, State, StreamState},
    transport::is_nobodys,
};

/// How a send or receive call behaves (WSPSend, Remarks, on overlapped and
/// nonoverlapped sockets).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Waits until it is done.
    Blocking,
    /// Does what can be done at once.
    Nonblocking,
    /// Goes on after the call.
    Overlapped {
        overlapped: OverlappedId,
        notification: Notification,
    },
}

impl<T: Transport> Provider<T> {
    /// WSPSend: sends `buffers` on a connected socket.
    ///
    /// `Ok(n)`: n bytes are consumed, and the indication, if one was asked for,
    /// is set or queued. `Err(WSA_IO_PENDING)`: started.
    ///
    /// # Errors
    ///
    /// As `wsp-send` in `wit/provider.wit` lists them, in that order. Nothing
    /// was started and nothing will be indicated.
    pub fn send(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        flags: MessageFlags,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<u32, WsaError> {
        self.checked_send(s, buffers, flags, None, overlapped, routine)
    }

    /// WSPSendTo: as [`Provider::send`], to an address. A stream ignores `to`;
    /// a datagram socket that is not bound is bound to an unused port first.
    ///
    /// # Errors
    ///
    /// As [`Provider::send`]; `WSAEFAULT` for an address of another family;
    /// `WSAEADDRNOTAVAIL` for the unspecified address and for port 0;
    /// `WSAENOTCONN` without an address and a default peer.
    pub fn send_to(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        flags: MessageFlags,
        to: Option<SocketAddr>,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<u32, WsaError> {
        self.checked_send(s, buffers, flags, to, overlapped, routine)
    }

    fn checked_send(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        flags: MessageFlags,
        to: Option<SocketAddr>,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<u32, WsaError> {
        let socket = self.open_socket(s)?;
        let mode = self.mode(socket, overlapped, routine);
        let services = self.configuration.services(socket.kind());
        let longest = maximum_message_size(socket.family, socket.kind());
        match check(socket, services, flags, to) {
            Ok(checked) => self.start(s, buffers, mode, checked),
            // An empty array is the earlier error. Where nothing else is wrong the
            // transport finds it, which saves a call for every send that is right.
            Err(_) if self.transport.count(&buffers) == 0 => Err(WsaError::Inval),
            // So is a message that is too long, against a broadcast that is not allowed.
            Err(WsaError::Acces)
                if longest.is_some_and(|longest| {
                    self.transport.total_length(&buffers) > longest.into()
                }) =>
            {
                Err(WsaError::MsgSize)
            }
            Err(error) => Err(error),
        }
    }

    /// A nonoverlapped socket ignores the overlapped structure and the routine,
    /// and without an overlapped structure a routine is ignored.
    pub(crate) fn mode(
        &self,
        socket: &Socket<T::Endpoint>,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Mode {
        match overlapped {
            Some(overlapped) if socket.attributes.overlapped => Mode::Overlapped {
                overlapped,
                notification: match routine {
                    // With a routine, hEvent is the client's own.
                    Some(routine) => Notification::Routine {
                        thread: routine.thread_id,
                        context: routine.context,
                    },
                    None => self
                        .overlapped
                        .get(overlapped)
                        .and_then(|overlapped| overlapped.event)
                        .map_or(Notification::None, Notification::Event),
                },
            },
            _ if socket.nonblocking => Mode::Nonblocking,
            _ => Mode::Blocking,
        }
    }

    fn start(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        mode: Mode,
        checked: Checked,
    ) -> Result<u32, WsaError> {
        let sent = match mode {
            Mode::Nonblocking
                if self.configuration.short_room == ShortRoom::ConsumeAll
                    && self.sockets.get(s).is_some_and(Socket::is_connected) =>
            {
                self.send_all_or_nothing(s, buffers, checked)
            }
            Mode::Nonblocking => self.send_nonblocking(s, buffers, checked),
            Mode::Blocking => self.send_blocking(s, buffers, checked),
            Mode::Overlapped {
                overlapped,
                notification,
            } => self.send_overlapped(s, buffers, checked, overlapped, notification),
        };
        if let Some(socket) = self.sockets.get_mut(s)
            && let State::Datagram { bound, .. } = &mut socket.state
            && !*bound
            && matches!(sent, Ok(_) | Err(WsaError::IoPending))
        {
            *bound = true;
            self.record_network_events(s);
        }
        sent
    }

    fn send_nonblocking(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        checked: Checked,
    ) -> Result<u32, WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        match self
            .transport
            .try_send(&socket.endpoint, buffers, checked.flags, checked.to)
        {
            Ok(bytes) => Ok(count(bytes)),
            Err(TransportError::WouldBlock) => {
                self.no_room(s);
                Err(WsaError::WouldBlock)
            }
            Err(error) => Err(socket.transfer_error(error)),
        }
    }

    /// Where there is any room everything is consumed, and the rest kept aside.
    fn send_all_or_nothing(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        checked: Checked,
    ) -> Result<u32, WsaError> {
        let total = self.transport.total_length(&buffers);
        // Of nothing nothing can be kept aside, not even behind what is.
        if total == 0 {
            return self.send_nonblocking(s, buffers, checked);
        }
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let ready = self.transport.ready(&socket.endpoint);
        if !ready.intersects(Readiness::WRITABLE | Readiness::FAILED) {
            self.no_room(s);
            return Err(WsaError::WouldBlock);
        }
        let operation = self.offer(s, Purpose::KeptAside);
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        match self.transport.start_send(
            &socket.endpoint,
            buffers,
            checked.flags,
            checked.to,
            operation.to_number(),
        ) {
            Ok(Started::Pending) => {
                socket.kept_aside = Some(operation);
                Ok(count(total))
            }
            Ok(Started::Done(bytes)) => {
                self.withdraw(operation);
                Ok(count(bytes))
            }
            Err(error) => {
                let error = socket.transfer_error(error);
                self.withdraw(operation);
                // Too many operations: the next try may find fewer.
                if error == WsaError::WouldBlock {
                    self.no_room(s);
                }
                Err(error)
            }
        }
    }

    /// A send found no room: whoever waits is told when there is.
    fn no_room(&mut self, s: SocketId) {
        self.watch_after_would_block(s, Watched::Writable);
        self.enable_network_events(s, NetworkEvents::WRITE);
    }

    fn send_blocking(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        checked: Checked,
    ) -> Result<u32, WsaError> {
        let operation = self.offer(s, Purpose::Blocking(None));
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let timeout = (socket.send_timeout > 0).then_some(u64::from(socket.send_timeout));
        match self.transport.start_send(
            &socket.endpoint,
            buffers,
            checked.flags | SendFlags::IN_PLACE,
            checked.to,
            operation.to_number(),
        ) {
            Ok(Started::Done(bytes)) => {
                self.withdraw(operation);
                Ok(count(bytes))
            }
            Err(error) => {
                let error = socket.transfer_error(error);
                self.withdraw(operation);
                Err(error)
            }
            Ok(Started::Pending) => match self.wait_blocking(operation, timeout) {
                (
                    Outcome {
                        error: None,
                        transferred,
                        ..
                    },
                    _,
                ) => Ok(transferred),
                (_, Some(Interruption::TimedOut)) => Err(WsaError::TimedOut),
                // Where nobody may wait, a blocking send is a nonblocking one.
                (outcome, Some(Interruption::CannotBlock)) if outcome.transferred > 0 => {
                    Ok(outcome.transferred)
                }
                (_, Some(Interruption::CannotBlock)) => Err(WsaError::WouldBlock),
                (
                    Outcome {
                        error: Some(error), ..
                    },
                    None,
                ) => Err(error),
            },
        }
    }

    fn send_overlapped(
        &mut self,
        s: SocketId,
        buffers: T::Buffers,
        checked: Checked,
        overlapped: OverlappedId,
        notification: Notification,
    ) -> Result<u32, WsaError> {
        let operation = self.offer(
            s,
            Purpose::Overlapped {
                overlapped,
                notification,
            },
        );
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        match self.transport.start_send(
            &socket.endpoint,
            buffers,
            checked.flags,
            checked.to,
            operation.to_number(),
        ) {
            Ok(Started::Done(bytes)) => {
                self.withdraw(operation);
                let outcome = Outcome::sent(bytes);
                self.complete_at_once(s, overlapped, notification, outcome);
                Ok(outcome.transferred)
            }
            Ok(Started::Pending) => {
                self.accept_pending(operation, overlapped, notification);
                Err(WsaError::IoPending)
            }
            Err(error) => {
                let error = socket.transfer_error(error);
                self.withdraw(operation);
                Err(error)
            }
        }
    }
}

/// What the checks found out.
#[derive(Clone, Copy, Debug)]
struct Checked {
    flags: SendFlags,
    to: Option<SocketAddr>,
}

/// The checks that need only the arguments and the socket, in the order that
/// decides which of two errors is reported: arguments, local state, remote state.
fn check<E>(
    socket: &Socket<E>,
    services: OptionalServices,
    flags: MessageFlags,
    to: Option<SocketAddr>,
) -> Result<Checked, WsaError> {
    let allowed = MessageFlags::OOB | MessageFlags::DONT_ROUTE | MessageFlags::PARTIAL;
    if !allowed.contains(flags) {
        return Err(WsaError::OpNotSupp);
    }
    let stream = socket.kind() == SocketType::Stream;
    let urgent = flags.contains(MessageFlags::OOB);
    if urgent && !(stream && services.contains(OptionalServices::EXPEDITED_DATA)) {
        return Err(WsaError::OpNotSupp);
    }
    let partial = flags.contains(MessageFlags::PARTIAL);
    if partial && !services.contains(OptionalServices::PARTIAL_MESSAGE) {
        return Err(WsaError::OpNotSupp);
    }
    if services.contains(OptionalServices::UNI_RECV) {
        return Err(WsaError::OpNotSupp);
    }
    // A stream ignores the address, even one of another family.
    let to = to.filter(|_| !stream);
    if to.is_some_and(|to| !socket.family.has(to)) {
        return Err(WsaError::Fault);
    }
    if to.is_some_and(is_nobodys) {
        return Err(WsaError::AddrNotAvail);
    }
    if socket.send_shut_down {
        return Err(WsaError::ShutDown);
    }
    match socket.state {
        State::Stream(StreamState::Connected) => {}
        State::Datagram { peer, .. } if peer.is_some() || to.is_some() => {}
        State::Stream(_) | State::Datagram { .. } => return Err(WsaError::NotConn),
    }
    if let Some(failure) = socket.failure {
        return Err(failure);
    }
    if let State::Datagram {
        peer: Some(peer), ..
    } = socket.state
        && to.is_none()
        && peer.is_broadcast
        && !socket.broadcast
    {
        return Err(WsaError::Acces);
    }
    let dont_route = flags.contains(MessageFlags::DONT_ROUTE) || socket.dont_route;
    let mut send_flags = SendFlags::empty();
    send_flags.set(SendFlags::URGENT, urgent);
    send_flags.set(SendFlags::DONT_ROUTE, dont_route);
    // A stream has no messages to assemble.
    send_flags.set(SendFlags::MORE, partial && !stream);
    Ok(Checked {
        flags: send_flags,
        to,
    })
}
