//! Where a request goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, Scheme};
use wasmtime_wasi_http::Error;

use crate::policy::NamePattern;

/// The host of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Address(IpAddr),
    /// In lower case, without a final dot.
    Name(String),
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) encrypted: bool,
}

impl Destination {
    /// The destination of a request, whose authority has to have one meaning: what is decided
    /// on is what the peer reads in the header `host`.
    pub(super) fn of(uri: &Uri) -> Result<Destination, Error> {
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        let encrypted = uri.scheme() == Some(&Scheme::HTTPS);
        let host = host(authority.host()).ok_or(Error::HttpRequestUriInvalid)?;
        let port = port(authority, encrypted).ok_or(Error::HttpRequestUriInvalid)?;
        Ok(Destination {
            host,
            port,
            encrypted,
        })
    }
}

fn host(text: &str) -> Option<Host> {
    if let Some(inside) = text.strip_prefix('[') {
        let address: Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
        return Some(Host::Address(IpAddr::from(address).to_canonical()));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(Host::Address(address.into()));
    }
    // `127.1`, `0x7f.1` and the like are neither.
    match text.parse() {
        Ok(NamePattern::Exact(name)) => Some(Host::Name(name)),
        _ => None,
    }
}

/// The port, if the authority is only a host and a port.
fn port(authority: &Authority, encrypted: bool) -> Option<u16> {
    match authority.as_str().strip_prefix(authority.host())? {
        "" if encrypted => Some(443),
        "" => Some(80),
        rest => {
            let digits = rest.strip_prefix(':')?;
            let number = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Option<(Host, u16, bool)> {
        let destination = Destination::of(&uri.parse().ok()?).ok()?;
        Some((destination.host, destination.port, destination.encrypted))
    }

    #[test]
    fn an_authority_is_a_host_and_a_port() {
        let name = |name: &str| Host::Name(name.to_owned());
        let address = |text: &str| text.parse().map(Host::Address).unwrap_or(name(text));
        for (uri, host, port, encrypted) in [
            ("http://example.com/", name("example.com"), 80, false),
            ("https://example.com/", name("example.com"), 443, true),
            (
                "http://EXAMPLE.com.:8080/",
                name("example.com"),
                8080,
                false,
            ),
            ("http://127.0.0.1:0443/", address("127.0.0.1"), 443, false),
            ("https://[::1]/", address("::1"), 443, true),
            (
                "http://[::ffff:127.0.0.1]:1/",
                address("127.0.0.1"),
                1,
                false,
            ),
            ("http://localhost.:1/", name("localhost"), 1, false),
        ] {
            assert_eq!(of(uri), Some((host, port, encrypted)), "{uri}");
        }
    }

    #[test]
    fn what_has_several_meanings_has_no_destination() {
        for uri in [
            "http://user@example.com/",
            "http://example.com@127.0.0.1:80/",
            "http://example.com:80@127.0.0.1/",
            "http://127.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://010.0.0.1/",
            "http://example.com:65536/",
            "http://example.com:+80/",
            "http://example.com:/",
            "http://*.example.com/",
            "http://*/",
            "http://a..b/",
            "http://[fe80::1%25eth0]/",
            "http://[127.0.0.1]/",
            "http://%31%32%37.0.0.1/",
            "/path",
        ] {
            assert_eq!(of(uri), None, "{uri}");
        }
        assert_eq!(of(&format!("http://{}/", "a".repeat(64))), None);
        assert_eq!(of(&format!("http://{}a/", "a.".repeat(32 << 10))), None);
    }
}
