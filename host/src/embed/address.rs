//! Addresses of the provider's exports.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::bindings::exports::winsock::spi::types::{
    Ipv4SocketAddress, Ipv6SocketAddress, SocketAddress,
};

impl From<SocketAddress> for SocketAddr {
    fn from(address: SocketAddress) -> SocketAddr {
        match address {
            SocketAddress::Inet(v4) => {
                let ip: [u8; 4] = v4.address.into();
                SocketAddrV4::new(Ipv4Addr::from(ip), v4.port).into()
            }
            SocketAddress::Inet6(v6) => {
                let ip: [u16; 8] = v6.address.into();
                SocketAddrV6::new(Ipv6Addr::from(ip), v6.port, v6.flow_info, v6.scope_id).into()
            }
        }
    }
}

impl From<SocketAddr> for SocketAddress {
    fn from(address: SocketAddr) -> SocketAddress {
        match address {
            SocketAddr::V4(v4) => SocketAddress::Inet(Ipv4SocketAddress {
                port: v4.port(),
                address: v4.ip().octets().into(),
            }),
            SocketAddr::V6(v6) => SocketAddress::Inet6(Ipv6SocketAddress {
                port: v6.port(),
                flow_info: v6.flowinfo(),
                scope_id: v6.scope_id(),
                address: v6.ip().segments().into(),
            }),
        }
    }
}
