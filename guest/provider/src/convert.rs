//! Conversions between the generated types and the core's, and nothing else.

use std::net::IpAddr;

use wsp_core::{
    Abilities, AddressFamily, Configuration, EndpointOption, Finished, GroupInterface, IpOption,
    MessageFlags, NetworkEvents, OptionalServices, PollEvents, Readiness, ReceiveFlags,
    ReceivedNow, RecordedEvents, Rest, RoutineModel, SendFlags, SendOutcome, ShortRoom,
    ShutdownHow, Started, TransportError, WsaError,
};

use crate::bindings::{
    exports::winsock::spi::{extensions, provider},
    winsock::spi::{gather, transport, types},
};

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);

wsp_core::same_cases! {
    types::TransportError => TransportError {
        AccessDenied, AddressInUse, AddressNotAvailable, Cancelled, ConnectionAborted,
        ConnectionRefused, ConnectionReset, HostUnreachable, InvalidArgument, KeepAliveFailed,
        MessageTooLarge, NeedsBroadcast, NetworkDown, NetworkUnreachable, NotConnected, NotSupported, OutOfBuffers,
        TimedOut, TooManyEndpoints, TooManyOperations, WouldBlock, Other,
    }
    EndpointOption => transport::EndpointOption {
        Broadcast, KeepAlive, NoDelay, OobInline, ReceiveBufferSize, ReuseAddress, SendBufferSize,
        HopLimit, TrafficClass, DontFragment, V6Only, MulticastHopLimit, MulticastLoop,
        KeepAliveIdle, KeepAliveInterval, KeepAliveCount, PacketInfo, ReceiveHopLimit,
    }
    extensions::IpOption => IpOption {
        HopLimit, TrafficClass, DontFragment, V6Only, MulticastHopLimit, MulticastLoop,
        KeepAliveIdle, KeepAliveInterval, KeepAliveCount, AtMark, PacketInfo,
        ReceiveHopLimit, ConnectTime,
    }
    types::AddressFamily => AddressFamily { Inet, Inet6 }
    AddressFamily => types::AddressFamily { Inet, Inet6 }
    provider::ShortRoom => ShortRoom { ConsumePart, ConsumeAll }
    provider::RoutineModel => RoutineModel { NamedThread, AnyThread }
    types::ShutdownHow => ShutdownHow { Receive, Send, Both }
    Rest => gather::Rest { Refused, Captured, Awaited }
}

wsp_core::same_flags! {
    SendFlags => types::SendFlags { URGENT, DONT_ROUTE, MORE }
    ReceiveFlags => transport::ReceiveFlags { URGENT, PEEK, FILL }
    transport::Readiness => Readiness { READABLE, WRITABLE, URGENT, ENDED, FAILED }
    transport::Ability => Abilities { URGENT, ABORT }
    provider::OptionalServices => OptionalServices { EXPEDITED_DATA, PARTIAL_MESSAGE, UNI_RECV }
    provider::NetworkEvents => NetworkEvents { READ, WRITE, OOB, ACCEPT, CONNECT, CLOSE }
    NetworkEvents => provider::NetworkEvents { READ, WRITE, OOB, ACCEPT, CONNECT, CLOSE }
    types::MessageFlags => MessageFlags { OOB, PEEK, DONT_ROUTE, WAIT_ALL, INTERRUPT, PARTIAL }
    MessageFlags => types::MessageFlags { OOB, PEEK, DONT_ROUTE, WAIT_ALL, INTERRUPT, PARTIAL }
}

impl From<WsaError> for types::WsaError {
    fn from(error: WsaError) -> types::WsaError {
        macro_rules! same_cases {
            ($($case:ident),* $(,)?) => {
                match error {
                    $(WsaError::$case => types::WsaError::$case,)*
                    // The enumeration can grow before the interface does.
                    _ => types::WsaError::SyscallFailure,
                }
            };
        }
        wsp_core::for_each_wsa_error!(same_cases)
    }
}

impl From<provider::Configuration> for Configuration {
    fn from(configuration: provider::Configuration) -> Configuration {
        Configuration {
            stream: configuration.stream.into(),
            datagram: configuration.datagram.into(),
            short_room: configuration.short_room.into(),
            routines: configuration.routines.into(),
        }
    }
}

impl From<RecordedEvents> for provider::RecordedEvents {
    fn from(recorded: RecordedEvents) -> provider::RecordedEvents {
        let errors = recorded.errors.into_iter();
        let errors = errors.map(|(event, error)| provider::NetworkEventError {
            event: event.into(),
            error: error.into(),
        });
        provider::RecordedEvents {
            events: recorded.events.into(),
            errors: errors.collect(),
        }
    }
}

impl From<transport::Started> for Started {
    fn from(started: transport::Started) -> Started {
        match started {
            transport::Started::Done(bytes) => Started::Done(bytes),
            transport::Started::Pending => Started::Pending,
        }
    }
}

impl From<gather::SendOutcome> for SendOutcome {
    fn from(outcome: gather::SendOutcome) -> SendOutcome {
        match outcome {
            gather::SendOutcome::Done(bytes) => SendOutcome::Done(bytes),
            gather::SendOutcome::Pending => SendOutcome::Pending,
            gather::SendOutcome::Blocked(bytes) => SendOutcome::Blocked(bytes),
            gather::SendOutcome::TimedOut => SendOutcome::TimedOut,
            gather::SendOutcome::Failed(error) => SendOutcome::Failed(error.into()),
        }
    }
}

impl From<transport::Received> for ReceivedNow {
    fn from(received: transport::Received) -> ReceivedNow {
        ReceivedNow {
            bytes: received.bytes,
            source: received.source.map(Into::into),
            truncated: received.truncated,
        }
    }
}

impl From<transport::Finished> for Finished {
    fn from(finished: transport::Finished) -> Finished {
        Finished {
            operation: finished.operation,
            bytes: finished.bytes,
            error: finished.error.map(Into::into),
            source: finished.source.map(Into::into),
        }
    }
}

wsp_core::convert_options!(types, provider);

impl From<IpAddr> for types::IpAddress {
    fn from(address: IpAddr) -> types::IpAddress {
        match address {
            IpAddr::V4(v4) => types::IpAddress::Inet(v4.octets().into()),
            IpAddr::V6(v6) => types::IpAddress::Inet6(v6.segments().into()),
        }
    }
}

impl From<types::IpAddress> for IpAddr {
    fn from(address: types::IpAddress) -> IpAddr {
        match address {
            types::IpAddress::Inet(v4) => IpAddr::from(<[u8; 4]>::from(v4)),
            types::IpAddress::Inet6(v6) => IpAddr::from(<[u16; 8]>::from(v6)),
        }
    }
}

impl From<GroupInterface> for types::GroupInterface {
    fn from(through: GroupInterface) -> types::GroupInterface {
        match through {
            GroupInterface::Address(address) => types::GroupInterface::Address(address.into()),
            GroupInterface::Number(number) => types::GroupInterface::Number(number),
        }
    }
}

impl From<types::GroupInterface> for GroupInterface {
    fn from(through: types::GroupInterface) -> GroupInterface {
        match through {
            types::GroupInterface::Address(address) => GroupInterface::Address(address.into()),
            types::GroupInterface::Number(number) => GroupInterface::Number(number),
        }
    }
}

impl From<extensions::PollEvents> for PollEvents {
    fn from(events: extensions::PollEvents) -> PollEvents {
        PollEvents::from_bits_truncate(events.bits())
    }
}

impl From<PollEvents> for extensions::PollEvents {
    fn from(events: PollEvents) -> extensions::PollEvents {
        extensions::PollEvents::from_bits_truncate(events.bits())
    }
}
