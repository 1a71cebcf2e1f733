//! The rules of one direction and protocol, with the pool that holds what they grant.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::net::Pool;
use ipnet::IpNet;

use super::address::{Asked, canonical, spellings};
use super::decision::{Miss, Nearest};
use super::hosts::{Hosts, Protocol};
use super::listed::{Effect, ListedRule, Pattern, Subject};
use super::name_pattern::canonical_name;
use super::rule::Rule;
use super::special::SpecialRange;

/// Why the rules do not allow an address and port.
#[derive(Debug)]
pub(super) enum Uncovered<'p> {
    /// This deny rule covers it.
    Denied(&'p Arc<ListedRule>),
    /// No rule covers it.
    Missed(Missed),
}

/// What is known of an address and port that no rule covers.
#[derive(Debug)]
pub(super) struct Missed {
    /// The allow rule that came closest.
    pub(super) nearest: Option<Nearest>,
    /// The range that a rule of its own would have to name.
    pub(super) special: Option<SpecialRange>,
}

/// The allow rule that covers an address and port, unless a deny rule does.
pub(super) type Coverage<'p> = Result<&'p ListedRule, Uncovered<'p>>;

/// The rules of one direction and protocol.
#[derive(Clone, Default)]
pub(super) struct Grants {
    allow: Vec<Entry>,
    deny: Vec<Entry>,
    pool: Pool,
}

#[derive(Clone)]
struct Entry {
    listed: Arc<ListedRule>,
    rule: Rule,
    /// What the rule's hosts stand for.
    networks: Vec<IpNet>,
}

impl Entry {
    fn new(effect: Effect, subject: Subject, rule: Rule, networks: Vec<IpNet>) -> Self {
        let pattern = Pattern::Address {
            subject,
            rule: rule.clone(),
        };
        Self {
            listed: Arc::new(ListedRule { effect, pattern }),
            rule,
            networks,
        }
    }

    /// The name that is its host, if one is.
    fn name(&self) -> Option<&str> {
        match &self.rule.hosts {
            Hosts::Name(name) => Some(name),
            Hosts::Any | Hosts::Network(_) => None,
        }
    }

    /// The network of the rule that has `address`.
    fn network_of(&self, address: IpAddr) -> Option<&IpNet> {
        let mut networks = self.networks.iter();
        networks.find(|network| network.contains(&address))
    }
}

/// Which ports of a rule count.
#[derive(Clone, Copy)]
enum PortMatch {
    /// The port itself.
    Exact,
    /// That of a socket that is bound already. A port that the system chose is
    /// covered by the rule that let it choose: a socket with a port of the
    /// program's choice was bound under a rule for that port.
    Bound,
}

impl PortMatch {
    fn matches(self, rule: &Rule, port: u16) -> bool {
        rule.ports.contains(port) || matches!(self, Self::Bound) && rule.ports.has_ephemeral()
    }
}

impl Grants {
    /// The first allow rule; `None` means that nothing is allowed.
    pub(super) fn first_allowed(&self) -> Option<&Arc<ListedRule>> {
        self.allow.first().map(|entry| &entry.listed)
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &ListedRule> {
        let entries = self.allow.iter().chain(&self.deny);
        entries.map(|entry| entry.listed.as_ref())
    }

    /// Adds an allow rule, whose hosts stand for these networks.
    pub(super) fn allow(&mut self, subject: Subject, rule: Rule, networks: Vec<IpNet>) {
        insert_in_pool(&mut self.pool, &rule, &networks);
        let entry = Entry::new(Effect::Allow, subject, rule, networks);
        self.allow.push(entry);
    }

    /// Adds an allow rule for one address.
    pub(super) fn allow_exact(
        &mut self,
        subject: Subject,
        protocol: Protocol,
        address: SocketAddr,
    ) {
        let network = canonical(address.ip()).into();
        self.allow(subject, Rule::exact(protocol, address), vec![network]);
    }

    /// Adds a deny rule, whose hosts stand for these networks.
    pub(super) fn deny(&mut self, subject: Subject, rule: Rule, networks: Vec<IpNet>) {
        let entry = Entry::new(Effect::Deny, subject, rule, networks);
        self.deny.push(entry);
    }

    /// The rules whose host is a name, and what it stands for.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &[IpNet])> {
        let entries = self.allow.iter().chain(&self.deny);
        entries.filter_map(|entry| Some((entry.name()?, entry.networks.as_slice())))
    }

    /// Has a name stand for other networks, as `networks_of` says of each of its rules.
    pub(super) fn rename(
        &mut self,
        name: &str,
        mut networks_of: impl FnMut(Effect, &Rule) -> Option<Vec<IpNet>>,
    ) {
        for (effect, entries) in [
            (Effect::Allow, &mut self.allow),
            (Effect::Deny, &mut self.deny),
        ] {
            for entry in entries {
                if entry
                    .name()
                    .is_some_and(|host| canonical_name(host) == name)
                    && let Some(networks) = networks_of(effect, &entry.rule)
                {
                    entry.networks = networks;
                }
            }
        }
        // Nothing can be taken out of one.
        self.pool = Pool::new();
        for entry in &self.allow {
            insert_in_pool(&mut self.pool, &entry.rule, &entry.networks);
        }
    }

    /// What the rules say of an address.
    pub(super) fn covers(&self, address: Asked) -> Coverage<'_> {
        self.coverage(address, PortMatch::Exact)
    }

    /// As `covers`, for the address of a socket that is bound already.
    pub(super) fn covers_bound(&self, local: Asked) -> Coverage<'_> {
        self.coverage(local, PortMatch::Bound)
    }

    fn coverage(&self, asked: Asked, port_match: PortMatch) -> Coverage<'_> {
        if let Some(rule) = self.denied_as_written(asked) {
            return Err(Uncovered::Denied(rule));
        }
        let address = asked.canonical;
        let (ip, port) = (address.ip(), address.port());
        if let Some(rule) = self.denied(address, |entry| {
            entry.network_of(ip).is_some() || entry.network_of(reached_as(ip)).is_some()
        }) {
            return Err(Uncovered::Denied(rule));
        }
        let special = SpecialRange::of(ip);
        let names_range =
            |network: &IpNet| special.is_none_or(|(_, range)| range.contains(network));
        let mut allow = self.allow.iter();
        if let Some(entry) = allow.find(|entry| {
            let mut networks = entry.networks.iter();
            port_match.matches(&entry.rule, port)
                && networks.any(|network| network.contains(&ip) && names_range(network))
        }) {
            return Ok(&entry.listed);
        }
        let nearest = self.nearest(address, port_match, special.map(|(_, range)| range));
        let special = special.map(|(range, _)| range).filter(|_| {
            nearest
                .as_ref()
                .is_some_and(|near| near.miss == Miss::SpecialRange)
        });
        Err(Uncovered::Missed(Missed { nearest, special }))
    }

    /// The deny rule for a local address. The unspecified one stands for every
    /// address of the machine, so that a rule for any of them covers it.
    pub(super) fn denied_local(&self, local: Asked) -> Option<&Arc<ListedRule>> {
        let ip = local.canonical.ip();
        let denied = self.denied(local.canonical, |entry| {
            let of_family = |network: &IpNet| network.addr().is_ipv4() == ip.is_ipv4();
            if ip.is_unspecified() {
                entry.networks.iter().any(of_family)
            } else {
                entry.network_of(ip).is_some()
            }
        });
        denied.or_else(|| self.denied_as_written(local))
    }

    /// The deny rule for an address as it was written: one for IPv6 covers what only
    /// carries an IPv4 address too.
    fn denied_as_written(&self, asked: Asked) -> Option<&Arc<ListedRule>> {
        let ip = asked.written.ip();
        if ip == asked.canonical.ip() {
            return None;
        }
        self.denied(asked.written, |entry| entry.network_of(ip).is_some())
    }

    /// The first deny rule for the port whose hosts are covered.
    fn denied(
        &self,
        address: SocketAddr,
        covered: impl Fn(&Entry) -> bool,
    ) -> Option<&Arc<ListedRule>> {
        let mut deny = self.deny.iter();
        let of_port = |entry: &&Entry| entry.rule.ports.contains(address.port());
        deny.find(|entry| of_port(entry) && covered(entry))
            .map(|entry| &entry.listed)
    }

    /// The allow rule that came closest: first by what it misses, then by how
    /// many bits of the address agree.
    fn nearest(
        &self,
        address: SocketAddr,
        port_match: PortMatch,
        special: Option<IpNet>,
    ) -> Option<Nearest> {
        let ip = address.ip();
        let misses = self.allow.iter().map(|entry| {
            let port_covered = port_match.matches(&entry.rule, address.port());
            let miss = match (entry.network_of(ip), port_covered, special) {
                (Some(network), true, Some(range)) if !range.contains(network) => {
                    Miss::SpecialRange
                }
                (Some(network), false, Some(range)) if !range.contains(network) => {
                    Miss::AddressAndPort
                }
                (Some(_), _, _) => Miss::Port,
                (None, true, _) => Miss::Address,
                (None, false, _) => Miss::AddressAndPort,
            };
            let networks = entry.networks.iter();
            let agreeing = networks.map(|network| agreeing_bits(network, ip)).max();
            (miss, u8::MAX - agreeing.unwrap_or(0), &entry.listed)
        });
        let (miss, _, rule) = misses.min_by_key(|(miss, disagreeing, _)| (*miss, *disagreeing))?;
        Some(Nearest {
            rule: Arc::clone(rule),
            miss,
        })
    }
}

/// Grants what a rule says, whose hosts stand for these networks.
fn insert_in_pool(pool: &mut Pool, rule: &Rule, networks: &[IpNet]) {
    for network in networks {
        match network {
            IpNet::V4(v4) => {
                for spelling in spellings(*v4) {
                    insert_network(pool, rule, spelling);
                }
            }
            IpNet::V6(_) => insert_network(pool, rule, *network),
        }
    }
}

fn insert_network(pool: &mut Pool, rule: &Rule, network: IpNet) {
    // Adding a rule is how the operator passes on ambient authority.
    let authority = ambient_authority();
    let Some(ranges) = rule.ports.ranges() else {
        pool.insert_ip_net_port_any(network, authority);
        return;
    };
    for range in ranges {
        let end = range.end().checked_add(1);
        pool.insert_ip_net_port_range(network, *range.start(), end, authority);
    }
}

/// How many leading bits of a network an address has; 0 for different families.
fn agreeing_bits(network: &IpNet, address: IpAddr) -> u8 {
    let agreeing = match (network.addr(), address) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u32::from(one) ^ u32::from(other)).leading_zeros(),
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            (u128::from(one) ^ u128::from(other)).leading_zeros()
        }
        _ => 0,
    };
    u8::try_from(agreeing).map_or(network.prefix_len(), |bits| bits.min(network.prefix_len()))
}

/// Where the system delivers what is addressed to `ip`: the unspecified address
/// reaches the machine itself.
fn reached_as(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// Both families, whole.
pub(super) fn everywhere() -> Vec<IpNet> {
    vec![
        IpNet::new_assert(Ipv4Addr::UNSPECIFIED.into(), 0),
        IpNet::new_assert(Ipv6Addr::UNSPECIFIED.into(), 0),
    ]
}
