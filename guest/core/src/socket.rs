//! What the provider knows of a socket.

use alloc::{collections::VecDeque, vec::Vec};
use core::net::SocketAddr;

use crate::numbered::numbered;
use crate::{
    AddressFamily, Linger, Provider, SocketType, Transport, TransportError, WsaError,
    operation::{OperationId, Watches},
    selection::Selection,
    size::maximum_message_size,
};

numbered! {
    /// Names a socket of a provider; a closed socket's name is never used again.
    SocketId
}

/// What WSPSocket is told, besides family and type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketAttributes {
    /// `WSA_FLAG_OVERLAPPED`.
    pub overlapped: bool,
}

/// An open socket.
#[derive(Debug)]
pub(crate) struct Socket<E> {
    pub(crate) endpoint: E,
    pub(crate) family: AddressFamily,
    pub(crate) attributes: SocketAttributes,
    pub(crate) state: State,
    /// FIONBIO.
    pub(crate) nonblocking: bool,
    /// WSPShutdown with SD_SEND or SD_BOTH was called.
    pub(crate) send_shut_down: bool,
    /// WSPShutdown with SD_RECEIVE or SD_BOTH was called.
    pub(crate) receive_shut_down: bool,
    /// The connection failed for good: every later transfer fails with this.
    pub(crate) failure: Option<WsaError>,
    /// SO_ERROR: why the latest attempt to connect without waiting failed, until one succeeds.
    pub(crate) connect_error: Option<WsaError>,
    /// The latest attempt to connect failed, which WSPSelect reports.
    pub(crate) attempt_failed: bool,
    /// When a stream was connected, by the transport's clock.
    pub(crate) connected_at: Option<u64>,
    pub(crate) linger: Linger,
    /// SO_SNDTIMEO in milliseconds; 0 is no limit.
    pub(crate) send_timeout: u32,
    /// SO_RCVTIMEO in milliseconds; 0 is no limit.
    pub(crate) receive_timeout: u32,
    /// SO_SNDBUF as it was set: systems answer another number than they were told.
    pub(crate) send_buffer_size: Option<u32>,
    /// SO_RCVBUF as it was set.
    pub(crate) receive_buffer_size: Option<u32>,
    /// SO_BROADCAST.
    pub(crate) broadcast: bool,
    /// SO_DONTROUTE.
    pub(crate) dont_route: bool,
    pub(crate) watches: Watches,
    /// It is among those that [`Provider::next_changed`](crate::Provider::next_changed) tells.
    pub(crate) is_changed: bool,
    /// Network events, and what WSPEventSelect selected.
    pub(crate) selection: Selection,
    /// What a nonblocking send consumed beyond the room there was.
    pub(crate) kept_aside: Option<OperationId>,
    /// Accept operations that wait for a connection, oldest first.
    pub(crate) accepting: VecDeque<OperationId>,
    /// Receives of no bytes that wait until there is something, oldest first.
    pub(crate) awaiting: Vec<OperationId>,
    /// The place of the latest receive that found something; 0 for none.
    pub(crate) found_at: u64,
}

/// The state that decides which calls are legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Stream(StreamState),
    Datagram {
        /// Bound explicitly, or implicitly by connect or send-to.
        bound: bool,
        peer: Option<DefaultPeer>,
    },
}

/// The default peer that WSPConnect gave a datagram socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DefaultPeer {
    pub(crate) address: SocketAddr,
    /// Sending to it needs SO_BROADCAST.
    pub(crate) is_broadcast: bool,
}

/// The state of a stream socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamState {
    /// → `Bound` by bind; → `Connecting` by connect; → `Accepting` by AcceptEx.
    Fresh,
    /// → `Listening` by listen; → `Connecting` by connect.
    Bound,
    /// Until closed.
    Listening,
    /// → `Connected` when the attempt succeeds; → `Fresh` or `Bound` when it fails.
    Connecting {
        operation: OperationId,
        was_bound: bool,
        peer: SocketAddr,
    },
    /// An accept operation makes a connection of it. → `Connected` when there is one;
    /// → `Fresh` when the operation ends without one.
    Accepting { operation: OperationId },
    /// Until closed or disconnected; `Socket::failure` says that the connection is dead.
    Connected,
}

impl<E> Socket<E> {
    pub(crate) fn new(
        endpoint: E,
        family: AddressFamily,
        kind: SocketType,
        attributes: SocketAttributes,
    ) -> Socket<E> {
        Socket {
            endpoint,
            family,
            attributes,
            state: match kind {
                SocketType::Stream => State::Stream(StreamState::Fresh),
                SocketType::Datagram => State::Datagram {
                    bound: false,
                    peer: None,
                },
            },
            nonblocking: false,
            send_shut_down: false,
            receive_shut_down: false,
            failure: None,
            connect_error: None,
            attempt_failed: false,
            connected_at: None,
            linger: Linger::default(),
            send_timeout: 0,
            receive_timeout: 0,
            send_buffer_size: None,
            receive_buffer_size: None,
            broadcast: false,
            dont_route: false,
            watches: Watches::default(),
            is_changed: false,
            selection: Selection::default(),
            kept_aside: None,
            accepting: VecDeque::new(),
            awaiting: Vec::new(),
            found_at: 0,
        }
    }

    /// What `accept` makes of a new connection: the listening socket's attributes, connected.
    pub(crate) fn accepted(&self, endpoint: E, now: u64) -> Socket<E> {
        Socket {
            connected_at: Some(now),
            nonblocking: self.nonblocking,
            linger: self.linger,
            send_timeout: self.send_timeout,
            receive_timeout: self.receive_timeout,
            send_buffer_size: self.send_buffer_size,
            receive_buffer_size: self.receive_buffer_size,
            dont_route: self.dont_route,
            selection: self.selection.inherited(),
            state: State::Stream(StreamState::Connected),
            ..Socket::new(endpoint, self.family, SocketType::Stream, self.attributes)
        }
    }

    pub(crate) fn kind(&self) -> SocketType {
        match self.state {
            State::Stream(_) => SocketType::Stream,
            State::Datagram { .. } => SocketType::Datagram,
        }
    }

    /// Whether a message of this many bytes is longer than any datagram.
    pub(crate) fn is_too_long(&self, total_length: u64) -> bool {
        let longest = maximum_message_size(self.family, self.kind());
        longest.is_some_and(|longest| total_length > longest.into())
    }

    pub(crate) fn bound(&self) -> bool {
        match self.state {
            State::Stream(StreamState::Fresh) => false,
            State::Stream(_) => true,
            State::Datagram { bound, .. } => bound,
        }
    }

    /// A stream is connected now.
    pub(crate) fn connected(&mut self, now: u64) {
        self.state = State::Stream(StreamState::Connected);
        self.connect_error = None;
        self.attempt_failed = false;
        self.connected_at = Some(now);
    }

    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Stream(StreamState::Connecting { .. }))
    }

    /// The Winsock code of a failed transfer; a stream whose connection is lost
    /// remembers it.
    pub(crate) fn transfer_error(&mut self, error: TransportError) -> WsaError {
        let code = WsaError::from(error);
        let State::Stream(StreamState::Connected) = self.state else {
            return code;
        };
        match lost_connection(error) {
            Some(failure) => *self.failure.get_or_insert(failure),
            None => code,
        }
    }
}

/// What a connection that is lost for good is called; `None` if it is not lost.
pub(crate) fn lost_connection(error: TransportError) -> Option<WsaError> {
    match error {
        TransportError::ConnectionReset => Some(WsaError::ConnReset),
        // An established connection that timed out is a lost virtual circuit
        // (WSPSend, WSAECONNABORTED), not a time-out of the call.
        TransportError::TimedOut
        | TransportError::ConnectionAborted
        | TransportError::HostUnreachable
        | TransportError::NetworkUnreachable => Some(WsaError::ConnAborted),
        TransportError::KeepAliveFailed => Some(WsaError::NetReset),
        _ => None,
    }
}

impl From<TransportError> for WsaError {
    fn from(error: TransportError) -> WsaError {
        match error {
            TransportError::AccessDenied => WsaError::Acces,
            TransportError::AddressInUse => WsaError::AddrInUse,
            TransportError::AddressNotAvailable => WsaError::AddrNotAvail,
            TransportError::Cancelled => WsaError::OperationAborted,
            TransportError::ConnectionAborted => WsaError::ConnAborted,
            TransportError::ConnectionRefused => WsaError::ConnRefused,
            TransportError::ConnectionReset => WsaError::ConnReset,
            TransportError::HostUnreachable => WsaError::HostUnreach,
            TransportError::InvalidArgument => WsaError::Inval,
            TransportError::KeepAliveFailed => WsaError::NetReset,
            TransportError::MessageTooLarge => WsaError::MsgSize,
            TransportError::NeedsBroadcast => WsaError::Acces,
            TransportError::NetworkDown => WsaError::NetDown,
            TransportError::NetworkUnreachable => WsaError::NetUnreach,
            TransportError::NotConnected => WsaError::NotConn,
            TransportError::NotSupported => WsaError::OpNotSupp,
            TransportError::OutOfBuffers => WsaError::NoBufs,
            TransportError::TimedOut => WsaError::TimedOut,
            TransportError::TooManyEndpoints => WsaError::Mfile,
            // WSPSend, WSAEWOULDBLOCK: too many outstanding overlapped requests.
            TransportError::TooManyOperations | TransportError::WouldBlock => WsaError::WouldBlock,
            TransportError::Other => WsaError::SyscallFailure,
        }
    }
}

impl<T: Transport> Provider<T> {
    /// WSPSocket.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED`; `WSAEACCES` if the policy grants the protocol
    /// nothing; `WSAEMFILE`; `WSAEOPNOTSUPP`, as the transport says.
    pub fn socket(
        &mut self,
        family: AddressFamily,
        kind: SocketType,
        attributes: SocketAttributes,
    ) -> Result<SocketId, WsaError> {
        if !self.started() {
            return Err(WsaError::NotInitialised);
        }
        let endpoint = self.transport.create(family, kind)?;
        let socket = Socket::new(endpoint, family, kind, attributes);
        Ok(self.sockets.insert(socket))
    }
}
