//! What a provider may reach: rules, and the one place that decides on them.
//!
//! A [`Policy`] starts empty, which denies everything, and is widened by
//! [`Rule`]s, one direction and one protocol at a time. The host asks
//! [`Policy::decide`] before it creates a socket and before every use of one,
//! and calls the instance's [`Observer`] with every decision. [`PolicyConfig`] is
//! a policy as plain data, as files and flags have it.
//!
//! The order of evaluation, for every request:
//!
//! 1. **Canonical address.** An IPv6 address that carries an IPv4 address to
//!    which its packets go (IPv4-mapped, IPv4-compatible, IPv4-translated,
//!    NAT64's `64:ff9b::/96`, 6to4, Teredo) is that IPv4 address; scopes and
//!    flow labels are left out. Only addresses are compared, never names: a
//!    name in a rule stands for the addresses that it had when it was resolved
//!    last ([`crate::names`]).
//! 2. **Protocol.** Without any allow rule for the protocol, outbound or
//!    inbound, everything is denied, creation included
//!    ([`DenialReason::NoGrantForProtocol`]).
//! 3. **Deny rules.** A deny rule that covers the address wins over every allow
//!    rule of its direction ([`DenialReason::DeniedByRule`]), special ranges
//!    included. Locally, the unspecified address is covered by a deny rule for
//!    any address of its family, since it stands for all of them; as a peer, by
//!    one for the loopback address, where the system delivers it. Deny rules
//!    are compared with the address as it was written too, so that one for IPv6
//!    covers the IPv6 addresses that carry an IPv4 address.
//! 4. **Allow rules.** Those of one direction are searched, in the order they
//!    were added, for the first that covers address and port:
//!
//!    | usage | allowed when |
//!    | --- | --- |
//!    | create | step 2 passed |
//!    | explicit bind | an inbound rule covers the address and port; port 0 (any free port) needs `0` or `*` as the rule's port. Also allowed: the unspecified address with port 0 if an outbound rule exists, which is what an implicit bind does |
//!    | implicit bind | the protocol has an outbound rule |
//!    | connect | an outbound rule covers the peer |
//!    | listen | an inbound rule covers the local address |
//!    | accept | an inbound rule covers the local address, and the peer is welcome |
//!    | datagram to | an outbound rule covers the peer |
//!    | datagram from | no deny rule for peers covers the peer; and an outbound rule covers it, or an inbound rule covers the local address and the peer is welcome |
//!    | resolve | a rule for names covers the name, or an outbound rule has it as its host |
//!
//!    A peer is welcome if there are no allow rules for peers (of the
//!    protocol), or one covers it, and no deny rule for peers does. A server
//!    that answers datagrams needs an outbound rule for the peers that it answers.
//! 5. **Special ranges.** An address in a [`SpecialRange`] (loopback, private,
//!    link-local and the like) is covered only by an allow rule whose address or
//!    network lies within that range: neither by `*` nor by a network that
//!    merely contains it ([`DenialReason::SpecialRangeNeedsExplicitRule`]).
//! 6. **Mode.** In [`Mode::Count`] what would be denied is allowed, and reported as
//!    [`Verdict::WouldBeDenied`].
//!
//! The names that may be resolved say nothing of the addresses that they have:
//! each connection is decided on the address that it goes to, at the time.
//!
//! Grants are kept in [`cap_std::net::Pool`]s beside the rules, one for each
//! direction and protocol. Whatever `decide` allows with a pool, the pool allows
//! too; the pool alone is the looser of the two, since it knows nothing of steps
//! 3 and 5. A connected or bound endpoint is the capability from then on: a send
//! on a connection is not decided again.

mod address;
mod decision;
mod grants;
mod hosts;
mod judge;
mod listed;
mod name_pattern;
mod names;
pub(crate) mod naming;
mod ongoing;
mod ports;
mod request;
mod rule;
mod special;
mod syntax;
mod syntax_error;
mod target;
#[cfg(test)]
mod tests;

pub use decision::{
    Decision, Denial, DenialReason, Grant, Miss, Nearest, Observer, Remedy, Verdict,
};
pub use hosts::{Hosts, Protocol};
pub use listed::{Effect, ListedRule, Pattern, RuleList, Subject};
pub use name_pattern::NamePattern;
pub(crate) use name_pattern::canonical_name;
pub use naming::{GrantError, Lookup};
pub use ongoing::OngoingUse;
pub use ports::Ports;
pub use request::{Request, Usage};
pub use rule::Rule;
pub use special::SpecialRange;
pub use syntax_error::SyntaxError;
pub use target::Target;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::net::Pool;
use serde::{Deserialize, Serialize};

use grants::{Grants, everywhere};
use names::Names;
use naming::{allowed_networks, denied_networks, system_lookup};

/// Whether a policy's denials are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// What is not allowed is denied.
    #[default]
    Enforce,
    /// What is not allowed is reported to the log and the [`Observer`], and done:
    /// to find the rules that a program needs. It protects nothing.
    Count,
}

impl Mode {
    /// Its name in a policy file: `enforce` or `count`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Count => "count",
        }
    }
}

/// What a provider may reach. The default denies everything.
#[derive(Clone, Default)]
pub struct Policy {
    outbound: Direction,
    inbound: Direction,
    peers: Direction,
    names: Names,
    /// If denials are only counted: the capability to do anything.
    everything: Option<Pool>,
    /// The file that it was read from, if any.
    file: Option<Arc<str>>,
}

/// The grants of one direction.
#[derive(Clone, Default)]
struct Direction {
    tcp: Grants,
    udp: Grants,
}

impl Direction {
    fn of(&self, protocol: Protocol) -> &Grants {
        match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
        }
    }

    fn of_mut(&mut self, protocol: Protocol) -> &mut Grants {
        match protocol {
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
        }
    }

    fn rules(&self) -> impl Iterator<Item = &ListedRule> {
        self.tcp.rules().chain(self.udp.rules())
    }
}

impl Policy {
    /// A policy that denies everything, as the default does.
    #[must_use]
    pub fn deny_all() -> Self {
        Self::default()
    }

    /// A policy that grants connections and datagrams to exactly these
    /// addresses, whatever ranges they are in, and nothing else.
    #[must_use]
    pub fn naming(protocol: Protocol, addresses: &[SocketAddr]) -> Self {
        let mut policy = Self::default();
        let grants = policy.outbound.of_mut(protocol);
        for address in addresses {
            grants.allow_exact(Subject::Outbound, protocol, *address);
        }
        policy
    }

    /// Grants what `rule` says in the outbound direction: connecting, and
    /// sending datagrams. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, has special addresses
    /// only, or the rule has port 0.
    pub fn allow_outbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(Effect::Allow, Subject::Outbound, rule, &system_lookup)
    }

    /// Forbids what `rule` says in the outbound direction, whatever is granted.
    /// A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, or the rule has port 0.
    pub fn deny_outbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(Effect::Deny, Subject::Outbound, rule, &system_lookup)
    }

    /// Grants what `rule` says in the inbound direction: binding, listening,
    /// accepting, and receiving datagrams, where the rule's address is the
    /// *local* one. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved or has special addresses only.
    pub fn allow_inbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(Effect::Allow, Subject::Inbound, rule, &system_lookup)
    }

    /// Forbids what `rule` says in the inbound direction, whatever is granted;
    /// its address is the *local* one. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved.
    pub fn deny_inbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(Effect::Deny, Subject::Inbound, rule, &system_lookup)
    }

    /// Welcomes the peers that `rule` covers, and no others, wherever inbound rules
    /// grant accepting or receiving. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, has special addresses
    /// only, or the rule has port 0.
    pub fn allow_peer(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(Effect::Allow, Subject::Peer, rule, &system_lookup)
    }

    /// Turns the peers that `rule` covers away. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, or the rule has port 0.
    pub fn deny_peer(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(Effect::Deny, Subject::Peer, rule, &system_lookup)
    }

    /// Lets the names that `pattern` covers be resolved.
    #[must_use]
    pub fn allow_resolve(mut self, pattern: NamePattern) -> Self {
        self.names.allow(pattern);
        self
    }

    /// Forbids resolving the names that `pattern` covers, whatever is granted.
    #[must_use]
    pub fn deny_resolve(mut self, pattern: NamePattern) -> Self {
        self.names.deny(pattern);
        self
    }

    /// The same rules in another mode.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.everything = match mode {
            Mode::Enforce => None,
            Mode::Count => {
                let mut pool = Pool::new();
                for network in everywhere() {
                    pool.insert_ip_net_port_any(network, ambient_authority());
                }
                Some(pool)
            }
        };
        self
    }

    /// Says which file the policy was read from, so that denials can name it.
    #[must_use]
    pub fn with_file(mut self, file: &str) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Whether denials are carried out.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.everything {
            None => Mode::Enforce,
            Some(_) => Mode::Count,
        }
    }

    /// Whether it lets any name be resolved.
    #[must_use]
    pub fn resolves_names(&self) -> bool {
        self.everything.is_some()
            || self.rules().any(|rule| match &rule.pattern {
                Pattern::Name(_) => rule.effect == Effect::Allow,
                Pattern::Address { rule: address, .. } => {
                    rule.effect == Effect::Allow && matches!(address.hosts, Hosts::Name(_))
                }
            })
    }

    /// Whether the host of any rule on addresses is a name.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.rules().any(|rule| match &rule.pattern {
            Pattern::Address { rule, .. } => matches!(rule.hosts, Hosts::Name(_)),
            Pattern::Name(_) => false,
        })
    }

    /// Every rule, list by list.
    pub fn rules(&self) -> impl Iterator<Item = &ListedRule> {
        let directions = [&self.outbound, &self.inbound, &self.peers];
        let rules = directions.into_iter().flat_map(Direction::rules);
        rules.chain(self.names.rules())
    }

    /// The names that are hosts of rules on addresses, in canonical form, and the addresses
    /// for which they stand now.
    pub(crate) fn named(&self) -> BTreeMap<String, Vec<IpAddr>> {
        let mut named = BTreeMap::<String, Vec<IpAddr>>::new();
        for direction in [&self.outbound, &self.inbound, &self.peers] {
            for (name, networks) in direction.tcp.named().chain(direction.udp.named()) {
                let addresses = named.entry(canonical_name(name)).or_default();
                for network in networks {
                    if !addresses.contains(&network.addr()) {
                        addresses.push(network.addr());
                    }
                }
            }
        }
        named
    }

    /// Has a name, in canonical form, stand for these addresses in every rule whose host it
    /// is: in allow rules without special ones, in deny rules with what it stood for if
    /// there are none.
    pub(crate) fn rename(&mut self, name: &str, addresses: &[IpAddr]) {
        let networks_of = |effect: Effect, rule: &Rule| {
            let lookup = |_: &str| Ok(addresses.to_vec());
            match effect {
                Effect::Allow => Some(allowed_networks(rule, &lookup).unwrap_or_default()),
                Effect::Deny => denied_networks(rule, &lookup).ok(),
            }
        };
        for direction in [&mut self.outbound, &mut self.inbound, &mut self.peers] {
            direction.tcp.rename(name, networks_of);
            direction.udp.rename(name, networks_of);
        }
    }

    fn direction(&self, subject: Subject) -> &Direction {
        match subject {
            Subject::Outbound => &self.outbound,
            Subject::Inbound => &self.inbound,
            Subject::Peer => &self.peers,
        }
    }

    /// Adds a rule on addresses.
    pub(crate) fn with(
        mut self,
        effect: Effect,
        subject: Subject,
        rule: Rule,
        lookup: Lookup<'_>,
    ) -> Result<Self, GrantError> {
        if rule.ports.has_ephemeral() && subject != Subject::Inbound {
            return Err(GrantError::PortZero { rule });
        }
        let direction = match subject {
            Subject::Outbound => &mut self.outbound,
            Subject::Inbound => &mut self.inbound,
            Subject::Peer => &mut self.peers,
        };
        let grants = direction.of_mut(rule.protocol);
        match effect {
            Effect::Allow => {
                let networks = allowed_networks(&rule, lookup)?;
                grants.allow(subject, rule, networks);
            }
            Effect::Deny => {
                let networks = denied_networks(&rule, lookup)?;
                grants.deny(subject, rule, networks);
            }
        }
        Ok(self)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules().map(ListedRule::to_string);
        f.debug_struct("Policy")
            .field("mode", &self.mode())
            .field("rules", &rules.collect::<Vec<_>>())
            .finish()
    }
}
