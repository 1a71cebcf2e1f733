//! Conversions between the core's words and the transport's, and nothing else.

use wsp_core as core;
use wsp_transport as ours;

/// `From`, for types of two other crates.
pub(crate) trait Convert<T> {
    fn convert(self) -> T;
}

macro_rules! same_cases {
    ($($from:path => $to:path { $($case:ident),* $(,)? })*) => {$(
        impl Convert<$to> for $from {
            fn convert(self) -> $to {
                match self { $(<$from>::$case => <$to>::$case,)* }
            }
        }
    )*};
}

macro_rules! same_flags {
    ($($from:path => $to:path { $($flag:ident),* $(,)? })*) => {$(
        impl Convert<$to> for $from {
            fn convert(self) -> $to {
                let mut converted = <$to>::empty();
                $(converted.set(<$to>::$flag, self.contains(<$from>::$flag));)*
                converted
            }
        }
    )*};
}

same_cases! {
    core::AddressFamily => ours::AddressFamily { Inet, Inet6 }
    core::ShutdownHow => ours::Direction { Receive, Send, Both }
    core::Interest => ours::Interest { Readable, Writable, Urgent, Drained }
    core::EndpointOption => ours::EndpointOption {
        Broadcast, KeepAlive, NoDelay, OobInline, ReceiveBufferSize, ReuseAddress, SendBufferSize,
        HopLimit, TrafficClass, DontFragment, V6Only, MulticastHopLimit, MulticastLoop,
        KeepAliveIdle, KeepAliveInterval, KeepAliveCount, PacketInfo, ReceiveHopLimit,
    }
    ours::TransportError => core::TransportError {
        AccessDenied, AddressInUse, AddressNotAvailable, Cancelled, ConnectionAborted,
        ConnectionRefused, ConnectionReset, HostUnreachable, InvalidArgument, KeepAliveFailed,
        MessageTooLarge, NeedsBroadcast, NetworkDown, NetworkUnreachable, NotConnected,
        NotSupported, OutOfBuffers, TimedOut, TooManyEndpoints, TooManyOperations, WouldBlock,
        Other,
    }
}

same_flags! {
    core::SendFlags => ours::SendFlags { URGENT, DONT_ROUTE, MORE }
    core::ReceiveFlags => ours::ReceiveFlags { URGENT, PEEK, FILL }
    ours::Readiness => core::Readiness { READABLE, WRITABLE, URGENT, ENDED, FAILED }
}

impl Convert<ours::Protocol> for core::SocketType {
    fn convert(self) -> ours::Protocol {
        match self {
            core::SocketType::Stream => ours::Protocol::Tcp,
            core::SocketType::Datagram => ours::Protocol::Udp,
        }
    }
}

impl Convert<ours::GroupInterface> for core::GroupInterface {
    fn convert(self) -> ours::GroupInterface {
        match self {
            core::GroupInterface::Address(address) => ours::GroupInterface::Address(address),
            core::GroupInterface::Number(number) => ours::GroupInterface::Number(number),
        }
    }
}

impl Convert<core::Started> for ours::Started {
    fn convert(self) -> core::Started {
        match self {
            ours::Started::Done(bytes) => core::Started::Done(bytes),
            ours::Started::Pending => core::Started::Pending,
        }
    }
}

impl Convert<core::ReceivedNow> for ours::Received {
    fn convert(self) -> core::ReceivedNow {
        core::ReceivedNow {
            bytes: self.bytes,
            source: self.source,
            truncated: self.truncated,
        }
    }
}

impl Convert<core::ReceiveStarted> for ours::ReceiveStarted {
    fn convert(self) -> core::ReceiveStarted {
        match self {
            ours::ReceiveStarted::Done(received) => core::ReceiveStarted::Done(received.convert()),
            ours::ReceiveStarted::Pending => core::ReceiveStarted::Pending,
        }
    }
}

impl Convert<core::Finished> for ours::Finished {
    fn convert(self) -> core::Finished {
        core::Finished {
            operation: self.operation,
            bytes: self.bytes,
            error: self.error.map(Convert::convert),
            source: self.source,
        }
    }
}

impl Convert<core::SendOutcome> for ours::RestOutcome {
    fn convert(self) -> core::SendOutcome {
        match self {
            ours::RestOutcome::Done(bytes) => core::SendOutcome::Done(bytes),
            ours::RestOutcome::Blocked(bytes) => core::SendOutcome::Blocked(bytes),
            ours::RestOutcome::TimedOut => core::SendOutcome::TimedOut,
            ours::RestOutcome::Failed(error) => core::SendOutcome::Failed(error.convert()),
        }
    }
}
