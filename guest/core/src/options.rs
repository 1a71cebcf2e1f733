//! WSPGetSockOpt, WSPSetSockOpt and WSPIoctl.

use crate::{
    Abilities, AddressFamily, EndpointOption, OptionalServices, Provider, SocketId, SocketType,
    Transport, TransportError, WsaError,
    size::{count, maximum_message_size},
    socket::{State, StreamState},
};

/// SO_LINGER: `None` is off, else the time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linger(pub Option<u16>);

impl Linger {
    /// On, with a time of 0: closing resets the connection.
    pub const RESET: Linger = Linger(Some(0));
}

/// WSAPROTOCOL_INFO, as far as it says something about sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolInfo {
    /// `dwServiceFlags1`, the XP1_ bits.
    pub service_flags: u32,
    /// `iAddressFamily`.
    pub family: AddressFamily,
    /// `iSocketType`.
    pub kind: SocketType,
    /// `iProtocol`: 6 for TCP, 17 for UDP.
    pub protocol: u32,
    /// `dwMessageSize`, in bytes: the longest datagram; 0 for streams.
    pub message_size: u32,
}

/// XP1_GUARANTEED_DELIVERY, XP1_GUARANTEED_ORDER and XP1_GRACEFUL_CLOSE.
const TCP_SERVICES: u32 = 0x2 | 0x4 | 0x20;
/// XP1_CONNECTIONLESS and XP1_MESSAGE_ORIENTED.
const UDP_SERVICES: u32 = 0x1 | 0x8;
/// XP1_SUPPORT_BROADCAST, which IPv6 does not have.
const BROADCAST_SERVICE: u32 = 0x200;

impl ProtocolInfo {
    fn new(family: AddressFamily, kind: SocketType, services: OptionalServices) -> ProtocolInfo {
        let (protocol, fixed) = match (kind, family) {
            (SocketType::Stream, _) => (6, TCP_SERVICES),
            (SocketType::Datagram, AddressFamily::Inet) => (17, UDP_SERVICES | BROADCAST_SERVICE),
            (SocketType::Datagram, AddressFamily::Inet6) => (17, UDP_SERVICES),
        };
        ProtocolInfo {
            service_flags: fixed | services.bits(),
            family,
            kind,
            protocol,
            message_size: maximum_message_size(family, kind).unwrap_or(0),
        }
    }
}

/// A socket option with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketOption {
    /// SO_ACCEPTCONN, read only.
    AcceptConn(bool),
    /// SO_BROADCAST (datagrams).
    Broadcast(bool),
    /// SO_DONTLINGER (streams): the inverse view of whether SO_LINGER is on.
    DontLinger(bool),
    /// SO_DONTROUTE: every send is one with MSG_DONTROUTE.
    DontRoute(bool),
    /// SO_ERROR, read only: a Winsock error number, or 0. It stays until a connection is made.
    Error(u32),
    /// SO_KEEPALIVE (streams).
    KeepAlive(bool),
    /// SO_LINGER (streams).
    Linger(Linger),
    /// SO_MAX_MSG_SIZE (datagrams), read only, in bytes.
    MaxMsgSize(u32),
    /// SO_OOBINLINE (streams).
    OobInline(bool),
    /// SO_PROTOCOL_INFO, read only.
    ProtocolInfo(ProtocolInfo),
    /// SO_RCVBUF, in bytes.
    RcvBuf(u32),
    /// SO_RCVTIMEO, in milliseconds; 0 is no limit.
    RcvTimeo(u32),
    /// SO_REUSEADDR.
    ReuseAddr(bool),
    /// SO_SNDBUF, in bytes.
    SndBuf(u32),
    /// SO_SNDTIMEO, in milliseconds; 0 is no limit.
    SndTimeo(u32),
    /// SO_TYPE, read only.
    Type(SocketType),
    /// TCP_NODELAY (streams).
    NoDelay(bool),
}

/// The name of a socket option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the name of a variant of SocketOption")]
#[non_exhaustive]
pub enum SocketOptionName {
    AcceptConn,
    Broadcast,
    DontLinger,
    DontRoute,
    Error,
    KeepAlive,
    Linger,
    MaxMsgSize,
    OobInline,
    ProtocolInfo,
    RcvBuf,
    RcvTimeo,
    ReuseAddr,
    SndBuf,
    SndTimeo,
    Type,
    NoDelay,
}

impl<T: Transport> Provider<T> {
    /// The WSAPROTOCOL_INFO of a socket, with the services that were configured last.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn protocol_info(&self, s: SocketId) -> Result<ProtocolInfo, WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let services = self.configuration.services(socket.kind());
        Ok(ProtocolInfo::new(socket.family, socket.kind(), services))
    }

    /// WSPGetSockOpt.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` where the socket's type has no such option.
    pub fn get_option(
        &mut self,
        s: SocketId,
        name: SocketOptionName,
    ) -> Result<SocketOption, WsaError> {
        self.pump_outstanding();
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let stream = socket.kind() == SocketType::Stream;
        let mut read = |option| match self.transport.get_option(&socket.endpoint, option) {
            Err(TransportError::NotSupported) => Err(WsaError::NoProtoOpt),
            other => Ok(other?),
        };
        Ok(match name {
            SocketOptionName::AcceptConn => {
                SocketOption::AcceptConn(socket.state == State::Stream(StreamState::Listening))
            }
            SocketOptionName::Broadcast if !stream => SocketOption::Broadcast(socket.broadcast),
            SocketOptionName::DontLinger if stream => {
                SocketOption::DontLinger(socket.linger.0.is_none())
            }
            SocketOptionName::DontRoute => SocketOption::DontRoute(socket.dont_route),
            SocketOptionName::Error => {
                SocketOption::Error(socket.connect_error.map_or(0, WsaError::number))
            }
            SocketOptionName::KeepAlive if stream => {
                SocketOption::KeepAlive(read(EndpointOption::KeepAlive)? != 0)
            }
            SocketOptionName::Linger if stream => SocketOption::Linger(socket.linger),
            SocketOptionName::MaxMsgSize => SocketOption::MaxMsgSize(
                maximum_message_size(socket.family, socket.kind()).ok_or(WsaError::NoProtoOpt)?,
            ),
            SocketOptionName::OobInline if stream => {
                SocketOption::OobInline(read(EndpointOption::OobInline)? != 0)
            }
            SocketOptionName::ProtocolInfo => SocketOption::ProtocolInfo(self.protocol_info(s)?),
            SocketOptionName::RcvBuf => SocketOption::RcvBuf(match socket.receive_buffer_size {
                Some(set) => set,
                None => read(EndpointOption::ReceiveBufferSize)?,
            }),
            SocketOptionName::RcvTimeo => SocketOption::RcvTimeo(socket.receive_timeout),
            SocketOptionName::ReuseAddr => {
                SocketOption::ReuseAddr(read(EndpointOption::ReuseAddress)? != 0)
            }
            SocketOptionName::SndBuf => SocketOption::SndBuf(match socket.send_buffer_size {
                Some(set) => set,
                None => read(EndpointOption::SendBufferSize)?,
            }),
            SocketOptionName::SndTimeo => SocketOption::SndTimeo(socket.send_timeout),
            SocketOptionName::Type => SocketOption::Type(socket.kind()),
            SocketOptionName::NoDelay if stream => {
                SocketOption::NoDelay(read(EndpointOption::NoDelay)? != 0)
            }
            SocketOptionName::Broadcast
            | SocketOptionName::DontLinger
            | SocketOptionName::KeepAlive
            | SocketOptionName::Linger
            | SocketOptionName::OobInline
            | SocketOptionName::NoDelay => return Err(WsaError::NoProtoOpt),
        })
    }

    /// WSPSetSockOpt.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` where the option is read only, the socket's type has
    /// no such option, or the transport cannot do what it asks.
    pub fn set_option(&mut self, s: SocketId, option: SocketOption) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let stream = socket.kind() == SocketType::Stream;
        let mut write =
            |option, value| match self.transport.set_option(&socket.endpoint, option, value) {
                Err(TransportError::NotSupported) => Err(WsaError::NoProtoOpt),
                other => Ok(other?),
            };
        match option {
            SocketOption::Broadcast(on) if !stream => {
                write(EndpointOption::Broadcast, on.into())?;
                socket.broadcast = on;
                Ok(())
            }
            // Turning it off when it is off turns it on, with a time of 0.
            SocketOption::DontLinger(true) if stream => self.set_linger(s, Linger(None)),
            SocketOption::DontLinger(false) if stream => {
                let linger = Linger(Some(socket.linger.0.unwrap_or(0)));
                self.set_linger(s, linger)
            }
            SocketOption::DontRoute(on) => {
                socket.dont_route = on;
                Ok(())
            }
            SocketOption::KeepAlive(on) if stream => write(EndpointOption::KeepAlive, on.into()),
            SocketOption::OobInline(on) if stream => write(EndpointOption::OobInline, on.into()),
            SocketOption::NoDelay(on) if stream => write(EndpointOption::NoDelay, on.into()),
            SocketOption::ReuseAddr(on) => write(EndpointOption::ReuseAddress, on.into()),
            SocketOption::Linger(linger) if stream => self.set_linger(s, linger),
            SocketOption::RcvBuf(bytes) => {
                write(EndpointOption::ReceiveBufferSize, bytes)?;
                socket.receive_buffer_size = Some(bytes);
                Ok(())
            }
            SocketOption::SndBuf(bytes) => {
                write(EndpointOption::SendBufferSize, bytes)?;
                socket.send_buffer_size = Some(bytes);
                Ok(())
            }
            SocketOption::RcvTimeo(milliseconds) => {
                socket.receive_timeout = milliseconds;
                Ok(())
            }
            SocketOption::SndTimeo(milliseconds) => {
                socket.send_timeout = milliseconds;
                Ok(())
            }
            _ => Err(WsaError::NoProtoOpt),
        }
    }

    /// A connection that cannot be reset refuses a time of 0, rather than end as if it
    /// were off. A time of 0 holds however the program ends, so the transport is told at once.
    fn set_linger(&mut self, s: SocketId, linger: Linger) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(s).ok_or(WsaError::NotSock)?;
        let aborts = linger == Linger::RESET;
        if aborts && !self.transport.abilities().contains(Abilities::ABORT) {
            return Err(WsaError::NoProtoOpt);
        }
        socket.linger = linger;
        self.transport.abort_on_drop(&socket.endpoint, aborts);
        Ok(())
    }

    /// WSPIoctl with FIONBIO.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAEINVAL` for a blocking one while WSPEventSelect watches it.
    pub fn set_nonblocking(&mut self, s: SocketId, nonblocking: bool) -> Result<(), WsaError> {
        let socket = self.open_socket_mut(s)?;
        if !nonblocking && socket.selection.selected.is_some() {
            return Err(WsaError::Inval);
        }
        socket.nonblocking = nonblocking;
        Ok(())
    }

    /// WSPIoctl with SIO_FLUSH, which TCP and UDP do not have.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`, else `WSAEOPNOTSUPP`.
    pub fn flush(&mut self, s: SocketId) -> Result<(), WsaError> {
        self.open_socket(s)?;
        Err(WsaError::OpNotSupp)
    }

    /// WSPIoctl with FIONREAD: bytes that a receive would find now.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn available(&mut self, s: SocketId) -> Result<u32, WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        Ok(count(self.transport.available(&socket.endpoint)?))
    }
}
