//! Socket addresses: `std`'s on this side, the WIT's on the other.

use std::net::SocketAddr;

use wsp_core::WsaError;

use crate::bindings::winsock::spi::{
    provider,
    types::{self, AddressFamily},
};

wsp_core::convert_addresses!(types: SocketAddress, Ipv4SocketAddress, Ipv6SocketAddress);

/// WSAAddressToString: `192.0.2.1:80`, `[2001:db8::1%3]:80`; port 0 is left out,
/// and then the brackets too.
#[must_use]
pub fn address_to_string(address: SocketAddr) -> String {
    provider::wsp_address_to_string(address.into())
}

/// WSAStringToAddress: a numeric address, written as [`address_to_string`] does.
///
/// # Errors
///
/// `WSAEINVAL` for anything else.
pub fn string_to_address(
    family: impl Into<AddressFamily>,
    text: &str,
) -> Result<SocketAddr, WsaError> {
    Ok(provider::wsp_string_to_address(family.into(), text)?.into())
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
    use std::net::{Ipv6Addr, SocketAddrV6};

    use super::*;
    use types::SocketAddress;

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
