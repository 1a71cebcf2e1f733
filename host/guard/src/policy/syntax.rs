//! What rules and targets have in common: `SCHEME://HOST:PORTS`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::address::canonical_network;
use super::hosts::{Hosts, Protocol};
use super::syntax_error::SyntaxError;

/// Splits `SCHEME://HOST:PORTS`; the host keeps its brackets.
pub(super) fn split(text: &str) -> Result<(Protocol, &str, &str), SyntaxError> {
    let owned = || text.to_owned();
    if text.starts_with("unix:") {
        return Err(SyntaxError::UnixSocket { text: owned() });
    }
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| SyntaxError::MissingScheme { text: owned() })?;
    let protocol = Protocol::from_scheme(scheme).ok_or_else(|| SyntaxError::UnknownScheme {
        scheme: scheme.to_owned(),
        text: owned(),
    })?;
    if rest.parse::<Ipv6Addr>().is_ok() {
        return Err(SyntaxError::BracketsMissing { text: owned() });
    }
    let (host, ports) = split_host(rest);
    if host.is_empty() {
        return Err(SyntaxError::MissingHost { text: owned() });
    }
    let Some(ports) = ports.filter(|ports| !ports.is_empty()) else {
        return Err(SyntaxError::MissingPort { text: owned() });
    };
    if let Some(at) = ports.find(['/', '?', '#']) {
        let rest = ports.get(at..).unwrap_or_default().to_owned();
        return Err(SyntaxError::PathOrQuery {
            rest,
            text: owned(),
        });
    }
    if ports.contains(':') {
        let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
        return Err(match host.parse::<Ipv6Addr>() {
            Ok(_) => SyntaxError::BracketsMissing { text: owned() },
            Err(_) => SyntaxError::BadHost {
                host: host.to_owned(),
                text: owned(),
            },
        });
    }
    Ok((protocol, host, ports))
}

/// Splits at the colon after the host; colons inside brackets belong to the address.
fn split_host(rest: &str) -> (&str, Option<&str>) {
    let bracket = if rest.starts_with('[') {
        rest.find(']')
    } else {
        None
    };
    let colon = rest
        .get(bracket.unwrap_or(0)..)
        .and_then(|tail| tail.find(':'));
    let at = colon.map(|colon| colon + bracket.unwrap_or(0));
    match at.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
        Some((host, ports)) => (host, Some(ports)),
        None => (rest, None),
    }
}

/// Reads a host: `*`, an address, a network or a DNS name.
pub(super) fn parse_hosts(host: &str, text: &str) -> Result<Hosts, SyntaxError> {
    let bad = || SyntaxError::BadHost {
        host: host.to_owned(),
        text: text.to_owned(),
    };
    if host == "*" {
        return Ok(Hosts::Any);
    }
    if let Some(bracketed) = host.strip_prefix('[') {
        // Both [fd00::/8] and [fd00::]/8.
        let (inside, after) = bracketed.split_once(']').ok_or_else(bad)?;
        let (address, prefix) = match (inside.split_once('/'), after) {
            (Some((address, prefix)), "") => (address, Some(prefix)),
            (None, "") => (inside, None),
            (None, _) => (inside, Some(after.strip_prefix('/').ok_or_else(bad)?)),
            (Some(_), _) => return Err(bad()),
        };
        let address: Ipv6Addr = address.parse().map_err(|_| bad())?;
        return network(address.into(), prefix, text);
    }
    let (address, prefix) = match host.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (host, None),
    };
    match address.parse::<Ipv4Addr>() {
        Ok(address) => network(address.into(), prefix, text),
        Err(_) if prefix.is_none() && is_name(host) => Ok(Hosts::Name(host.to_ascii_lowercase())),
        Err(_) => Err(bad()),
    }
}

/// The IPv6 address of a host in brackets without a prefix.
pub(super) fn bracketed_address(host: &str) -> Option<Ipv6Addr> {
    let inside = host.strip_prefix('[')?.strip_suffix(']')?;
    inside.parse().ok()
}

/// A network from its address and the number after the slash; `None` is the address alone.
fn network(address: IpAddr, prefix: Option<&str>, text: &str) -> Result<Hosts, SyntaxError> {
    let network = match prefix {
        None => IpNet::from(address),
        Some(prefix) => {
            let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
            let length = prefix.parse().ok().filter(|_| digits);
            let network = length.and_then(|length| IpNet::new(address, length).ok());
            network.ok_or_else(|| SyntaxError::BadPrefix {
                prefix: prefix.to_owned(),
                longest: IpNet::from(address).max_prefix_len(),
                text: text.to_owned(),
            })?
        }
    };
    if network.trunc() != network {
        return Err(SyntaxError::HostBits {
            network: network.trunc(),
            text: text.to_owned(),
        });
    }
    match canonical_network(network) {
        Ok(network) => Ok(Hosts::Network(network)),
        Err(embedded) => Err(SyntaxError::EmbeddedIpv4 {
            embedded,
            text: text.to_owned(),
        }),
    }
}

/// Whether `host` is a DNS name. A last label that is a number makes it a
/// spelling of an IPv4 address (`127.1`, `0x7f.1`), which resolvers understand
/// and people overlook.
pub(super) fn is_name(host: &str) -> bool {
    let bare = host.strip_suffix('.').unwrap_or(host);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = bare.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .or_else(|| last.strip_prefix("0X"))
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    bare.len() <= 253 && bare.split('.').all(label) && !number
}
