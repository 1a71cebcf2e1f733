//! Networks in place of the system's.

use std::fmt::Debug;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{
    AddressFamily, Direction, EndpointOption, Protocol, Readiness, SendFlags, TransportError,
};

/// A network that an embedder has endpoints made in, in place of the system's: one that is
/// simulated, say. The policy, quotas, queues and completions of the endpoints are the same;
/// what would be a system call is a call of this.
pub trait Network: Debug + Send + Sync {
    /// Makes a socket, which is not bound.
    ///
    /// # Errors
    ///
    /// `NotSupported` for a family or a protocol that the network has not got;
    /// `TooManyEndpoints`.
    fn socket(
        &self,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Result<Arc<dyn NetworkSocket>, TransportError>;
}

/// How an attempt to connect began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connecting {
    /// It is connected, as a datagram socket is at once.
    Done,
    /// The attempt is under way; [`NetworkSocket::attempt`] tells how it ended.
    UnderWay,
}

/// What one receive brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// How many bytes were put into the buffer: 0 at the end of a stream.
    pub bytes: usize,
    /// It was a datagram longer than the buffer, and the rest is gone.
    pub truncated: bool,
    /// Who sent it, if it was a datagram.
    pub source: Option<SocketAddr>,
}

/// A socket of a [`Network`], as nonblocking sockets of the system are: no call waits, and what
/// would have to answers `WouldBlock`. Dropping the last share closes it.
///
/// The transport has asked the policy before it calls anything here.
pub trait NetworkSocket: Debug + Send + Sync {
    /// Gives it a local address, of which the port is chosen if it is 0. With `shares`, others
    /// who share it may have it too.
    ///
    /// # Errors
    ///
    /// `AddressInUse`, `AddressNotAvailable`, `InvalidArgument` if it has one.
    fn bind(&self, local: SocketAddr, shares: bool) -> Result<(), TransportError>;

    /// Connects a datagram socket, or begins a stream's attempt.
    ///
    /// # Errors
    ///
    /// What is known at once.
    fn connect(&self, peer: SocketAddr) -> Result<Connecting, TransportError>;

    /// How the attempt to connect has ended; `None` if it has not.
    fn attempt(&self) -> Option<Result<(), TransportError>>;

    /// Takes a datagram socket's peer away, or a stream's attempt that failed, and drops a
    /// stream's connection.
    ///
    /// # Errors
    ///
    /// If it has none.
    fn disconnect(&self) -> Result<(), TransportError>;

    /// Takes connections, of which about `backlog` wait to be accepted; with 0 the network
    /// chooses.
    ///
    /// # Errors
    ///
    /// `AddressInUse`, `NotSupported`.
    fn listen(&self, backlog: u32) -> Result<(), TransportError>;

    /// Takes one connection, and tells who made it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none.
    fn accept(&self) -> Result<(Arc<dyn NetworkSocket>, SocketAddr), TransportError>;

    /// Its local address: with port 0 if it has none yet.
    fn local_address(&self) -> SocketAddr;

    /// Whom it is connected to.
    fn peer_address(&self) -> Option<SocketAddr>;

    /// Sends as much of a stream as there is room for, or one datagram whole, to an address or
    /// to the peer. Of [`SendFlags::URGENT`] the last byte is urgent.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room; what has become of the connection, once.
    fn send(
        &self,
        parts: &[IoSlice<'_>],
        to: Option<SocketAddr>,
        flags: SendFlags,
    ) -> Result<usize, TransportError>;

    /// Receives what is there. With `peeks` it stays there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is; what has become of the connection, once.
    fn receive(&self, space: &mut [u8], peeks: bool) -> Result<Arrived, TransportError>;

    /// Receives the urgent byte. With `peeks` it stays there.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if there is none.
    fn receive_urgent(&self, space: &mut [u8], peeks: bool) -> Result<Arrived, TransportError>;

    /// Bytes that wait to be received.
    fn available(&self) -> u64;

    /// Bytes sent that the peer's system has not acknowledged.
    fn unacknowledged(&self) -> u64;

    /// Ready as soon as everything is acknowledged, or never will be.
    fn poll_acknowledged(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Ends directions of a stream, once what was sent before is out.
    ///
    /// # Errors
    ///
    /// `NotConnected`.
    fn shutdown(&self, direction: Direction) -> Result<(), TransportError>;

    /// Whether closing it resets the connection.
    fn abort_on_close(&self, on: bool);

    /// Reads an option that this kind of socket has; booleans are 0 and 1.
    ///
    /// # Errors
    ///
    /// `NotSupported`.
    fn option(&self, option: EndpointOption) -> Result<u32, TransportError>;

    /// Sets an option that this kind of socket has.
    ///
    /// # Errors
    ///
    /// `NotSupported`, `InvalidArgument`.
    fn set_option(&self, option: EndpointOption, value: u32) -> Result<(), TransportError>;

    /// Which of all conditions hold. At the end of a stream and after a failure a receive does
    /// not wait, so it is readable then.
    fn readiness(&self) -> Readiness;

    /// Ready as soon as one of these conditions holds. Several tasks may wait.
    fn poll_ready(&self, wanted: Readiness, cx: &mut Context<'_>) -> Poll<()>;
}
