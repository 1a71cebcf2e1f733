//! The options of IP and TCP that the transport keeps, and multicast groups.

use core::net::IpAddr;

use crate::{
    EndpointOption, GroupInterface, Provider, Readiness, SocketId, SocketType, Transport,
    TransportError, WsaError,
};

/// An option of IP or TCP whose value is a number; booleans are 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpOption {
    /// IP_TTL and IPV6_UNICAST_HOPS.
    HopLimit,
    /// IP_TOS and IPV6_TCLASS.
    TrafficClass,
    /// IP_DONTFRAGMENT and IPV6_DONTFRAG.
    DontFragment,
    /// IPV6_V6ONLY.
    V6Only,
    /// IP_MULTICAST_TTL and IPV6_MULTICAST_HOPS (datagrams).
    MulticastHopLimit,
    /// IP_MULTICAST_LOOP and IPV6_MULTICAST_LOOP (datagrams).
    MulticastLoop,
    /// TCP_KEEPIDLE (streams), in seconds.
    KeepAliveIdle,
    /// TCP_KEEPINTVL (streams), in seconds.
    KeepAliveInterval,
    /// TCP_KEEPCNT (streams).
    KeepAliveCount,
    /// SIOCATMARK (streams), read only: no urgent data waits to be received.
    AtMark,
    /// IP_PKTINFO and IPV6_PKTINFO (datagrams).
    PacketInfo,
    /// IP_RECVTTL and IPV6_HOPLIMIT (datagrams).
    ReceiveHopLimit,
}

impl IpOption {
    /// The option of the transport; `None` if the provider itself answers.
    fn of_endpoint(self) -> Option<EndpointOption> {
        Some(match self {
            IpOption::HopLimit => EndpointOption::HopLimit,
            IpOption::TrafficClass => EndpointOption::TrafficClass,
            IpOption::DontFragment => EndpointOption::DontFragment,
            IpOption::V6Only => EndpointOption::V6Only,
            IpOption::MulticastHopLimit => EndpointOption::MulticastHopLimit,
            IpOption::MulticastLoop => EndpointOption::MulticastLoop,
            IpOption::KeepAliveIdle => EndpointOption::KeepAliveIdle,
            IpOption::KeepAliveInterval => EndpointOption::KeepAliveInterval,
            IpOption::KeepAliveCount => EndpointOption::KeepAliveCount,
            IpOption::PacketInfo => EndpointOption::PacketInfo,
            IpOption::ReceiveHopLimit => EndpointOption::ReceiveHopLimit,
            IpOption::AtMark => return None,
        })
    }
}

impl<T: Transport> Provider<T> {
    /// WSPGetSockOpt of an option of IP or TCP.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` if the socket's type or family has no such option.
    pub fn get_ip_option(&mut self, s: SocketId, option: IpOption) -> Result<u32, WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let Some(option) = option.of_endpoint() else {
            return match socket.kind() {
                SocketType::Stream => Ok(self.is_at_mark(s).into()),
                SocketType::Datagram => Err(WsaError::NoProtoOpt),
            };
        };
        let value = self.transport.get_option(&socket.endpoint, option);
        value.map_err(option_error)
    }

    /// Whether no urgent data waits, as Windows answers SIOCATMARK.
    fn is_at_mark(&mut self, s: SocketId) -> bool {
        let Some(socket) = self.sockets.get(s).filter(|socket| socket.is_connected()) else {
            return true;
        };
        let ready = self.transport.ready(&socket.endpoint);
        !ready.contains(Readiness::URGENT)
    }

    /// WSPSetSockOpt of an option of IP or TCP.
    ///
    /// # Errors
    ///
    /// As [`Provider::get_ip_option`]; `WSAENOPROTOOPT` for one that is read only too;
    /// `WSAEINVAL` for a value outside its range, and for IPV6_V6ONLY of a bound socket;
    /// `WSAEACCES`, as the transport says.
    pub fn set_ip_option(
        &mut self,
        s: SocketId,
        option: IpOption,
        value: u32,
    ) -> Result<(), WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        if option == IpOption::V6Only && socket.bound() {
            return Err(WsaError::Inval);
        }
        let option = option.of_endpoint().ok_or(WsaError::NoProtoOpt)?;
        let set = self.transport.set_option(&socket.endpoint, option, value);
        set.map_err(option_error)
    }

    /// IP_ADD_MEMBERSHIP and IPV6_ADD_MEMBERSHIP.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` of a stream; `WSAEINVAL` if it is no multicast address,
    /// the socket not bound or a member already; `WSAEACCES` and others as the transport says.
    pub fn join_group(
        &mut self,
        s: SocketId,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let joined = self.transport.join_group(&socket.endpoint, group, through);
        joined.map_err(option_error)
    }

    /// IP_DROP_MEMBERSHIP and IPV6_DROP_MEMBERSHIP.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` of a stream; `WSAEADDRNOTAVAIL` if it is no member.
    pub fn leave_group(
        &mut self,
        s: SocketId,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let left = self.transport.leave_group(&socket.endpoint, group, through);
        left.map_err(option_error)
    }

    /// IP_MULTICAST_IF and IPV6_MULTICAST_IF.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`; `WSAENOPROTOOPT` of a stream; `WSAEADDRNOTAVAIL` if there is no such
    /// interface.
    pub fn set_group_interface(
        &mut self,
        s: SocketId,
        through: GroupInterface,
    ) -> Result<(), WsaError> {
        let socket = self.sockets.get(s).ok_or(WsaError::NotSock)?;
        let set = self
            .transport
            .set_group_interface(&socket.endpoint, through);
        set.map_err(option_error)
    }
}

fn option_error(error: TransportError) -> WsaError {
    match error {
        TransportError::NotSupported => WsaError::NoProtoOpt,
        other => other.into(),
    }
}
