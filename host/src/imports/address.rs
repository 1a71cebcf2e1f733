//! Conversions of addresses.

use std::net::IpAddr;

use crate::imports::types::{self, IpAddress};

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> IpAddress {
        match address {
            IpAddr::V4(v4) => IpAddress::Inet(v4.octets().into()),
            IpAddr::V6(v6) => IpAddress::Inet6(v6.segments().into()),
        }
    }
}

impl From<IpAddress> for IpAddr {
    fn from(address: IpAddress) -> IpAddr {
        match address {
            IpAddress::Inet(v4) => IpAddr::from(<[u8; 4]>::from(v4)),
            IpAddress::Inet6(v6) => IpAddr::from(<[u16; 8]>::from(v6)),
        }
    }
}
