//! What a provider may reach: rules, and the one place that decides on them.
//!
//! A [`Policy`] starts empty, which denies everything, and is widened by
//! [`Rule`]s, one direction and one protocol at a time. The host asks
//! [`Policy::decide`] before it creates a socket and before every use of one.
//!
//! The order of evaluation, for every request:
//!
//! 1. **Canonical address.** IPv4-mapped IPv6 addresses become the IPv4
//!    addresses that they stand for; scopes and flow labels are left out.
//!    Only addresses are compared, never names: a name in a rule was resolved
//!    when the rule was added.
//! 2. **Protocol.** Without any rule for the protocol, in either direction,
//!    everything is denied, creation included
//!    ([`DenialReason::NoGrantForProtocol`]).
//! 3. **Usage.** The rules of one direction are searched for one that covers
//!    address and port:
//!
//!    | usage | allowed when |
//!    | --- | --- |
//!    | create | step 2 passed |
//!    | bind | an inbound rule covers the address and port; port 0 (any free port) needs `0` or `*` as the rule's port. Also allowed: the unspecified address with port 0 where an outbound rule exists, which is what an implicit bind does |
//!    | implicit bind | the protocol has an outbound rule |
//!    | listen | an inbound rule covers the local address |
//!    | accept | an inbound rule covers the local address |
//!    | connect, datagram to | an outbound rule covers the peer |
//!    | datagram from | an inbound rule covers the local address, or an outbound rule covers the peer |
//!
//!    A server that answers datagrams therefore needs an outbound rule for the
//!    peers that it answers.
//! 4. **Special ranges.** An address in a [`SpecialRange`] (loopback, private,
//!    link-local and the like) is covered only by a rule whose address or
//!    network lies within that range: neither by `*` nor by a network that
//!    merely contains it ([`DenialReason::SpecialRangeNeedsExplicitRule`]).
//!
//! Grants are kept in [`cap_std::net::Pool`]s beside the rules, one for each
//! direction and protocol. Whatever `decide` allows with a pool, the pool allows
//! too; the pool alone is the looser of the two, since it knows nothing of step 4.

mod decision;
mod grants;
mod ports;
mod request;
mod rule;
mod special;
mod syntax;
mod target;
#[cfg(test)]
mod tests;

pub use decision::{Denial, DenialReason, Grant};
pub use grants::GrantError;
pub use ports::Ports;
pub use request::{Request, Usage};
pub use rule::{Hosts, Protocol, Rule};
pub use special::SpecialRange;
pub use syntax::SyntaxError;
pub use target::Target;

use std::fmt;
use std::net::SocketAddr;

use grants::{Coverage, Grants};

/// What a provider may reach. The default denies everything.
#[derive(Clone, Default)]
pub struct Policy {
    outbound: Direction,
    inbound: Direction,
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
        for address in addresses {
            policy
                .outbound
                .of_mut(protocol)
                .add_exact(protocol, *address);
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
    pub fn allow_outbound(mut self, rule: Rule) -> Result<Self, GrantError> {
        if rule.ports.has_ephemeral() {
            return Err(GrantError::OutboundPortZero { rule });
        }
        self.outbound.of_mut(rule.protocol).add(rule)?;
        Ok(self)
    }

    /// Grants what `rule` says in the inbound direction: binding, listening,
    /// accepting, and receiving datagrams, where the rule's address is the
    /// *local* one. A DNS name is resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when the name cannot be resolved or has special addresses only.
    pub fn allow_inbound(mut self, rule: Rule) -> Result<Self, GrantError> {
        self.inbound.of_mut(rule.protocol).add(rule)?;
        Ok(self)
    }

    /// Decides on one request, in the order that the [module](self) describes.
    ///
    /// # Errors
    ///
    /// [`Denial`], which says why and what would grant the request.
    pub fn decide(&self, request: &Request) -> Result<Grant<'_>, Denial> {
        let outbound = self.outbound.of(request.protocol);
        let inbound = self.inbound.of(request.protocol);
        let request = request.canonical();
        if outbound.is_empty() && inbound.is_empty() {
            return Err(Denial::new(request, DenialReason::NoGrantForProtocol));
        }
        match request.usage {
            Usage::Create => Ok(Grant::WithoutPool),
            Usage::ImplicitBind if outbound.is_empty() => {
                Err(Denial::new(request, DenialReason::NoOutboundGrant))
            }
            Usage::ImplicitBind => Ok(Grant::WithoutPool),
            Usage::Bind(local) => match inbound.covers(local) {
                Coverage::Full => Ok(Grant::Pool(inbound.pool())),
                _ if is_implicit_bind(local) && !outbound.is_empty() => Ok(Grant::WithoutPool),
                coverage => Err(Denial::inbound(request, coverage)),
            },
            Usage::Listen(local) => match inbound.covers_bound(local) {
                Coverage::Full => Ok(Grant::Pool(inbound.pool())),
                coverage => Err(Denial::inbound(request, coverage)),
            },
            Usage::Accept { local, .. } => match inbound.covers_bound(local) {
                Coverage::Full => Ok(Grant::WithoutPool),
                coverage => Err(Denial::inbound(request, coverage)),
            },
            Usage::Connect(peer) | Usage::DatagramTo(peer) => match outbound.covers(peer) {
                Coverage::Full => Ok(Grant::Pool(outbound.pool())),
                coverage => Err(Denial::outbound(request, coverage)),
            },
            Usage::DatagramFrom { local, peer } => {
                let through_local =
                    local.map_or(Coverage::None, |local| inbound.covers_bound(local));
                match (through_local, outbound.covers(peer)) {
                    (Coverage::Full, _) | (_, Coverage::Full) => Ok(Grant::WithoutPool),
                    (_, coverage) => Err(Denial::outbound(request, coverage)),
                }
            }
        }
    }
}

/// Whether an explicit bind asks for no more than an implicit one does.
fn is_implicit_bind(local: SocketAddr) -> bool {
    local.ip().is_unspecified() && local.port() == 0
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = |direction: &Direction| -> Vec<String> {
            let grants = direction.tcp.rules().chain(direction.udp.rules());
            grants.map(Rule::to_string).collect()
        };
        f.debug_struct("Policy")
            .field("outbound", &rules(&self.outbound))
            .field("inbound", &rules(&self.inbound))
            .finish()
    }
}
