//! Conversions between the generated types and the core's, and nothing else.

use std::net::IpAddr;

use wsp_core::{
    Abilities, AddressFamily, Configuration, EndpointOption, Finished, GroupInterface, IpOption,
    Linger, MessageFlags, NetworkEvents, OptionalServices, PollEvents, ProtocolInfo, Readiness,
    ReceiveFlags, ReceivedNow, RecordedEvents, Rest, RoutineModel, SendFlags, SendOutcome,
    ShortRoom, ShutdownHow, SocketOption, SocketOptionName, SocketType, Started, TransportError,
    WsaError,
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

impl From<types::SocketType> for SocketType {
    fn from(kind: types::SocketType) -> SocketType {
        match kind {
            types::SocketType::Stream => SocketType::Stream,
            types::SocketType::Dgram => SocketType::Datagram,
        }
    }
}

impl From<SocketType> for types::SocketType {
    fn from(kind: SocketType) -> types::SocketType {
        match kind {
            SocketType::Stream => types::SocketType::Stream,
            SocketType::Datagram => types::SocketType::Dgram,
        }
    }
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

impl From<provider::ProtocolInfo> for ProtocolInfo {
    fn from(info: provider::ProtocolInfo) -> ProtocolInfo {
        ProtocolInfo {
            service_flags: info.service_flags,
            family: info.family.into(),
            kind: info.type_.into(),
            protocol: info.protocol,
            message_size: info.message_size,
        }
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

impl From<ProtocolInfo> for provider::ProtocolInfo {
    fn from(info: ProtocolInfo) -> provider::ProtocolInfo {
        provider::ProtocolInfo {
            service_flags: info.service_flags,
            family: info.family.into(),
            type_: info.kind.into(),
            protocol: info.protocol,
            message_size: info.message_size,
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

impl From<provider::SocketOptionName> for SocketOptionName {
    fn from(name: provider::SocketOptionName) -> SocketOptionName {
        use provider::SocketOptionName as Wit;
        match name {
            Wit::SoAcceptconn => SocketOptionName::AcceptConn,
            Wit::SoBroadcast => SocketOptionName::Broadcast,
            Wit::SoDontlinger => SocketOptionName::DontLinger,
            Wit::SoDontroute => SocketOptionName::DontRoute,
            Wit::SoError => SocketOptionName::Error,
            Wit::SoKeepalive => SocketOptionName::KeepAlive,
            Wit::SoLinger => SocketOptionName::Linger,
            Wit::SoMaxMsgSize => SocketOptionName::MaxMsgSize,
            Wit::SoOobinline => SocketOptionName::OobInline,
            Wit::SoProtocolInfo => SocketOptionName::ProtocolInfo,
            Wit::SoRcvbuf => SocketOptionName::RcvBuf,
            Wit::SoRcvtimeo => SocketOptionName::RcvTimeo,
            Wit::SoReuseaddr => SocketOptionName::ReuseAddr,
            Wit::SoSndbuf => SocketOptionName::SndBuf,
            Wit::SoSndtimeo => SocketOptionName::SndTimeo,
            Wit::SoType => SocketOptionName::Type,
            Wit::TcpNodelay => SocketOptionName::NoDelay,
        }
    }
}

impl From<provider::SocketOption> for SocketOption {
    fn from(option: provider::SocketOption) -> SocketOption {
        use provider::SocketOption as Wit;
        match option {
            Wit::SoAcceptconn(on) => SocketOption::AcceptConn(on),
            Wit::SoBroadcast(on) => SocketOption::Broadcast(on),
            Wit::SoDontlinger(on) => SocketOption::DontLinger(on),
            Wit::SoDontroute(on) => SocketOption::DontRoute(on),
            Wit::SoError(code) => SocketOption::Error(code),
            Wit::SoKeepalive(on) => SocketOption::KeepAlive(on),
            Wit::SoLinger(seconds) => SocketOption::Linger(Linger(seconds)),
            Wit::SoMaxMsgSize(bytes) => SocketOption::MaxMsgSize(bytes),
            Wit::SoOobinline(on) => SocketOption::OobInline(on),
            Wit::SoProtocolInfo(info) => SocketOption::ProtocolInfo(info.into()),
            Wit::SoRcvbuf(bytes) => SocketOption::RcvBuf(bytes),
            Wit::SoRcvtimeo(milliseconds) => SocketOption::RcvTimeo(milliseconds),
            Wit::SoReuseaddr(on) => SocketOption::ReuseAddr(on),
            Wit::SoSndbuf(bytes) => SocketOption::SndBuf(bytes),
            Wit::SoSndtimeo(milliseconds) => SocketOption::SndTimeo(milliseconds),
            Wit::SoType(kind) => SocketOption::Type(kind.into()),
            Wit::TcpNodelay(on) => SocketOption::NoDelay(on),
        }
    }
}

/// The other way round fails only for options that this interface lacks.
pub(crate) fn option_to_wit(option: SocketOption) -> Result<provider::SocketOption, WsaError> {
    use provider::SocketOption as Wit;
    Ok(match option {
        SocketOption::AcceptConn(on) => Wit::SoAcceptconn(on),
        SocketOption::Broadcast(on) => Wit::SoBroadcast(on),
        SocketOption::DontLinger(on) => Wit::SoDontlinger(on),
        SocketOption::DontRoute(on) => Wit::SoDontroute(on),
        SocketOption::Error(code) => Wit::SoError(code),
        SocketOption::KeepAlive(on) => Wit::SoKeepalive(on),
        SocketOption::Linger(Linger(seconds)) => Wit::SoLinger(seconds),
        SocketOption::MaxMsgSize(bytes) => Wit::SoMaxMsgSize(bytes),
        SocketOption::OobInline(on) => Wit::SoOobinline(on),
        SocketOption::ProtocolInfo(info) => Wit::SoProtocolInfo(info.into()),
        SocketOption::RcvBuf(bytes) => Wit::SoRcvbuf(bytes),
        SocketOption::RcvTimeo(milliseconds) => Wit::SoRcvtimeo(milliseconds),
        SocketOption::ReuseAddr(on) => Wit::SoReuseaddr(on),
        SocketOption::SndBuf(bytes) => Wit::SoSndbuf(bytes),
        SocketOption::SndTimeo(milliseconds) => Wit::SoSndtimeo(milliseconds),
        SocketOption::Type(kind) => Wit::SoType(kind.into()),
        SocketOption::NoDelay(on) => Wit::TcpNodelay(on),
        _ => return Err(WsaError::NoProtoOpt),
    })
}

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
