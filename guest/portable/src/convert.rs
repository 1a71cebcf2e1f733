//! Conversions between the generated types and the machine's, and nothing else.

use std::net::IpAddr;

use wsp_core::{
    AddressFamily, EndpointOption, Finished, Interest, Readiness, ReceiveFlags, ReceiveStarted,
    ReceivedNow, Rest, SendFlags, SendOutcome, ShutdownHow, SocketType, Started, TransportError,
    WaitOutcome,
};
use wsp_over_wasi::ResolveError;

use crate::bindings::exports::winsock::spi::{gather, resolver, transport, types};

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);

wsp_core::same_cases! {
    TransportError => types::TransportError {
        AccessDenied, AddressInUse, AddressNotAvailable, Cancelled, ConnectionAborted,
        ConnectionRefused, ConnectionReset, HostUnreachable, InvalidArgument, KeepAliveFailed,
        MessageTooLarge, NeedsBroadcast, NetworkDown, NetworkUnreachable, NotConnected,
        NotSupported, OutOfBuffers, TimedOut, TooManyEndpoints, TooManyOperations, WouldBlock,
        Other,
    }
    transport::EndpointOption => EndpointOption {
        Broadcast, KeepAlive, NoDelay, OobInline, ReceiveBufferSize, ReuseAddress, SendBufferSize,
        HopLimit, TrafficClass, DontFragment, V6Only, MulticastHopLimit, MulticastLoop,
        KeepAliveIdle, KeepAliveInterval, KeepAliveCount, PacketInfo, ReceiveHopLimit,
    }
    types::AddressFamily => AddressFamily { Inet, Inet6 }
    transport::Interest => Interest { Readable, Writable, Urgent, Drained }
    transport::Direction => ShutdownHow { Receive, Send, Both }
    gather::Rest => Rest { Refused, Captured, Awaited }
    WaitOutcome => transport::WaitOutcome { Finished, TimedOut, CannotBlock }
    ResolveError => resolver::ResolveError { Acces, Inval, HostNotFound }
}

wsp_core::same_flags! {
    types::SendFlags => SendFlags { URGENT, DONT_ROUTE, MORE }
    gather::TicketFlags => SendFlags { URGENT, DONT_ROUTE, MORE }
    transport::ReceiveFlags => ReceiveFlags { URGENT, PEEK, FILL }
    Readiness => transport::Readiness { READABLE, WRITABLE, URGENT, ENDED, FAILED }
}

impl From<transport::Protocol> for SocketType {
    fn from(protocol: transport::Protocol) -> SocketType {
        match protocol {
            transport::Protocol::Tcp => SocketType::Stream,
            transport::Protocol::Udp => SocketType::Datagram,
        }
    }
}

impl From<Started> for transport::Started {
    fn from(started: Started) -> transport::Started {
        match started {
            Started::Done(bytes) => transport::Started::Done(bytes),
            Started::Pending => transport::Started::Pending,
        }
    }
}

impl From<ReceivedNow> for transport::Received {
    fn from(received: ReceivedNow) -> transport::Received {
        transport::Received {
            bytes: received.bytes,
            source: received.source.map(Into::into),
            truncated: received.truncated,
        }
    }
}

impl From<ReceiveStarted> for transport::ReceiveStarted {
    fn from(started: ReceiveStarted) -> transport::ReceiveStarted {
        match started {
            ReceiveStarted::Done(received) => transport::ReceiveStarted::Done(received.into()),
            ReceiveStarted::Pending => transport::ReceiveStarted::Pending,
        }
    }
}

impl From<Finished> for transport::Finished {
    fn from(finished: Finished) -> transport::Finished {
        transport::Finished {
            operation: finished.operation,
            bytes: finished.bytes,
            error: finished.error.map(Into::into),
            source: finished.source.map(Into::into),
        }
    }
}

impl From<SendOutcome> for gather::SendOutcome {
    fn from(outcome: SendOutcome) -> gather::SendOutcome {
        match outcome {
            SendOutcome::Done(bytes) => gather::SendOutcome::Done(bytes),
            SendOutcome::Pending => gather::SendOutcome::Pending,
            SendOutcome::Blocked(bytes) => gather::SendOutcome::Blocked(bytes),
            SendOutcome::TimedOut => gather::SendOutcome::TimedOut,
            SendOutcome::Failed(error) => gather::SendOutcome::Failed(error.into()),
        }
    }
}

impl From<IpAddr> for types::IpAddress {
    fn from(address: IpAddr) -> types::IpAddress {
        match address {
            IpAddr::V4(v4) => types::IpAddress::Inet(v4.octets().into()),
            IpAddr::V6(v6) => types::IpAddress::Inet6(v6.segments().into()),
        }
    }
}
