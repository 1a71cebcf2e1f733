//! Conversions of generated address types.

/// Implements the conversions between [`SocketAddr`](core::net::SocketAddr) and
/// a generated address variant, named by its module, itself and its two records,
/// for code between an interface and the core.
#[macro_export]
macro_rules! convert_addresses {
    ($module:ident: $address:ident, $v4:ident, $v6:ident) => {
        impl From<::core::net::SocketAddr> for $module::$address {
            fn from(address: ::core::net::SocketAddr) -> Self {
                match address {
                    ::core::net::SocketAddr::V4(v4) => Self::Inet($module::$v4 {
                        port: v4.port(),
                        address: v4.ip().octets().into(),
                    }),
                    ::core::net::SocketAddr::V6(v6) => Self::Inet6($module::$v6 {
                        port: v6.port(),
                        flow_info: v6.flowinfo(),
                        scope_id: v6.scope_id(),
                        address: v6.ip().segments().into(),
                    }),
                }
            }
        }

        impl From<$module::$address> for ::core::net::SocketAddr {
            fn from(address: $module::$address) -> Self {
                match address {
                    $module::$address::Inet(v4) => {
                        let ip: [u8; 4] = v4.address.into();
                        ::core::net::SocketAddrV4::new(ip.into(), v4.port).into()
                    }
                    $module::$address::Inet6(v6) => {
                        let ip: [u16; 8] = v6.address.into();
                        ::core::net::SocketAddrV6::new(
                            ip.into(),
                            v6.port,
                            v6.flow_info,
                            v6.scope_id,
                        )
                        .into()
                    }
                }
            }
        }
    };
}
