//! Socket addresses: `std`'s on this side, the WIT's on the other.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::bindings::winsock::spi::types::{
    AddressFamily, Ipv4SocketAddress, Ipv6SocketAddress, SocketAddress,
};

impl From<SocketAddr> for SocketAddress {
    fn from(address: SocketAddr) -> SocketAddress {
        match address {
            SocketAddr::V4(address) => {
                let [a, b, c, d] = address.ip().octets();
                SocketAddress::Inet(Ipv4SocketAddress {
                    port: address.port(),
                    address: (a, b, c, d),
                })
            }
            SocketAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h] = address.ip().segments();
                SocketAddress::Inet6(Ipv6SocketAddress {
                    port: address.port(),
                    flow_info: address.flowinfo(),
                    scope_id: address.scope_id(),
                    address: (a, b, c, d, e, f, g, h),
                })
            }
        }
    }
}

impl From<SocketAddress> for SocketAddr {
    fn from(address: SocketAddress) -> SocketAddr {
        match address {
            SocketAddress::Inet(Ipv4SocketAddress { port, address }) => {
                let (a, b, c, d) = address;
                SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port).into()
            }
            SocketAddress::Inet6(Ipv6SocketAddress {
                port,
                flow_info,
                scope_id,
                address,
            }) => {
                let (a, b, c, d, e, f, g, h) = address;
                let ip = Ipv6Addr::new(a, b, c, d, e, f, g, h);
                SocketAddrV6::new(ip, port, flow_info, scope_id).into()
            }
        }
    }
}

impl From<SocketAddr> for AddressFamily {
    /// The family of a socket that can use the address.
    fn from(address: SocketAddr) -> AddressFamily {
        match address {
            SocketAddr::V4(_) => AddressFamily::Inet,
            SocketAddr::V6(_) => AddressFamily::Inet6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_way_there_and_back() {
        let scoped = SocketAddrV6::new(Ipv6Addr::new(0xfe80, 1, 2, 3, 4, 5, 6, 7), 65535, 8, 9);
        for address in [
            SocketAddr::from(([192, 0, 2, 1], 80)),
            SocketAddr::from(scoped),
        ] {
            assert_eq!(SocketAddr::from(SocketAddress::from(address)), address);
        }
    }
}
