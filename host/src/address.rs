//! Conversions of addresses. Both interfaces spell them alike, as types of their own.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::bindings::exports::winsock::spi::types;
use crate::bindings::winsock::spi::transport;

macro_rules! addresses {
    ($module:ident: $address:ident, $v4:ident, $v6:ident) => {
        impl From<SocketAddr> for $module::$address {
            fn from(address: SocketAddr) -> Self {
                match address {
                    SocketAddr::V4(v4) => Self::Inet($module::$v4 {
                        port: v4.port(),
                        address: v4.ip().octets().into(),
                    }),
                    SocketAddr::V6(v6) => Self::Inet6($module::$v6 {
                        port: v6.port(),
                        flow_info: v6.flowinfo(),
                        scope_id: v6.scope_id(),
                        address: v6.ip().segments().into(),
                    }),
                }
            }
        }

        impl From<$module::$address> for SocketAddr {
            fn from(address: $module::$address) -> SocketAddr {
                match address {
                    $module::$address::Inet(v4) => {
                        let ip: [u8; 4] = v4.address.into();
                        SocketAddrV4::new(Ipv4Addr::from(ip), v4.port).into()
                    }
                    $module::$address::Inet6(v6) => {
                        let ip: [u16; 8] = v6.address.into();
                        SocketAddrV6::new(Ipv6Addr::from(ip), v6.port, v6.flow_info, v6.scope_id)
                            .into()
                    }
                }
            }
        }
    };
}

addresses!(transport: Address, Ipv4Address, Ipv6Address);
addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);
