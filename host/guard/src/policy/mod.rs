//! What a provider may reach: rules, and the one place that decides on them.
//!
//! A [`Policy`] starts empty, which denies everything, and is widened by
//! [`Rule`]s, one direction and one protocol at a time. The host asks
//! [`Policy::decide`] before it creates a socket and before every use of one,
//! and tells the instance's [`Observer`] of every decision. [`PolicyConfig`] is
//! a policy as plain data, as files and flags have it.
//!
//! The order of evaluation, for every request:
//!
//! 1. **Canonical address.** An IPv6 address that carries an IPv4 address to
//!    which its packets go (IPv4-mapped, IPv4-compatible, IPv4-translated,
//!    NAT64's `64:ff9b::/96`, 6to4, Teredo) is that IPv4 address; scopes and
//!    flow labels are left out. Only addresses are compared, never names: a
//!    name in a rule was resolved when the rule was added.
//! 2. **Protocol.** Without any allow rule for the protocol, outbound or
//!    inbound, everything is denied, creation included
//!    ([`DenialReason::NoGrantForProtocol`]).
//! 3. **Deny rules.** A deny rule that covers the address wins over every allow
//!    rule of its direction ([`DenialReason::DeniedByRule`]), special ranges
//!    included. Locally, the unspecified address is covered by a deny rule for
//!    any address of its family, since it stands for all of them; as a peer, by
//!    one for the loopback address, which is where the system takes it. Deny rules
//!    are compared with the address as it was written too, so that one for IPv6
//!    covers the IPv6 addresses that carry an IPv4 address.
//! 4. **Allow rules.** Those of one direction are searched, in the order they
//!    were added, for the first that covers address and port:
//!
//!    | usage | allowed when |
//!    | --- | --- |
//!    | create | step 2 passed |
//!    | explicit bind | an inbound rule covers the address and port; port 0 (any free port) needs `0` or `*` as the rule's port. Also allowed: the unspecified address with port 0 where an outbound rule exists, which is what an implicit bind does |
//!    | implicit bind | the protocol has an outbound rule |
//!    | connect | an outbound rule covers the peer |
//!    | listen | an inbound rule covers the local address |
//!    | accept | an inbound rule covers the local address, and the peer is welcome |
//!    | datagram to | an outbound rule covers the peer |
//!    | datagram from | no deny rule for peers covers the peer; and an outbound rule covers it, or an inbound rule covers the local address and the peer is welcome |
//!    | resolve | a rule for names covers the name, or an outbound rule has it as its host |
//!
//!    A peer is welcome where there are no allow rules for peers (of the
//!    protocol), or one covers it, and no deny rule for peers does. A server
//!    that answers datagrams needs an outbound rule for the peers that it answers.
//! 5. **Special ranges.** An address in a [`SpecialRange`] (loopback, private,
//!    link-local and the like) is covered only by an allow rule whose address or
//!    network lies within that range: neither by `*` nor by a network that
//!    merely contains it ([`DenialReason::SpecialRangeNeedsExplicitRule`]).
//! 6. **Mode.** In [`Mode::Count`] what would be denied is allowed, and told as
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
mod listed;
mod names;
pub(crate) mod naming;
mod ports;
mod request;
mod rule;
mod special;
mod syntax;
mod target;
#[cfg(test)]
mod tests;

pub use decision::{
    Decision, Denial, DenialReason, Grant, Miss, Nearest, Observer, Remedy, Verdict,
};
pub use listed::{ListedRule, Pattern, RuleList};
pub use names::NamePattern;
pub use naming::{GrantError, Lookup};
pub use ports::Ports;
pub use request::{Request, Usage};
pub use rule::{Hosts, Protocol, Rule};
pub use special::SpecialRange;
pub use syntax::SyntaxError;
pub use target::Target;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::net::Pool;
use serde::{Deserialize, Serialize};

use address::canonical_socket_address;
use grants::{Coverage, Grants, everywhere};
use names::Names;
use naming::{allowed_networks, denied_networks, system_lookup};

/// Whether a policy's denials are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// What is not allowed is denied.
    #[default]
    Enforce,
    /// What is not allowed is told to the log and the [`Observer`], and done:
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
    /// Where denials are only counted: the capability to do anything.
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

/// A judgement: the rule that allows it and the capability, or the denial.
type Judgement<'p> = Result<(&'p ListedRule, Grant<'p>), Box<Denial>>;

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
            grants.allow_exact(RuleList::AllowOutbound, protocol, *address);
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
        self.with(RuleList::AllowOutbound, rule, &system_lookup)
    }

    /// Forbids what `rule` says in the outbound direction, whatever is granted.
    /// A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, or the rule has port 0.
    pub fn deny_outbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(RuleList::DenyOutbound, rule, &system_lookup)
    }

    /// Grants what `rule` says in the inbound direction: binding, listening,
    /// accepting, and receiving datagrams, where the rule's address is the
    /// *local* one. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved or has special addresses only.
    pub fn allow_inbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(RuleList::AllowInbound, rule, &system_lookup)
    }

    /// Forbids what `rule` says in the inbound direction, whatever is granted;
    /// its address is the *local* one. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved.
    pub fn deny_inbound(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(RuleList::DenyInbound, rule, &system_lookup)
    }

    /// Welcomes the peers that `rule` covers, and no others, where inbound rules
    /// grant accepting or receiving. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, has special addresses
    /// only, or the rule has port 0.
    pub fn allow_peer(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(RuleList::AllowPeer, rule, &system_lookup)
    }

    /// Turns the peers that `rule` covers away. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved, or the rule has port 0.
    pub fn deny_peer(self, rule: Rule) -> Result<Self, GrantError> {
        self.with(RuleList::DenyPeer, rule, &system_lookup)
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

    /// Every rule, list by list.
    pub fn rules(&self) -> impl Iterator<Item = &ListedRule> {
        let directions = [&self.outbound, &self.inbound, &self.peers];
        let rules = directions.into_iter().flat_map(Direction::rules);
        rules.chain(self.names.rules())
    }

    /// Adds a rule on addresses to a list.
    pub(crate) fn with(
        mut self,
        list: RuleList,
        rule: Rule,
        lookup: Lookup<'_>,
    ) -> Result<Self, GrantError> {
        let (direction, inbound) = match list {
            RuleList::AllowInbound | RuleList::DenyInbound => (&mut self.inbound, true),
            RuleList::AllowPeer | RuleList::DenyPeer => (&mut self.peers, false),
            _ => (&mut self.outbound, false),
        };
        if rule.ports.has_ephemeral() && !inbound {
            return Err(GrantError::PortZero { rule });
        }
        let grants = direction.of_mut(rule.protocol);
        if list.is_deny() {
            let networks = denied_networks(&rule, lookup)?;
            grants.deny(list, rule, networks);
        } else {
            let networks = allowed_networks(&rule, lookup)?;
            grants.allow(list, rule, networks);
        }
        Ok(self)
    }

    /// Decides on one request, in the order that the [module](self) describes.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Decision<'_> {
        let written = request;
        let request = request.canonical();
        let judgement = match (&request, written) {
            (Request::Socket { protocol, .. }, Request::Socket { usage, .. }) => {
                self.judge(&request, *protocol, *usage)
            }
            (Request::Resolve { name }, _) | (_, Request::Resolve { name }) => {
                self.judge_name(&request, name)
            }
        };
        let verdict = match (judgement, &self.everything) {
            (Ok((rule, grant)), _) => Verdict::Allowed { rule, grant },
            (Err(denial), None) => Verdict::Denied(self.of_file(denial)),
            (Err(denial), Some(pool)) => Verdict::WouldBeDenied {
                denial: self.of_file(denial),
                grant: Grant::Pool(pool),
            },
        };
        Decision { request, verdict }
    }

    fn of_file(&self, mut denial: Box<Denial>) -> Box<Denial> {
        denial.file.clone_from(&self.file);
        denial
    }

    /// Decides on a use of a socket, with its addresses as they were written.
    fn judge(&self, request: &Request, protocol: Protocol, usage: Usage) -> Judgement<'_> {
        let outbound = self.outbound.of(protocol);
        let inbound = self.inbound.of(protocol);
        let first_outbound = outbound.first_allowed();
        let Some(first) = first_outbound.or(inbound.first_allowed()) else {
            return Err(self.nothing_for(request, protocol));
        };
        let out = DenialReason::OutboundAddressNotAllowed;
        let local_denied = DenialReason::InboundAddressNotAllowed;
        match usage {
            Usage::Create => Ok((first, Grant::WithoutPool)),
            Usage::ImplicitBind => match first_outbound {
                Some(rule) => Ok((rule, Grant::WithoutPool)),
                None => Err(denial(request, DenialReason::NoOutboundGrant)),
            },
            Usage::Bind(local) => {
                if let Some(rule) = inbound.denied_local(local.into()) {
                    return Err(by_rule(request, rule));
                }
                match (inbound.covers(local.into()), first_outbound) {
                    (Coverage::Allowed(rule), _) => Ok((rule, Grant::Pool(inbound.pool()))),
                    (_, Some(rule)) if is_implicit_bind(canonical_socket_address(local)) => {
                        Ok((rule, Grant::WithoutPool))
                    }
                    (coverage, _) => Err(missed(request, coverage, local_denied)),
                }
            }
            Usage::Listen(local) => {
                let rule = local_rule(request, inbound, local)?;
                Ok((rule, Grant::Pool(inbound.pool())))
            }
            Usage::Accept { local, peer } => {
                let rule = local_rule(request, inbound, local)?;
                self.welcome(request, protocol, peer)?;
                Ok((rule, Grant::WithoutPool))
            }
            Usage::Connect(peer) | Usage::DatagramTo(peer) => match outbound.covers(peer.into()) {
                Coverage::Allowed(rule) => Ok((rule, Grant::Pool(outbound.pool()))),
                coverage => Err(missed(request, coverage, out)),
            },
            Usage::DatagramFrom { local, peer } => {
                if let Coverage::Denied(rule) = self.peers.of(protocol).covers(peer.into()) {
                    return Err(by_rule(request, rule));
                }
                let through_peer = outbound.covers(peer.into());
                if let Coverage::Allowed(rule) = through_peer {
                    return Ok((rule, Grant::WithoutPool));
                }
                let through_local = local.map(|local| local_rule(request, inbound, local));
                match through_local {
                    Some(Ok(rule)) => {
                        self.welcome(request, protocol, peer)?;
                        Ok((rule, Grant::WithoutPool))
                    }
                    Some(Err(denial)) if denial.reason == DenialReason::DeniedByRule => Err(denial),
                    _ => Err(missed(request, through_peer, out)),
                }
            }
        }
    }

    /// Whether rules for peers turn `peer` away.
    fn welcome(
        &self,
        request: &Request,
        protocol: Protocol,
        peer: SocketAddr,
    ) -> Result<(), Box<Denial>> {
        let peers = self.peers.of(protocol);
        match peers.covers(peer.into()) {
            Coverage::Denied(rule) => Err(by_rule(request, rule)),
            Coverage::Allowed(_) => Ok(()),
            Coverage::Missed { .. } if peers.first_allowed().is_none() => Ok(()),
            coverage => Err(missed(request, coverage, DenialReason::PeerNotAllowed)),
        }
    }

    /// The denial where the protocol has no allow rule; one of the other protocol may be meant.
    fn nothing_for(&self, request: &Request, protocol: Protocol) -> Box<Denial> {
        let mut denial = denial(request, DenialReason::NoGrantForProtocol);
        let other = match protocol {
            Protocol::Tcp => Protocol::Udp,
            Protocol::Udp => Protocol::Tcp,
        };
        let direction = match denial.remedy().list {
            RuleList::AllowInbound => &self.inbound,
            _ => &self.outbound,
        };
        let rule = direction.of(other).first_allowed();
        denial.nearest = rule.map(|rule| Nearest {
            rule: Arc::clone(rule),
            miss: Miss::Protocol,
        });
        denial
    }

    fn judge_name(&self, request: &Request, name: &str) -> Judgement<'_> {
        if let Some(rule) = self.names.denied(name) {
            return Err(by_rule(request, rule));
        }
        let named = self.outbound.rules().find(|rule| match &rule.pattern {
            Pattern::Address(Rule {
                hosts: Hosts::Name(host),
                ..
            }) => rule.list == RuleList::AllowOutbound && names::canonical_name(host) == name,
            _ => false,
        });
        match self.names.allowed(name).or(named) {
            Some(rule) => Ok((rule, Grant::WithoutPool)),
            None => Err(denial(request, DenialReason::NameNotAllowed)),
        }
    }
}

/// The inbound rule that covers the address of a bound socket.
fn local_rule<'p>(
    request: &Request,
    inbound: &'p Grants,
    local: SocketAddr,
) -> Result<&'p ListedRule, Box<Denial>> {
    if let Some(rule) = inbound.denied_local(local.into()) {
        return Err(by_rule(request, rule));
    }
    match inbound.covers_bound(local.into()) {
        Coverage::Allowed(rule) => Ok(rule),
        coverage => Err(missed(
            request,
            coverage,
            DenialReason::InboundAddressNotAllowed,
        )),
    }
}

fn denial(request: &Request, reason: DenialReason) -> Box<Denial> {
    Box::new(Denial::new(request, reason))
}

/// The denial by a deny rule.
fn by_rule(request: &Request, rule: &Arc<ListedRule>) -> Box<Denial> {
    let mut denial = denial(request, DenialReason::DeniedByRule);
    denial.rule = Some(Arc::clone(rule));
    denial
}

/// The denial of what no rule allows.
fn missed(request: &Request, coverage: Coverage<'_>, reason: DenialReason) -> Box<Denial> {
    let (nearest, special) = match coverage {
        Coverage::Denied(rule) => return by_rule(request, rule),
        Coverage::Missed { nearest, special } => (nearest, special),
        Coverage::Allowed(_) => (None, None),
    };
    let mut denial = denial(request, reason);
    if special.is_some() {
        denial.reason = DenialReason::SpecialRangeNeedsExplicitRule;
    }
    denial.special = special;
    denial.nearest = nearest;
    denial
}

/// Whether an explicit bind asks for no more than an implicit one does.
fn is_implicit_bind(local: SocketAddr) -> bool {
    local.ip().is_unspecified() && local.port() == 0
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
