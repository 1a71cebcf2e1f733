//! Number-valued options of kernel sockets.

use std::time::Duration;

use rustix::io::Result;
use rustix::net::sockopt;

use super::endpoint::Endpoint;
use super::sys::{self, Notice};
use super::{AddressFamily, EndpointOption, Protocol, TransportError, error};

impl Endpoint {
    /// Reads an option from the system.
    pub(super) fn system_option(&self, option: EndpointOption) -> Answer<u32> {
        let kind = self.kind(option)?;
        if let Some(socket) = self.socket.of_network() {
            return socket.option(option);
        }
        let socket = self.socket.system()?;
        let on = |on: Result<bool>| on.map(u32::from);
        let value = match kind {
            Kind::Notice(notice) => on(sys::asked(socket, self.family, notice)),
            Kind::Socket => match option {
                EndpointOption::Broadcast => on(sockopt::socket_broadcast(socket)),
                EndpointOption::KeepAlive => on(sockopt::socket_keepalive(socket)),
                EndpointOption::OobInline => on(sockopt::socket_oobinline(socket)),
                EndpointOption::ReceiveBufferSize => {
                    sockopt::socket_recv_buffer_size(socket).map(number)
                }
                EndpointOption::SendBufferSize => {
                    sockopt::socket_send_buffer_size(socket).map(number)
                }
                _ => return Err(TransportError::NotSupported),
            },
            Kind::Tcp => match option {
                EndpointOption::NoDelay => on(sockopt::tcp_nodelay(socket)),
                EndpointOption::KeepAliveIdle => sockopt::tcp_keepidle(socket).map(seconds),
                EndpointOption::KeepAliveInterval => sockopt::tcp_keepintvl(socket).map(seconds),
                EndpointOption::KeepAliveCount => sockopt::tcp_keepcnt(socket),
                _ => return Err(TransportError::NotSupported),
            },
            Kind::Ip(family) if option == EndpointOption::TrafficClass => {
                sys::traffic_class(socket, family)
            }
            Kind::Ip(family) if option == EndpointOption::DontFragment => {
                on(sys::dont_fragment(socket, family))
            }
            Kind::Ip(AddressFamily::Inet) => match option {
                EndpointOption::HopLimit => sockopt::ip_ttl(socket),
                EndpointOption::MulticastHopLimit => sockopt::ip_multicast_ttl(socket),
                EndpointOption::MulticastLoop => on(sockopt::ip_multicast_loop(socket)),
                _ => return Err(TransportError::NotSupported),
            },
            Kind::Ip(AddressFamily::Inet6) => match option {
                EndpointOption::HopLimit => sockopt::ipv6_unicast_hops(socket).map(u32::from),
                EndpointOption::V6Only => on(sockopt::ipv6_v6only(socket)),
                EndpointOption::MulticastHopLimit => sockopt::ipv6_multicast_hops(socket),
                EndpointOption::MulticastLoop => on(sockopt::ipv6_multicast_loop(socket)),
                _ => return Err(TransportError::NotSupported),
            },
        };
        value.map_err(error::from_errno)
    }

    /// Sets an option in the system.
    pub(super) fn set_system_option(&self, option: EndpointOption, value: u32) -> Answer<()> {
        let kind = self.kind(option)?;
        if let Some(socket) = self.socket.of_network() {
            return socket.set_option(option, value);
        }
        let socket = self.socket.system()?;
        let on = value != 0;
        let byte = || u8::try_from(value).map_err(|_| TransportError::InvalidArgument);
        let set = match kind {
            Kind::Notice(notice) => sys::ask(socket, self.family, notice, on),
            Kind::Socket => match option {
                EndpointOption::Broadcast => sockopt::set_socket_broadcast(socket, on),
                EndpointOption::KeepAlive => sockopt::set_socket_keepalive(socket, on),
                EndpointOption::OobInline => sockopt::set_socket_oobinline(socket, on),
                EndpointOption::ReceiveBufferSize => {
                    sockopt::set_socket_recv_buffer_size(socket, value as usize)
                }
                EndpointOption::SendBufferSize => {
                    sockopt::set_socket_send_buffer_size(socket, value as usize)
                }
                _ => return Err(TransportError::NotSupported),
            },
            Kind::Tcp => {
                let time = Duration::from_secs(value.into());
                match option {
                    EndpointOption::NoDelay => sockopt::set_tcp_nodelay(socket, on),
                    EndpointOption::KeepAliveIdle => sockopt::set_tcp_keepidle(socket, time),
                    EndpointOption::KeepAliveInterval => sockopt::set_tcp_keepintvl(socket, time),
                    EndpointOption::KeepAliveCount => sockopt::set_tcp_keepcnt(socket, value),
                    _ => return Err(TransportError::NotSupported),
                }
            }
            Kind::Ip(family) if option == EndpointOption::TrafficClass => {
                sys::set_traffic_class(socket, family, byte()?)
            }
            Kind::Ip(family) if option == EndpointOption::DontFragment => {
                sys::set_dont_fragment(socket, family, on)
            }
            Kind::Ip(AddressFamily::Inet) => match option {
                EndpointOption::HopLimit => sockopt::set_ip_ttl(socket, hop_limit(byte()?)?),
                EndpointOption::MulticastHopLimit => {
                    sockopt::set_ip_multicast_ttl(socket, byte()?.into())
                }
                EndpointOption::MulticastLoop => sockopt::set_ip_multicast_loop(socket, on),
                _ => return Err(TransportError::NotSupported),
            },
            Kind::Ip(AddressFamily::Inet6) => match option {
                EndpointOption::HopLimit => {
                    hop_limit(byte()?)?;
                    sockopt::set_ipv6_unicast_hops(socket, Some(byte()?))
                }
                EndpointOption::V6Only => sockopt::set_ipv6_v6only(socket, on),
                EndpointOption::MulticastHopLimit => {
                    sockopt::set_ipv6_multicast_hops(socket, byte()?.into())
                }
                EndpointOption::MulticastLoop => sockopt::set_ipv6_multicast_loop(socket, on),
                _ => return Err(TransportError::NotSupported),
            },
        };
        set.map_err(error::from_errno)
    }

    /// What of the socket an option belongs to; an error if the socket has none of it.
    fn kind(&self, option: EndpointOption) -> Answer<Kind> {
        let (kind, protocol) = match option {
            // What the program asked for is the endpoint's; the system is told when it binds.
            EndpointOption::ReuseAddress => return Err(TransportError::NotSupported),
            EndpointOption::KeepAlive
            | EndpointOption::ReceiveBufferSize
            | EndpointOption::SendBufferSize => (Kind::Socket, None),
            EndpointOption::Broadcast => (Kind::Socket, Some(Protocol::Udp)),
            EndpointOption::OobInline => (Kind::Socket, Some(Protocol::Tcp)),
            EndpointOption::NoDelay
            | EndpointOption::KeepAliveIdle
            | EndpointOption::KeepAliveInterval
            | EndpointOption::KeepAliveCount => (Kind::Tcp, Some(Protocol::Tcp)),
            EndpointOption::HopLimit
            | EndpointOption::TrafficClass
            | EndpointOption::DontFragment
            | EndpointOption::V6Only => (Kind::Ip(self.family), None),
            EndpointOption::MulticastHopLimit | EndpointOption::MulticastLoop => {
                (Kind::Ip(self.family), Some(Protocol::Udp))
            }
            EndpointOption::PacketInfo => (Kind::Notice(Notice::Packet), Some(Protocol::Udp)),
            EndpointOption::ReceiveHopLimit => {
                (Kind::Notice(Notice::HopLimit), Some(Protocol::Udp))
            }
        };
        match protocol {
            Some(protocol) if protocol != self.protocol => Err(TransportError::NotSupported),
            _ => Ok(kind),
        }
    }
}

type Answer<T> = std::result::Result<T, TransportError>;

/// What of a socket an option belongs to.
enum Kind {
    Socket,
    Tcp,
    Ip(AddressFamily),
    /// What the system tells beside a datagram.
    Notice(Notice),
}

fn number(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

/// A datagram that may not be forwarded once would not leave this system.
fn hop_limit(value: u8) -> Answer<u32> {
    match value {
        0 => Err(TransportError::InvalidArgument),
        value => Ok(value.into()),
    }
}
