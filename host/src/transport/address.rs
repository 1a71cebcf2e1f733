//! Conversions of addresses.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use rustix::net::SocketAddrAny;

use super::{Address, TransportError};
use crate::bindings::winsock::spi::transport::{Ipv4Address, Ipv6Address};

impl From<Address> for SocketAddr {
    fn from(address: Address) -> SocketAddr {
        match address {
            Address::Inet(v4) => {
                let ip: [u8; 4] = v4.address.into();
                SocketAddrV4::new(Ipv4Addr::from(ip), v4.port).into()
            }
            Address::Inet6(v6) => {
                let ip: [u16; 8] = v6.address.into();
                SocketAddrV6::new(Ipv6Addr::from(ip), v6.port, v6.flow_info, v6.scope_id).into()
            }
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Address {
        match address {
            SocketAddr::V4(v4) => Address::Inet(Ipv4Address {
                port: v4.port(),
                address: v4.ip().octets().into(),
            }),
            SocketAddr::V6(v6) => Address::Inet6(Ipv6Address {
                port: v6.port(),
                flow_info: v6.flowinfo(),
                scope_id: v6.scope_id(),
                address: v6.ip().segments().into(),
            }),
        }
    }
}

/// An address that the system reported.
pub(super) fn from_system(address: SocketAddrAny) -> Result<SocketAddr, TransportError> {
    SocketAddr::try_from(address).map_err(|_| TransportError::InvalidArgument)
}
