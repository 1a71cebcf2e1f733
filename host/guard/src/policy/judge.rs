//! The one place that decides on requests.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Policy;
use super::address::canonical_socket_address;
use super::decision::{Decision, Denial, DenialReason, Grant, Miss, Nearest, Verdict};
use super::grants::{Grants, Missed, Uncovered};
use super::hosts::{Hosts, Protocol};
use super::listed::{Effect, ListedRule, Pattern, Subject};
use super::name_pattern::canonical_name;
use super::request::{Request, Usage};
use super::rule::Rule;

/// A judgement: the rule that allows it and the capability, or the denial.
type Judgement<'p> = Result<(&'p ListedRule, Grant<'p>), Box<Denial>>;

impl Policy {
    /// Decides on one request, in the order that the [module](super) describes.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Decision<'_> {
        let written = request;
        let request = request.canonical();
        let judgement = match written {
            Request::Socket { protocol, usage } => self.judge(&request, *protocol, *usage),
            Request::Resolve { name } => self.judge_name(&request, &canonical_name(name)),
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
            return Err(self.nothing_for(request, protocol, usage.subject()));
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
                    (Ok(rule), _) => Ok((rule, Grant::Pool(inbound.pool()))),
                    (Err(_), Some(rule)) if is_implicit_bind(canonical_socket_address(local)) => {
                        Ok((rule, Grant::WithoutPool))
                    }
                    (Err(uncovered), _) => Err(refused(request, uncovered, local_denied)),
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
            Usage::Connect(peer) | Usage::DatagramTo(peer) => {
                let covered = outbound.covers(peer.into());
                let rule = covered.map_err(|uncovered| refused(request, uncovered, out))?;
                Ok((rule, Grant::Pool(outbound.pool())))
            }
            Usage::DatagramFrom { local, peer } => {
                if let Err(Uncovered::Denied(rule)) = self.peers.of(protocol).covers(peer.into()) {
                    return Err(by_rule(request, rule));
                }
                let uncovered = match outbound.covers(peer.into()) {
                    Ok(rule) => return Ok((rule, Grant::WithoutPool)),
                    Err(uncovered) => uncovered,
                };
                let through_local = local.map(|local| local_rule(request, inbound, local));
                match through_local {
                    Some(Ok(rule)) => {
                        self.welcome(request, protocol, peer)?;
                        Ok((rule, Grant::WithoutPool))
                    }
                    Some(Err(denial)) if denial.reason == DenialReason::DeniedByRule => Err(denial),
                    Some(Err(_)) | None => Err(refused(request, uncovered, out)),
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
            Ok(_) => Ok(()),
            Err(Uncovered::Missed(_)) if peers.first_allowed().is_none() => Ok(()),
            Err(uncovered) => Err(refused(request, uncovered, DenialReason::PeerNotAllowed)),
        }
    }

    /// The denial if the protocol has no allow rule; one of the other protocol may be meant.
    fn nothing_for(&self, request: &Request, protocol: Protocol, subject: Subject) -> Box<Denial> {
        let mut denial = denial(request, DenialReason::NoGrantForProtocol);
        let other = match protocol {
            Protocol::Tcp => Protocol::Udp,
            Protocol::Udp => Protocol::Tcp,
        };
        let rule = self.direction(subject).of(other).first_allowed();
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
            Pattern::Address {
                rule:
                    Rule {
                        hosts: Hosts::Name(host),
                        ..
                    },
                ..
            } => rule.effect == Effect::Allow && canonical_name(host) == name,
            Pattern::Address { .. } | Pattern::Name(_) => false,
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
    let covered = inbound.covers_bound(local.into());
    covered.map_err(|uncovered| refused(request, uncovered, DenialReason::InboundAddressNotAllowed))
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

/// The denial of what no rule allows: for `reason`, unless a deny rule covers it.
fn refused(request: &Request, uncovered: Uncovered<'_>, reason: DenialReason) -> Box<Denial> {
    let Missed { nearest, special } = match uncovered {
        Uncovered::Denied(rule) => return by_rule(request, rule),
        Uncovered::Missed(missed) => missed,
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
