//! Conversions between the generated types and the transport's, and nothing else.

use wsp_transport as ours;

use super::bindings::winsock::spi::transport;
use super::types;

wsp_core::same_cases! {
    types::AddressFamily => ours::AddressFamily { Inet, Inet6 }
    transport::Protocol => ours::Protocol { Tcp, Udp }
    transport::Direction => ours::Direction { Receive, Send, Both }
    transport::Interest => ours::Interest { Readable, Writable, Urgent, Drained }
    transport::EndpointOption => ours::EndpointOption {
        Broadcast, KeepAlive, NoDelay, OobInline, ReceiveBufferSize, ReuseAddress, SendBufferSize,
        HopLimit, TrafficClass, DontFragment, V6Only, MulticastHopLimit, MulticastLoop,
        KeepAliveIdle, KeepAliveInterval, KeepAliveCount, PacketInfo, ReceiveHopLimit,
    }
    ours::TransportError => types::TransportError {
        AccessDenied, AddressInUse, AddressNotAvailable, Cancelled, ConnectionAborted,
        ConnectionRefused, ConnectionReset, HostUnreachable, InvalidArgument, KeepAliveFailed,
        MessageTooLarge, NeedsBroadcast, NetworkDown, NetworkUnreachable, NotConnected,
        NotSupported, OutOfBuffers, TimedOut, TooManyEndpoints, TooManyOperations, WouldBlock,
        Other,
    }
}

wsp_core::same_flags! {
    types::SendFlags => ours::SendFlags { URGENT, DONT_ROUTE, MORE }
    transport::ReceiveFlags => ours::ReceiveFlags { URGENT, PEEK, FILL }
    ours::Readiness => transport::Readiness { READABLE, WRITABLE, URGENT, ENDED, FAILED }
}

impl From<ours::Started> for transport::Started {
    fn from(started: ours::Started) -> transport::Started {
        match started {
            ours::Started::Done(bytes) => transport::Started::Done(bytes),
            ours::Started::Pending => transport::Started::Pending,
        }
    }
}

impl From<ours::Received> for transport::Received {
    fn from(received: ours::Received) -> transport::Received {
        transport::Received {
            bytes: received.bytes,
            source: received.source.map(Into::into),
            truncated: received.truncated,
        }
    }
}

impl From<ours::ReceiveStarted> for transport::ReceiveStarted {
    fn from(started: ours::ReceiveStarted) -> transport::ReceiveStarted {
        match started {
            ours::ReceiveStarted::Done(received) => {
                transport::ReceiveStarted::Done(received.into())
            }
            ours::ReceiveStarted::Pending => transport::ReceiveStarted::Pending,
        }
    }
}

impl From<ours::Finished> for transport::Finished {
    fn from(finished: ours::Finished) -> transport::Finished {
        transport::Finished {
            operation: finished.operation,
            bytes: finished.bytes,
            error: finished.error.map(Into::into),
            source: finished.source.map(Into::into),
        }
    }
}

impl From<types::GroupInterface> for ours::GroupInterface {
    fn from(through: types::GroupInterface) -> ours::GroupInterface {
        match through {
            types::GroupInterface::Address(address) => {
                ours::GroupInterface::Address(address.into())
            }
            types::GroupInterface::Number(number) => ours::GroupInterface::Number(number),
        }
    }
}

impl From<ours::DatagramInfo> for types::DatagramInfo {
    fn from(info: ours::DatagramInfo) -> types::DatagramInfo {
        types::DatagramInfo {
            destination: info.destination.map(Into::into),
            through: info.through,
            hop_limit: info.hop_limit,
        }
    }
}
