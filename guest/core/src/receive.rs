//! WSPRecv and WSPRecvFrom.

use core::net::SocketAddr;

use crate::{
    CompletionRoutine, MessageFlags, NetworkEvents, OverlappedId, Provider, ReceiveFlags,
    ReceivedNow, SocketId, SocketType, Transfer, Transport, TransportError, WsaError,
    blocking::Interruption,
    operation::{Notification, Purpose, Watched},
    outcome::Outcome,
    send::Mode,
    size::count,
    socket::{Socket, State, StreamState},
    submit::Submitted,
};

/// What a receive received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes and flags; 0 bytes at the end of a stream, `MSG_PARTIAL` after a
    /// datagram that did not fit.
    pub transfer: Transfer,
    /// Where a datagram came from.
    pub source: Option<SocketAddr>,
}

impl Received {
    /// This, if it is all of a datagram.
    ///
    /// # Errors
    ///
    /// `WSAEMSGSIZE` for a datagram that did not fit: the rest of it is gone.
    pub fn whole(self) -> Result<Received, WsaError> {
        if self.transfer.flags.contains(MessageFlags::PARTIAL) {
            return Err(WsaError::MsgSize);
        }
        Ok(self)
    }
}

impl<T: Transport> Provider<T> {
    /// WSPRecv: receives into `room`, in the modes of [`Provider::send`].
    ///
    /// # Errors
    ///
    /// As `wsp-recv` in `wit/provider.wit` lists them. `WSA_IO_PENDING` is no
    /// failure; after any other nothing was started.
    pub fn receive(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: MessageFlags,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<Received, WsaError> {
        self.receive_from(s, room, flags, overlapped, routine)?
            .whole()
    }

    /// WSPRecvFrom: as [`Provider::receive`], but reports a datagram that did
    /// not fit together with its sender; see [`Received::whole`]. The program gets
    /// `WSAEMSGSIZE`, and nothing is indicated.
    ///
    /// # Errors
    ///
    /// As [`Provider::receive`].
    pub fn receive_from(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: MessageFlags,
        overlapped: Option<OverlappedId>,
        routine: Option<CompletionRoutine>,
    ) -> Result<Received, WsaError> {
        self.look_at_attempt(s);
        let socket = self.open_socket(s)?;
        let mode = self.mode(socket, overlapped, routine);
        let flags = check(socket, flags)?;
        let received = match mode {
            Mode::Nonblocking => self.receive_nonblocking(s, room, flags),
            Mode::Blocking => self.receive_blocking(s, room, flags),
            Mode::Overlapped {
                overlapped,
                notification,
            } => self.receive_overlapped(s, room, flags, overlapped, notification),
        };
        self.enable_network_events(s, NetworkEvents::READ | NetworkEvents::OOB);
        received
    }

    fn receive_nonblocking(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: ReceiveFlags,
    ) -> Result<Received, WsaError> {
        match self.try_receive(s, room, flags) {
            Ok(received) => Ok(received.into()),
            Err(TransportError::WouldBlock) => {
                self.watch_after_would_block(s, Watched::Readable);
                Err(WsaError::WouldBlock)
            }
            Err(error) => Err(self.receive_error(s, error)),
        }
    }

    fn receive_error(&mut self, s: SocketId, error: TransportError) -> WsaError {
        match self.sockets.get_mut(s) {
            Some(socket) => socket.transfer_error(error),
            None => error.into(),
        }
    }

    fn receive_blocking(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: ReceiveFlags,
    ) -> Result<Received, WsaError> {
        let timeout = match self.open_socket(s)?.receive_timeout {
            0 => None,
            timeout => Some(u64::from(timeout)),
        };
        match self.start_receive(s, room, flags, Purpose::Blocking(None)) {
            Ok(Submitted::Done(received)) => Ok(received.into()),
            Err(error) => Err(self.receive_error(s, error)),
            Ok(Submitted::Pending(operation)) => match self.wait_blocking(operation, timeout) {
                (
                    outcome @ Outcome {
                        error: None | Some(WsaError::MsgSize),
                        ..
                    },
                    _,
                ) => Ok(outcome.received()),
                (_, Some(Interruption::TimedOut)) => Err(WsaError::TimedOut),
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

    fn receive_overlapped(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: ReceiveFlags,
        overlapped: OverlappedId,
        notification: Notification,
    ) -> Result<Received, WsaError> {
        let purpose = Purpose::Overlapped {
            overlapped,
            notification,
        };
        match self.start_receive(s, room, flags, purpose) {
            Ok(Submitted::Done(received)) => {
                let received = Received::from(received);
                let error = received.whole().err();
                let outcome = Outcome {
                    error,
                    transferred: received.transfer.bytes,
                    flags: received.transfer.flags,
                    source: received.source,
                };
                // An error that was found at once is returned, but not indicated.
                let notification = error.map_or(notification, |_| Notification::None);
                self.complete_at_once(s, overlapped, notification, outcome);
                Ok(received)
            }
            Ok(Submitted::Pending(operation)) => {
                self.accept_pending(operation, overlapped, notification);
                Err(WsaError::IoPending)
            }
            Err(error) => Err(self.receive_error(s, error)),
        }
    }
}

impl Outcome {
    fn received(self) -> Received {
        Received {
            transfer: Transfer {
                bytes: self.transferred,
                flags: self.flags,
            },
            source: self.source,
        }
    }
}

impl From<ReceivedNow> for Received {
    fn from(received: ReceivedNow) -> Received {
        let mut flags = MessageFlags::empty();
        flags.set(MessageFlags::PARTIAL, received.truncated);
        Received {
            transfer: Transfer {
                bytes: count(received.bytes),
                flags,
            },
            source: received.source,
        }
    }
}

fn check<E>(socket: &Socket<E>, flags: MessageFlags) -> Result<ReceiveFlags, WsaError> {
    let stream = socket.kind() == SocketType::Stream;
    let mut allowed = MessageFlags::PARTIAL | MessageFlags::PEEK;
    if stream {
        allowed |= MessageFlags::OOB | MessageFlags::WAIT_ALL;
    }
    if !allowed.contains(flags) || flags.contains(MessageFlags::PEEK | MessageFlags::WAIT_ALL) {
        return Err(WsaError::OpNotSupp);
    }
    if socket.receive_shut_down {
        return Err(WsaError::ShutDown);
    }
    match socket.state {
        State::Stream(StreamState::Connected) | State::Datagram { bound: true, .. } => {}
        State::Stream(_) => return Err(WsaError::NotConn),
        State::Datagram { bound: false, .. } => return Err(WsaError::Inval),
    }
    if let Some(failure) = socket.failure {
        return Err(failure);
    }
    let mut receive_flags = ReceiveFlags::empty();
    receive_flags.set(ReceiveFlags::URGENT, flags.contains(MessageFlags::OOB));
    receive_flags.set(ReceiveFlags::PEEK, flags.contains(MessageFlags::PEEK));
    receive_flags.set(ReceiveFlags::FILL, flags.contains(MessageFlags::WAIT_ALL));
    Ok(receive_flags)
}
