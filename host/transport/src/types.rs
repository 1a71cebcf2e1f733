//! The words of this crate, as `winsock:spi/transport` has them.

use std::net::{IpAddr, SocketAddr};

/// The version of IP that an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFamily {
    /// IPv4.
    Inet,
    /// IPv6, and only IPv6 unless [`EndpointOption::V6Only`] is turned off.
    Inet6,
}

/// What an endpoint speaks over IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A reliable stream.
    Tcp,
    /// Datagrams.
    Udp,
}

/// Which direction [`Endpoint::shutdown`](crate::Endpoint::shutdown) ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What the peer sends.
    Receive,
    /// What goes to the peer.
    Send,
    /// Both.
    Both,
}

/// Why something could not be done; the WIT says when each is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented one by one in wit/types.wit")]
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
pub struct Received {
    /// Bytes put into the buffer; 0 at the end of a stream.
    pub bytes: u64,
    /// Where a datagram came from; `None` for streams.
    pub source: Option<SocketAddr>,
    /// The datagram was longer than the buffer, and the rest is gone.
    pub truncated: bool,
}

/// How a receive began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveStarted {
    /// Done; it will not be reported as finished.
    Done(Received),
    /// Under way; it will be reported as finished exactly once.
    Pending,
}

/// What a watch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// A receive or an accept would not wait.
    Readable,
    /// A send would not wait: nothing is queued and there is room.
    Writable,
    /// Urgent data has arrived.
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

/// How a pending operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The number that the operation was started with.
    pub operation: u64,
    /// Bytes sent or received, also when it ended with an error.
    pub bytes: u64,
    /// Why it failed; `None` if it did what was asked.
    pub error: Option<TransportError>,
    /// Where a received datagram came from.
    pub source: Option<SocketAddr>,
}

bitflags::bitflags! {
    /// How to send.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SendFlags: u8 {
        /// Urgent data (TCP).
        const URGENT = 1;
        /// Bypass routing.
        const DONT_ROUTE = 2;
        /// More of the same datagram follows (UDP).
        const MORE = 4;
    }
}

bitflags::bitflags! {
    /// How to receive.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ReceiveFlags: u8 {
        /// The urgent byte (TCP).
        const URGENT = 1;
        /// Leave the data in the queue.
        const PEEK = 2;
        /// Finish only when the buffer is full, or at the end of the stream.
        const FILL = 4;
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

/// How to send, and where to.
#[derive(Clone, Copy, Debug)]
pub struct SendOptions {
    /// How.
    pub flags: SendFlags,
    /// Where a datagram goes; `None` sends to the peer.
    pub to: Option<SocketAddr>,
    /// It follows another one, and may wait with it until the guest looks at something.
    pub follows: bool,
}
