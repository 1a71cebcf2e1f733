//! What a provider needs from the outside: endpoints, finished operations and a
//! clock.

use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

/// The address family of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFamily {
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
}

impl AddressFamily {
    /// Whether `address` belongs to this family.
    #[must_use]
    pub fn has(self, address: SocketAddr) -> bool {
        matches!(
            (self, address),
            (AddressFamily::Inet, SocketAddr::V4(_)) | (AddressFamily::Inet6, SocketAddr::V6(_))
        )
    }
}

/// Whether nobody can be reached there: the unspecified address, or port 0.
/// Systems may take the one for themselves, and refuse the other in their own way.
pub(crate) fn is_nobodys(address: SocketAddr) -> bool {
    address.ip().is_unspecified() || address.port() == 0
}

/// The type of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketType {
    /// `SOCK_STREAM`: TCP.
    Stream,
    /// `SOCK_DGRAM`: UDP.
    Datagram,
}

/// `how` of a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShutdownHow {
    /// `SD_RECEIVE`.
    Receive,
    /// `SD_SEND`.
    Send,
    /// `SD_BOTH`.
    Both,
}

/// Why the transport could not do something. `wit/transport.wit` says when each
/// is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented one by one in wit/transport.wit")]
pub enum TransportError {
    AccessDenied,
    AddressInUse,
    AddressNotAvailable,
    Cancelled,
    ConnectionAborted,
    ConnectionRefused,
    ConnectionReset,
    HostUnreachable,
    InvalidArgument,
    KeepAliveFailed,
    MessageTooLarge,
    NeedsBroadcast,
    NetworkDown,
    NetworkUnreachable,
    NotConnected,
    NotSupported,
    OutOfBuffers,
    TimedOut,
    TooManyEndpoints,
    TooManyOperations,
    WouldBlock,
    Other,
}

/// How an operation that may take time began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// Done, with this many bytes; it will not be reported as finished.
    Done(u64),
    /// Under way; it will be reported as finished exactly once.
    Pending,
}

/// One receive that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedNow {
    /// Bytes received; 0 at the end of a stream.
    pub bytes: u64,
    /// Where a datagram came from.
    pub source: Option<SocketAddr>,
    /// The datagram was longer than the buffer.
    pub truncated: bool,
}

/// How a receive began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveStarted {
    /// Done; it will not be reported as finished.
    Done(ReceivedNow),
    /// Under way; it will be reported as finished exactly once.
    Pending,
}

/// What a watch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// A receive or an accept would not wait.
    Readable,
    /// A send would not wait.
    Writable,
    /// Urgent data has arrived, or none comes any more: the peer has ended its direction.
    Urgent,
    /// Everything handed over has been acknowledged by the peer's system.
    Drained,
}

/// A number-valued setting of an endpoint; booleans are 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented one by one in wit/transport.wit")]
pub enum EndpointOption {
    Broadcast,
    KeepAlive,
    NoDelay,
    OobInline,
    ReceiveBufferSize,
    ReuseAddress,
    SendBufferSize,
    HopLimit,
    TrafficClass,
    DontFragment,
    V6Only,
    MulticastHopLimit,
    MulticastLoop,
    KeepAliveIdle,
    KeepAliveInterval,
    KeepAliveCount,
    PacketInfo,
    ReceiveHopLimit,
}

/// The network interface of a multicast group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupInterface {
    /// The one that has this address.
    Address(IpAddr),
    /// The one with this number; 0 is none in particular.
    Number(u32),
}

bitflags::bitflags! {
    /// How to send.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SendFlags: u8 {
        /// Urgent data.
        const URGENT = 1;
        /// Bypass routing.
        const DONT_ROUTE = 2;
        /// More of the same datagram follows.
        const MORE = 4;
    }
}

bitflags::bitflags! {
    /// What a transport may be unable to do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Abilities: u8 {
        /// Urgent data can be sent and received.
        const URGENT = 1;
        /// [`Transport::abort_on_drop`] resets a connection.
        const ABORT = 2;
    }
}

bitflags::bitflags! {
    /// How an endpoint stands.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Readiness: u8 {
        /// A receive or an accept would not wait.
        const READABLE = 1;
        /// A send would not wait: nothing is queued and there is room.
        const WRITABLE = 2;
        /// Urgent data waits to be received, not in line.
        const URGENT = 4;
        /// The peer has ended its direction of the stream.
        const ENDED = 8;
        /// The connection has failed; the next transfer tells how.
        const FAILED = 16;
    }
}

bitflags::bitflags! {
    /// How to receive.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ReceiveFlags: u8 {
        /// The urgent byte.
        const URGENT = 1;
        /// Leave the data in the queue.
        const PEEK = 2;
        /// Finish only when the buffer is full, or at the end of the stream.
        const FILL = 4;
    }
}

/// How a pending operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The number that it was started with.
    pub operation: u64,
    /// Bytes transferred, also when it failed.
    pub bytes: u64,
    /// Why it failed.
    pub error: Option<TransportError>,
    /// Where a received datagram came from.
    pub source: Option<SocketAddr>,
}

/// How [`Transport::wait_finished`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// Something finished.
    Finished,
    /// The time ran out.
    TimedOut,
    /// This transport never blocks its caller.
    CannotBlock,
}

/// The outside of a [`Provider`](crate::Provider): `wit/transport.wit` as a trait.
///
/// No call but [`Transport::wait_finished`] may wait. An operation that was
/// answered with `Pending` must be reported by [`Transport::take_finished`]
/// exactly once, whatever happens to its endpoint.
pub trait Transport {
    /// A socket of the host. Dropping it cancels its pending operations, which
    /// must be reported before the next `take_finished` returns, and closes it.
    type Endpoint;
    /// A captured WSABUF array.
    type Buffers;
    /// Room for a receive.
    type Room: ?Sized;

    /// What it can do, which never changes; everything unless it says otherwise.
    fn abilities(&mut self) -> Abilities {
        Abilities::all()
    }
    /// The number of parts of `buffers`, empty ones included.
    fn count(&mut self, buffers: &Self::Buffers) -> u32;
    /// The sum of the lengths of all parts, in bytes.
    fn total_length(&mut self, buffers: &Self::Buffers) -> u64;
    /// Makes an endpoint.
    fn create(
        &mut self,
        family: AddressFamily,
        kind: SocketType,
    ) -> Result<Self::Endpoint, TransportError>;
    /// Gives it a local address.
    fn bind(&mut self, endpoint: &Self::Endpoint, local: SocketAddr) -> Result<(), TransportError>;
    /// Connects a stream, or fixes a datagram endpoint's peer.
    fn start_connect(
        &mut self,
        endpoint: &Self::Endpoint,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError>;
    /// Takes connections.
    fn listen(&mut self, endpoint: &Self::Endpoint, backlog: u32) -> Result<(), TransportError>;
    /// Takes one connection, if one is waiting.
    fn accept(
        &mut self,
        endpoint: &Self::Endpoint,
    ) -> Result<(Self::Endpoint, SocketAddr), TransportError>;
    /// Sends what fits now, never overtaking a pending send.
    fn try_send(
        &mut self,
        endpoint: &Self::Endpoint,
        buffers: &Self::Buffers,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<u64, TransportError>;
    /// Sends everything, in the order of the calls; what is pending keeps what it needs of `buffers`.
    fn start_send(
        &mut self,
        endpoint: &Self::Endpoint,
        buffers: &Self::Buffers,
        flags: SendFlags,
        to: Option<SocketAddr>,
        operation: u64,
    ) -> Result<Started, TransportError>;
    /// Receives what is there now. Without room for a byte it may be done even
    /// if there is nothing.
    fn try_receive(
        &mut self,
        endpoint: &Self::Endpoint,
        room: &Self::Room,
        flags: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError>;
    /// What a receive from a stream would answer now, taking nothing:
    /// `Ok` if there are bytes, or the end of the stream.
    fn look(&mut self, endpoint: &Self::Endpoint) -> Result<(), TransportError>;
    /// Receives as soon as something is there. Without room for a byte it may be
    /// done, or finish, before.
    fn start_receive(
        &mut self,
        endpoint: &Self::Endpoint,
        room: &Self::Room,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError>;
    /// Finishes once `interest` holds or the endpoint has failed.
    fn start_watch(
        &mut self,
        endpoint: &Self::Endpoint,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError>;
    /// How the endpoint stands now. An attempt to connect that has succeeded by then is
    /// finished when the call returns.
    fn ready(&mut self, endpoint: &Self::Endpoint) -> Readiness;
    /// Cancels a pending operation; it is finished when the call returns.
    fn cancel(&mut self, endpoint: &Self::Endpoint, operation: u64);
    /// Ends one or both directions, after the pending sends.
    fn shutdown(
        &mut self,
        endpoint: &Self::Endpoint,
        how: ShutdownHow,
    ) -> Result<(), TransportError>;
    /// Whether the connection is reset when the endpoint is dropped, or the program ends.
    fn abort_on_drop(&mut self, endpoint: &Self::Endpoint, on: bool);
    /// Bytes accepted that the peer's system has not acknowledged.
    fn unacknowledged(&mut self, endpoint: &Self::Endpoint) -> u64;
    /// Bytes that a receive would find now.
    fn available(&mut self, endpoint: &Self::Endpoint) -> Result<u64, TransportError>;
    /// The local address.
    fn local_address(&mut self, endpoint: &Self::Endpoint) -> Result<SocketAddr, TransportError>;
    /// The peer's address.
    fn peer_address(&mut self, endpoint: &Self::Endpoint) -> Result<SocketAddr, TransportError>;
    /// Reads an option.
    fn get_option(
        &mut self,
        endpoint: &Self::Endpoint,
        option: EndpointOption,
    ) -> Result<u32, TransportError>;
    /// Changes an option.
    fn set_option(
        &mut self,
        endpoint: &Self::Endpoint,
        option: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError>;

    /// Receives what is sent to a multicast group.
    fn join_group(
        &mut self,
        endpoint: &Self::Endpoint,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError>;
    /// Receives what is sent to a multicast group no more.
    fn leave_group(
        &mut self,
        endpoint: &Self::Endpoint,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError>;
    /// Chooses where datagrams to multicast groups go out.
    fn set_group_interface(
        &mut self,
        endpoint: &Self::Endpoint,
        through: GroupInterface,
    ) -> Result<(), TransportError>;

    /// Moves every finished operation to the end of `finished`, oldest first.
    fn take_finished(&mut self, finished: &mut Vec<Finished>);
    /// Blocks until something finished or `timeout_ms` milliseconds passed.
    fn wait_finished(&mut self, timeout_ms: Option<u64>) -> WaitOutcome;
    /// A monotonic clock, in milliseconds from an arbitrary origin.
    fn now(&mut self) -> u64;
}
