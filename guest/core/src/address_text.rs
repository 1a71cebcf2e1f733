//! WSPAddressToString and WSPStringToAddress.

use alloc::string::{String, ToString};
use core::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::{AddressFamily, WsaError};

/// WSPAddressToString: `192.0.2.1:80`, `[2001:db8::1%3]:80`. Port 0 is left out,
/// and then the brackets too.
#[must_use]
pub fn address_to_string(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.port() == 0 => v4.ip().to_string(),
        SocketAddr::V6(v6) if v6.port() == 0 && v6.scope_id() == 0 => v6.ip().to_string(),
        SocketAddr::V6(v6) if v6.port() == 0 => {
            let mut text = v6.ip().to_string();
            text.push('%');
            text.push_str(&v6.scope_id().to_string());
            text
        }
        address => address.to_string(),
    }
}

/// WSPStringToAddress: numeric addresses only, written as [`address_to_string`]
/// writes them; the brackets may also stand without a port.
///
/// # Errors
///
/// `WSAEINVAL` for anything else, and for an address of another family.
pub fn string_to_address(family: AddressFamily, text: &str) -> Result<SocketAddr, WsaError> {
    let address = text
        .parse::<SocketAddr>()
        .ok()
        .or_else(|| without_port(text))
        .ok_or(WsaError::Inval)?;
    if family.has(address) {
        Ok(address)
    } else {
        Err(WsaError::Inval)
    }
}

fn without_port(text: &str) -> Option<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, 0));
    }
    let inner = text
        .strip_prefix('[')
        .map_or(Some(text), |rest| rest.strip_suffix(']'))?;
    let (ip, scope) = match inner.split_once('%') {
        // `parse` would take a sign.
        Some((_, scope)) if !scope.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        Some((ip, scope)) => (ip, scope.parse().ok()?),
        None => (inner, 0),
    };
    let ip: Ipv6Addr = ip.parse().ok()?;
    Some(SocketAddr::V6(SocketAddrV6::new(ip, 0, 0, scope)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: [(AddressFamily, &str); 10] = [
        (AddressFamily::Inet, "192.0.2.1:80"),
        (AddressFamily::Inet, "192.0.2.1"),
        (AddressFamily::Inet, "0.0.0.0"),
        (AddressFamily::Inet6, "[2001:db8::1]:80"),
        (AddressFamily::Inet6, "2001:db8::1"),
        (AddressFamily::Inet6, "[fe80::1%3]:80"),
        (AddressFamily::Inet6, "fe80::1%3"),
        (AddressFamily::Inet6, "fe80::1%4294967295"),
        (AddressFamily::Inet6, "[fe80::1%4294967295]:65535"),
        (AddressFamily::Inet6, "::ffff:192.0.2.1"),
    ];

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for (family, text) in WRITTEN {
            let address = string_to_address(family, text);
            assert_eq!(address.map(address_to_string).as_deref(), Ok(text));
        }
    }

    #[test]
    fn an_address_of_the_other_family_is_invalid() {
        for (family, text) in WRITTEN {
            let other = match family {
                AddressFamily::Inet => AddressFamily::Inet6,
                AddressFamily::Inet6 => AddressFamily::Inet,
            };
            assert_eq!(string_to_address(other, text), Err(WsaError::Inval));
        }
    }

    #[test]
    fn what_is_no_numeric_address_is_invalid() {
        for text in [
            "",
            "localhost",
            "192.0.2",
            "0x7f.1",
            "010.0.0.1",
            "192.0.2.1:",
            "192.0.2.1:65536",
            "[2001:db8::1",
            "2001:db8::1]",
            "[::1%]",
            "::1%x",
            "::1%+3",
            "::1%4294967296",
            "[192.0.2.1]:80",
            " 192.0.2.1",
        ] {
            for family in [AddressFamily::Inet, AddressFamily::Inet6] {
                let address = string_to_address(family, text);
                assert_eq!(address, Err(WsaError::Inval), "{text:?}");
            }
        }
    }
}
