//! What the hosts of a rule stand for; a name is resolved when its rule is
//! added to a policy, and again as [`crate::names`] says.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use ipnet::IpNet;

use super::address::canonical;
use super::grants::everywhere;
use super::hosts::Hosts;
use super::rule::Rule;
use super::special::SpecialRange;

/// Why a rule cannot be added to a policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// Port 0 in a rule that is not for binding.
    #[error(
        "{rule} covers nothing: port 0 is for inbound rules, where the system chooses a port, so name a port or write *"
    )]
    PortZero {
        /// The rule.
        rule: Rule,
    },
    /// The name of a rule has no address.
    #[error("cannot resolve {name:?} in {rule}, so check the spelling, or name an address instead")]
    Unresolved {
        /// The name.
        name: String,
        /// The rule.
        rule: Rule,
        /// What the resolver said.
        source: io::Error,
    },
    /// The name of a rule has special addresses only, which names do not cover.
    #[error(
        "{rule} grants nothing: its name stands for the {range} address {address}, which must be named as an address"
    )]
    OnlySpecial {
        /// The rule.
        rule: Rule,
        /// One of the addresses.
        address: IpAddr,
        /// The range that it is in.
        range: SpecialRange,
    },
}

/// How names become addresses while a policy is made. May block.
pub type Lookup<'a> = &'a dyn Fn(&str) -> io::Result<Vec<IpAddr>>;

/// Asks the system.
pub(crate) fn system_lookup(name: &str) -> io::Result<Vec<IpAddr>> {
    let addresses = (name, 0).to_socket_addrs()?;
    Ok(addresses.map(|address| address.ip()).collect())
}

/// What an allow rule covers. A name covers no special address, because a DNS
/// server could then send the program anywhere; only `localhost` names
/// the loopback range by definition (RFC 6761).
pub(super) fn allowed_networks(rule: &Rule, lookup: Lookup<'_>) -> Result<Vec<IpNet>, GrantError> {
    let Hosts::Name(name) = &rule.hosts else {
        return denied_networks(rule, lookup);
    };
    let bare = name.strip_suffix('.').unwrap_or(name);
    let is_localhost = bare == "localhost" || bare.ends_with(".localhost");
    let mut networks = Vec::new();
    let mut refused = None;
    for address in resolve(name, rule, lookup)? {
        match SpecialRange::of(address) {
            Some((range, _)) if !(is_localhost && range == SpecialRange::Loopback) => {
                refused = Some((address, range));
            }
            _ => networks.push(address.into()),
        }
    }
    match refused {
        Some((address, range)) if networks.is_empty() => Err(GrantError::OnlySpecial {
            rule: rule.clone(),
            address,
            range,
        }),
        _ => Ok(networks),
    }
}

/// What a deny rule covers: whatever its hosts stand for, special or not.
pub(super) fn denied_networks(rule: &Rule, lookup: Lookup<'_>) -> Result<Vec<IpNet>, GrantError> {
    match &rule.hosts {
        Hosts::Any => Ok(everywhere()),
        Hosts::Network(network) => Ok(vec![*network]),
        Hosts::Name(name) => {
            let addresses = resolve(name, rule, lookup)?.into_iter();
            Ok(addresses.map(IpNet::from).collect())
        }
    }
}

/// The canonical addresses of a name; at least one.
fn resolve(name: &str, rule: &Rule, lookup: Lookup<'_>) -> Result<Vec<IpAddr>, GrantError> {
    let unresolved = |source| GrantError::Unresolved {
        name: name.to_owned(),
        rule: rule.clone(),
        source,
    };
    let addresses = lookup(name).map_err(unresolved)?;
    if addresses.is_empty() {
        return Err(unresolved(io::ErrorKind::NotFound.into()));
    }
    Ok(addresses.into_iter().map(canonical).collect())
}
