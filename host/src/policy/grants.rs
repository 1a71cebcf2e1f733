//! The rules of one direction and protocol, with the pool that holds what they grant.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use cap_std::ambient_authority;
use cap_std::net::Pool;
use ipnet::{IpNet, Ipv6Net};

use super::rule::{Hosts, Protocol, Rule};
use super::special::SpecialRange;

/// Why a rule cannot be added to a policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// Port 0 in an outbound rule.
    #[error(
        "{rule} cannot be an outbound rule: nothing can be reached at port 0, so name a port or write *"
    )]
    OutboundPortZero {
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

/// How far a set of rules covers an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    /// A rule covers it.
    Full,
    /// A rule would, were the address not in this range.
    ExceptSpecial(SpecialRange),
    /// No rule does.
    None,
}

/// The grants of one direction and protocol.
#[derive(Clone, Default)]
pub(super) struct Grants {
    entries: Vec<Entry>,
    pool: Pool,
}

#[derive(Clone)]
struct Entry {
    rule: Rule,
    /// What the rule's hosts stand for.
    networks: Vec<IpNet>,
}

impl Grants {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.entries.iter().map(|entry| &entry.rule)
    }

    /// Adds a rule, resolving its name.
    pub(super) fn add(&mut self, rule: Rule) -> Result<(), GrantError> {
        let networks = match &rule.hosts {
            Hosts::Any => vec![
                IpNet::new_assert(Ipv4Addr::UNSPECIFIED.into(), 0),
                IpNet::new_assert(Ipv6Addr::UNSPECIFIED.into(), 0),
            ],
            Hosts::Network(network) => vec![*network],
            Hosts::Name(name) => resolve(name, &rule)?,
        };
        self.insert(rule, networks);
        Ok(())
    }

    /// Adds a rule for one address.
    pub(super) fn add_exact(&mut self, protocol: Protocol, address: SocketAddr) {
        let network = address.ip().to_canonical().into();
        self.insert(Rule::exact(protocol, address), vec![network]);
    }

    fn insert(&mut self, rule: Rule, networks: Vec<IpNet>) {
        for network in &networks {
            self.insert_in_pool(*network, &rule);
            // The pool compares addresses as they are written, so it needs the
            // IPv4-mapped spelling too.
            if let IpNet::V4(v4) = network {
                let mapped = v4.network().to_ipv6_mapped();
                let mapped = Ipv6Net::new_assert(mapped, 96 + v4.prefix_len());
                self.insert_in_pool(mapped.into(), &rule);
            }
        }
        self.entries.push(Entry { rule, networks });
    }

    fn insert_in_pool(&mut self, network: IpNet, rule: &Rule) {
        // Adding a rule is how the operator passes on ambient authority.
        let authority = ambient_authority();
        let Some(ranges) = rule.ports.ranges() else {
            self.pool.insert_ip_net_port_any(network, authority);
            return;
        };
        for range in ranges {
            let end = range.end().checked_add(1);
            self.pool
                .insert_ip_net_port_range(network, *range.start(), end, authority);
        }
    }

    /// How far the rules cover an address and port.
    pub(super) fn covers(&self, address: SocketAddr) -> Coverage {
        self.coverage(address.ip(), |rule| rule.ports.contains(address.port()))
    }

    /// As `covers`, for the address of a socket that is bound already. A port
    /// that the system chose is covered by the rule that let it choose: a socket with a
    /// port of the program's choice was bound under a rule for that port.
    pub(super) fn covers_bound(&self, local: SocketAddr) -> Coverage {
        self.coverage(local.ip(), |rule| {
            rule.ports.contains(local.port()) || rule.ports.has_ephemeral()
        })
    }

    fn coverage(&self, address: IpAddr, ports_match: impl Fn(&Rule) -> bool) -> Coverage {
        let special = SpecialRange::of(address);
        let mut coverage = Coverage::None;
        for entry in self.entries.iter().filter(|entry| ports_match(&entry.rule)) {
            for network in entry
                .networks
                .iter()
                .filter(|network| network.contains(&address))
            {
                match special {
                    Some((range, special)) if !special.contains(network) => {
                        coverage = Coverage::ExceptSpecial(range);
                    }
                    _ => return Coverage::Full,
                }
            }
        }
        coverage
    }
}

/// The addresses of a name. A name covers no special address, or whoever
/// answers for the name could lead the program anywhere; only `localhost` names
/// the loopback range by definition (RFC 6761).
fn resolve(name: &str, rule: &Rule) -> Result<Vec<IpNet>, GrantError> {
    let unresolved = |source| GrantError::Unresolved {
        name: name.to_owned(),
        rule: rule.clone(),
        source,
    };
    let addresses: Vec<IpAddr> = (name, 0)
        .to_socket_addrs()
        .map_err(unresolved)?
        .map(|address| address.ip().to_canonical())
        .collect();
    let bare = name.strip_suffix('.').unwrap_or(name);
    let is_localhost = bare == "localhost" || bare.ends_with(".localhost");
    let mut networks = Vec::new();
    let mut refused = None;
    for address in addresses {
        match SpecialRange::of(address) {
            Some((range, _)) if !(is_localhost && range == SpecialRange::Loopback) => {
                refused = Some((address, range));
            }
            _ => networks.push(address.into()),
        }
    }
    match (networks.is_empty(), refused) {
        (false, _) => Ok(networks),
        (true, Some((address, range))) => Err(GrantError::OnlySpecial {
            rule: rule.clone(),
            address,
            range,
        }),
        (true, None) => Err(unresolved(io::ErrorKind::NotFound.into())),
    }
}
