//! WSPSend and WSPSendTo: the ordered checks, then one of three ways to send.

use core::net::SocketAddr;

use crate::{
    CompletionRoutine, MessageFlags, NetworkEvents, OptionalServices, OverlappedId, Provider,
    Readiness, Rest, SendFlags, SendOutcome, ShortRoom, SocketId, SocketType, Started, Ticket,
    Transport, TransportError, WsaError,
    blocking::Interruption,
    operation::{Notification, OperationId, Purpose, Watched, Work},
    outcome::Outcome,
    size::count,
    socket::{Socket, State, StreamState},
    submit::Submitted,
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

/// What a send call is given besides its payload.
#[derive(Clone, Copy, Debug)]
pub struct SendRequest {
    /// `dwBufferCount`: the number of parts, empty ones included.
    pub parts: u32,
    /// The sum of the lengths of all parts, in bytes.
    pub total_length: u64,
    /// `dwFlags`.
    pub flags: MessageFlags,
    /// `lpTo`; a stream ignores it.
    pub to: Option<SocketAddr>,
    /// `lpOverlapped`.
    pub overlapped: Option<OverlappedId>,
    /// `lpCompletionRoutine`.
    pub routine: Option<CompletionRoutine>,
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
        buffers: &T::Buffers,
        flags: MessageFlags,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<u32, WsaError> {
        self.send_to(s, buffers, flags, None, overlapped, routine)
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
        buffers: &T::Buffers,
        flags: MessageFlags,
        to: Option<SocketAddr>,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<u32, WsaError> {
        self.open_socket(s)?;
        let request = SendRequest {
            parts: self.transport.count(buffers),
            total_length: self.transport.total_length(buffers),
            flags,
            to,
            overlapped,
            routine,
        };
        let ticket = self.begin_send(s, request)?;
        let outcome = self.transfer(s, buffers, ticket)?;
        self.end_send(s, ticket.operation, outcome)
    }

    /// The checks of a send, and its operation if it may be pending. Nothing else may
    /// be asked of the provider before [`Provider::end_send`] reports its outcome.
    ///
    /// # Errors
    ///
    /// As [`Provider::send_to`], as far as they do not need the transport; `WSAEFAULT`
    /// for an overlapped structure that does not exist.
    pub fn begin_send(&mut self, s: SocketId, request: SendRequest) -> Result<Ticket, WsaError> {
        self.look_at_attempt(s);
        let socket = self.open_socket(s)?;
        if let Some(overlapped) = request.overlapped
            && !self.overlapped.contains_key(overlapped)
        {
            return Err(WsaError::Fault);
        }
        if request.parts == 0 {
            return Err(WsaError::Inval);
        }
        let mode = self.mode(socket, request.overlapped, request.routine);
        let services = self.configuration.services(socket.kind());
        let checked = match check(socket, services, request.flags, request.to) {
            // A message that is too long is an earlier error than a broadcast that is not allowed.
            Err(WsaError::Acces) if socket.is_too_long(request.total_length) => {
                return Err(WsaError::MsgSize);
            }
            checked => checked?,
        };
        let (rest, purpose) = match mode {
            Mode::Nonblocking if self.keeps_aside(socket, request.total_length) => {
                return self.begin_all_or_nothing(s, request.total_length, checked);
            }
            Mode::Nonblocking => (Rest::Refused, None),
            Mode::Blocking => (Rest::Awaited, None),
            Mode::Overlapped {
                overlapped,
                notification,
            } => {
                let purpose = Purpose::Overlapped {
                    overlapped,
                    notification,
                };
                (Rest::Captured, Some(purpose))
            }
        };
        Ok(self.ticket(s, checked, rest, purpose))
    }

    fn ticket(
        &mut self,
        s: SocketId,
        checked: Checked,
        rest: Rest,
        purpose: Option<Purpose>,
    ) -> Ticket {
        let is_posted = matches!(purpose, Some(Purpose::Overlapped { .. }));
        let follows = is_posted && self.posted == Some(s);
        self.posted = is_posted.then_some(s);
        self.ahead = None;
        let operation = purpose.map_or(0, |purpose| {
            let operation = match purpose {
                // It will most likely be pending.
                Purpose::Overlapped {
                    overlapped,
                    notification,
                } if follows => {
                    let operation = self.operations.add(s, purpose, Work::Any);
                    self.accept_ahead(operation, overlapped, notification);
                    operation
                }
                purpose => self.operations.add(s, purpose, Work::Begun),
            };
            operation.to_number()
        });
        Ticket {
            operation,
            flags: checked.flags,
            to: checked.to,
            rest,
            // The first datagram may bind its socket.
            silent: operation == 0 && self.sockets.get(s).is_some_and(Socket::bound),
            follows,
            accepted: self.ahead.is_some(),
        }
    }

    /// Whether a nonblocking send that finds too little room consumes everything. An
    /// empty send has nothing to keep aside, even behind one that has.
    fn keeps_aside(&self, socket: &Socket<T::Endpoint>, total_length: u64) -> bool {
        self.configuration.short_room == ShortRoom::ConsumeAll
            && socket.is_connected()
            && total_length > 0
    }

    /// If there is any room everything is consumed, and the rest kept aside.
    fn begin_all_or_nothing(
        &mut self,
        s: SocketId,
        total_length: u64,
        checked: Checked,
    ) -> Result<Ticket, WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let ready = self.transport.ready(&socket.endpoint);
        if !ready.intersects(Readiness::WRITABLE | Readiness::FAILED) {
            self.no_room(s);
            return Err(WsaError::WouldBlock);
        }
        let purpose = Purpose::KeptAside {
            consumed: count(total_length),
        };
        Ok(self.ticket(s, checked, Rest::Captured, Some(purpose)))
    }

    /// Hands the payload to the transport, as the ticket says.
    fn transfer(
        &mut self,
        s: SocketId,
        buffers: &T::Buffers,
        ticket: Ticket,
    ) -> Result<SendOutcome, WsaError> {
        let Ticket {
            operation,
            flags,
            to,
            rest,
            ..
        } = ticket;
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let endpoint = &socket.endpoint;
        Ok(match rest {
            Rest::Refused => match self.transport.try_send(endpoint, buffers, flags, to) {
                Ok(bytes) => SendOutcome::Done(bytes),
                Err(error) => SendOutcome::Failed(error),
            },
            Rest::Captured => {
                let started = self
                    .transport
                    .start_send(endpoint, buffers, flags, to, operation);
                match started {
                    Ok(Started::Done(bytes)) => SendOutcome::Done(bytes),
                    Ok(Started::Pending) => SendOutcome::Pending,
                    Err(error) => SendOutcome::Failed(error),
                }
            }
            Rest::Awaited => self.transfer_all(s, buffers, ticket)?,
        })
    }

    /// How long a blocking send may take, in milliseconds (SO_SNDTIMEO); `None` for no
    /// limit, and for no socket.
    #[must_use]
    pub fn send_timeout(&self, s: SocketId) -> Option<u32> {
        let timeout_ms = self.sockets.get(s)?.send_timeout;
        (timeout_ms > 0).then_some(timeout_ms)
    }

    /// Waits until the transport has sent everything.
    fn transfer_all(
        &mut self,
        s: SocketId,
        buffers: &T::Buffers,
        Ticket { flags, to, .. }: Ticket,
    ) -> Result<SendOutcome, WsaError> {
        let started = self.submit(s, Purpose::Blocking(None), |transport, endpoint, number| {
            transport.start_send(endpoint, buffers, flags, to, number)
        });
        match started {
            Ok(Submitted::Done(bytes)) => Ok(SendOutcome::Done(bytes)),
            Err(error) => Ok(SendOutcome::Failed(error)),
            Ok(Submitted::Pending(operation)) => {
                let timeout = self.send_timeout(s).map(u64::from);
                let (outcome, interruption) = self.wait_blocking(operation, timeout);
                match (outcome.error, interruption) {
                    (None, _) => Ok(SendOutcome::Done(outcome.transferred.into())),
                    (_, Some(Interruption::TimedOut)) => Ok(SendOutcome::TimedOut),
                    (_, Some(Interruption::CannotBlock)) => {
                        Ok(SendOutcome::Blocked(outcome.transferred.into()))
                    }
                    (Some(error), None) => Err(error),
                }
            }
        }
    }

    /// What a send answers if `outcome` became of it: the indication is set or queued, or
    /// the operation accepted as pending.
    ///
    /// # Errors
    ///
    /// As [`Provider::send_to`]; `WSA_IO_PENDING` is no failure. `WSAEINVAL` for an
    /// operation that [`Provider::begin_send`] did not name for this socket, or for an
    /// outcome that its ticket cannot have.
    pub fn end_send(
        &mut self,
        s: SocketId,
        operation: u64,
        outcome: SendOutcome,
    ) -> Result<u32, WsaError> {
        let answer = match operation {
            0 => self.end_synchronous(s, outcome),
            operation => self.end_operation_begun(s, OperationId::from_number(operation), outcome),
        };
        if let Some(socket) = self.sockets.get_mut(s)
            && let State::Datagram { bound, .. } = &mut socket.state
            && !*bound
            && matches!(answer, Ok(_) | Err(WsaError::IoPending))
        {
            *bound = true;
            self.record_network_events(s);
        }
        answer
    }

    fn end_synchronous(&mut self, s: SocketId, outcome: SendOutcome) -> Result<u32, WsaError> {
        match outcome {
            SendOutcome::Done(bytes) => Ok(count(bytes)),
            SendOutcome::Failed(TransportError::WouldBlock) => {
                self.no_room(s);
                Err(WsaError::WouldBlock)
            }
            SendOutcome::Failed(error) => Err(self.open_socket_mut(s)?.transfer_error(error)),
            // If waiting is impossible, a blocking send behaves as a nonblocking one.
            SendOutcome::Blocked(0) => Err(WsaError::WouldBlock),
            SendOutcome::Blocked(bytes) => Ok(count(bytes)),
            SendOutcome::TimedOut => Err(WsaError::TimedOut),
            SendOutcome::Pending => Err(WsaError::Inval),
        }
    }

    fn end_operation_begun(
        &mut self,
        s: SocketId,
        id: OperationId,
        outcome: SendOutcome,
    ) -> Result<u32, WsaError> {
        let ahead = self.ahead.take_if(|ahead| ahead.operation == id);
        let begun = self.operations.get_mut(id);
        let is_begun = |work| work == Work::Begun || ahead.is_some();
        let Some(operation) = begun.filter(|begun| is_begun(begun.work) && begun.socket == s)
        else {
            return Err(WsaError::Inval);
        };
        let bytes = match outcome {
            SendOutcome::Pending if ahead.is_some() => return Err(WsaError::IoPending),
            SendOutcome::Pending => {
                operation.work = Work::Any;
                return self.accepted(s, id);
            }
            SendOutcome::Done(bytes) => Ok(bytes),
            SendOutcome::Failed(error) => Err(error),
            SendOutcome::Blocked(_) | SendOutcome::TimedOut => Err(TransportError::InvalidArgument),
        };
        let purpose = self
            .operations
            .remove(id)
            .map(|operation| operation.purpose);
        match (bytes, purpose) {
            (
                Ok(bytes),
                Some(Purpose::Overlapped {
                    overlapped,
                    notification,
                }),
            ) => {
                let outcome = Outcome::sent(bytes);
                self.complete_at_once(s, overlapped, notification, outcome);
                Ok(outcome.transferred)
            }
            (Ok(bytes), _) => Ok(count(bytes)),
            (Err(error), purpose) => {
                if let Some(ahead) = ahead {
                    self.withdraw(ahead);
                }
                let error = self.open_socket_mut(s)?.transfer_error(error);
                // Too many operations: the next try may find fewer.
                if error == WsaError::WouldBlock
                    && matches!(purpose, Some(Purpose::KeptAside { .. }))
                {
                    self.no_room(s);
                }
                Err(error)
            }
        }
    }

    /// The transport goes on with a send that was begun.
    fn accepted(&mut self, s: SocketId, id: OperationId) -> Result<u32, WsaError> {
        match self.operations.get(id).map(|operation| &operation.purpose) {
            Some(&Purpose::Overlapped {
                overlapped,
                notification,
            }) => {
                self.accept_pending(id, overlapped, notification);
                Err(WsaError::IoPending)
            }
            Some(&Purpose::KeptAside { consumed }) => {
                self.open_socket_mut(s)?.kept_aside = Some(id);
                Ok(consumed)
            }
            _ => Err(WsaError::Inval),
        }
    }

    /// A send found no room: waiters are told when there is some.
    fn no_room(&mut self, s: SocketId) {
        self.watch_after_would_block(s, Watched::Writable);
        self.enable_network_events(s, NetworkEvents::WRITE);
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
