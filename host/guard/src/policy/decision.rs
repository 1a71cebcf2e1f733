//! What a policy answers.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use cap_std::net::Pool;

use super::hosts::Hosts;
use super::listed::{Effect, ListedRule, RuleList, Subject};
use super::request::{Request, Usage};
use super::rule::Rule;
use super::special::SpecialRange;

/// What a policy decided on one request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decision<'p> {
    /// What was asked, with canonical addresses.
    pub request: Request,
    /// Whether it may be done.
    pub verdict: Verdict<'p>,
}

/// Whether something may be done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict<'p> {
    /// It may.
    Allowed {
        /// The rule that allows it; for creating a socket and binding it
        /// implicitly, the first rule that makes it of use.
        rule: &'p ListedRule,
        /// The capability to do it.
        grant: Grant<'p>,
    },
    /// It may, because the policy only counts ([`Mode::Count`](super::Mode::Count)).
    WouldBeDenied {
        /// Why it would be denied.
        denial: Box<Denial>,
        /// The capability to do it.
        grant: Grant<'p>,
    },
    /// It may not.
    Denied(Box<Denial>),
}

impl<'p> Decision<'p> {
    /// The capability, if it may be done.
    #[must_use]
    pub fn grant(&self) -> Option<Grant<'p>> {
        match self.verdict {
            Verdict::Allowed { grant, .. } | Verdict::WouldBeDenied { grant, .. } => Some(grant),
            Verdict::Denied(_) => None,
        }
    }

    /// The denial, if there is one, enforced or not.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        match &self.verdict {
            Verdict::Allowed { .. } => None,
            Verdict::WouldBeDenied { denial, .. } | Verdict::Denied(denial) => Some(denial),
        }
    }

    /// The rule that decided: the one that allows it, or the deny rule that forbids it.
    #[must_use]
    pub fn rule(&self) -> Option<&ListedRule> {
        match &self.verdict {
            Verdict::Allowed { rule, .. } => Some(rule),
            Verdict::WouldBeDenied { denial, .. } | Verdict::Denied(denial) => {
                denial.rule.as_deref()
            }
        }
    }

    /// A label for logs and counters, which never changes: `allowed`,
    /// `would-be-denied` or `denied`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self.verdict {
            Verdict::Allowed { .. } => "allowed",
            Verdict::WouldBeDenied { .. } => "would-be-denied",
            Verdict::Denied(_) => "denied",
        }
    }
}

/// Is called for every decision on behalf of one provider instance, in the thread
/// that decides, before anything is done: it must neither block nor call the provider.
///
/// ```
/// use std::sync::Arc;
/// use wsp_guard::policy::{Decision, Observer};
///
/// let observer: Arc<dyn Observer> = Arc::new(
///     |decision: &Decision<'_>| eprintln!("{}: {}", decision.request, decision.label()),
/// );
/// ```
pub trait Observer: Send + Sync {
    /// A decision was made.
    fn decided(&self, decision: &Decision<'_>);
}

impl<F: Fn(&Decision<'_>) + Send + Sync> Observer for F {
    fn decided(&self, decision: &Decision<'_>) {
        self(decision);
    }
}

/// The capability to do what was allowed.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    /// Do it through this pool, which has the address.
    Pool(&'a Pool),
    /// There is no address to look up in a pool, or it is the system's choice.
    WithoutPool,
}

impl fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::WithoutPool => "WithoutPool",
        })
    }
}

/// Why a request was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DenialReason {
    /// The policy allows nothing for the protocol at all.
    NoGrantForProtocol,
    /// The policy allows nothing outbound for the protocol.
    NoOutboundGrant,
    /// No outbound rule covers the address and port.
    OutboundAddressNotAllowed,
    /// No inbound rule covers the local address and port.
    InboundAddressNotAllowed,
    /// There are rules for peers, and none covers this one.
    PeerNotAllowed,
    /// A rule is wide enough, but the address is in a range that needs a rule of its own.
    SpecialRangeNeedsExplicitRule,
    /// No rule covers the name.
    NameNotAllowed,
    /// A deny rule covers it, whatever the other rules say.
    DeniedByRule,
}

impl DenialReason {
    /// A label for logs and counters; it never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoGrantForProtocol => "no-grant-for-protocol",
            Self::NoOutboundGrant => "no-outbound-grant",
            Self::OutboundAddressNotAllowed => "outbound-address-not-allowed",
            Self::InboundAddressNotAllowed => "inbound-address-not-allowed",
            Self::PeerNotAllowed => "peer-not-allowed",
            Self::SpecialRangeNeedsExplicitRule => "special-range-needs-explicit-rule",
            Self::NameNotAllowed => "name-not-allowed",
            Self::DeniedByRule => "denied-by-rule",
        }
    }
}

/// The allow rule that came closest to covering a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The rule.
    pub rule: Arc<ListedRule>,
    /// What it has otherwise.
    pub miss: Miss,
}

/// Why a rule does not cover an address, from the nearest miss to the farthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// The address is in a special range, which the rule does not name.
    SpecialRange,
    /// It is for another port.
    Port,
    /// It is for another address.
    Address,
    /// It is for another address and another port.
    AddressAndPort,
    /// It is for another protocol.
    Protocol,
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let miss = match self.miss {
            Miss::SpecialRange => "does not name the special range",
            Miss::Port => "is for another port",
            Miss::Address => "is for another address",
            Miss::AddressAndPort => "is for another address and port",
            Miss::Protocol => "is for another protocol",
        };
        write!(f, "{} {miss}", self.rule)
    }
}

/// A denied request. It prints as one sentence for the operator; a program
/// learns no more than WSAEACCES.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence("is denied"))]
#[non_exhaustive]
pub struct Denial {
    /// What was asked, with canonical addresses.
    pub request: Request,
    /// Why it was denied.
    pub reason: DenialReason,
    /// The range that the address is in, if that is the reason.
    pub special: Option<SpecialRange>,
    /// The deny rule, if that is the reason.
    pub rule: Option<Arc<ListedRule>>,
    /// The allow rule that came closest, if there is one.
    pub nearest: Option<Nearest>,
    /// The file that the policy was read from, if any.
    pub(super) file: Option<Arc<str>>,
}

impl Denial {
    pub(super) fn new(request: &Request, reason: DenialReason) -> Self {
        Self {
            request: request.clone(),
            reason,
            special: None,
            rule: None,
            nearest: None,
            file: None,
        }
    }

    /// The canonical address that a rule was missing for; `None` if the request names none.
    #[must_use]
    pub fn address_denied(&self) -> Option<SocketAddr> {
        match (&self.request, self.remedy().list.subject) {
            // The local address is denied, not the peer.
            (
                Request::Socket {
                    usage: Usage::Accept { local, .. },
                    ..
                },
                Some(Subject::Inbound),
            ) => Some(*local),
            (request, _) => request.address(),
        }
    }

    /// What would allow the request.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        if let Some(rule) = &self.rule {
            return Remedy {
                list: rule.list(),
                rule: rule.pattern.to_string(),
            };
        }
        let (protocol, usage) = match &self.request {
            Request::Resolve { name } => {
                return Remedy {
                    list: RuleList {
                        effect: Effect::Allow,
                        subject: None,
                    },
                    rule: name.clone(),
                };
            }
            Request::Socket { protocol, usage } => (*protocol, *usage),
        };
        let (subject, rule) = match usage {
            Usage::Accept { peer, .. } | Usage::DatagramFrom { peer, .. }
                if self.reason == DenialReason::PeerNotAllowed
                    || self.nearest_is_about(Subject::Peer) =>
            {
                let hosts = Hosts::Network(peer.ip().into());
                (Subject::Peer, format!("{protocol}://{hosts}:*"))
            }
            Usage::Create | Usage::ImplicitBind => {
                (usage.subject(), format!("{protocol}://HOST:PORT"))
            }
            Usage::Bind(address)
            | Usage::Listen(address)
            | Usage::Accept { local: address, .. }
            | Usage::Connect(address)
            | Usage::DatagramTo(address)
            | Usage::DatagramFrom { peer: address, .. } => {
                let rule = Rule::exact(protocol, address).to_string();
                (usage.subject(), rule)
            }
        };
        Remedy {
            list: RuleList::allowing(subject),
            rule,
        }
    }

    fn nearest_is_about(&self, subject: Subject) -> bool {
        let nearest = self.nearest.as_ref();
        nearest.is_some_and(|nearest| nearest.rule.list().subject == Some(subject))
    }

    /// One sentence of a denial that is only counted.
    #[must_use]
    pub fn would_be(&self) -> String {
        self.sentence("would be denied")
    }

    /// One sentence of what was allowed before another policy came into force.
    #[must_use]
    pub fn no_longer(&self) -> String {
        self.sentence("is no longer allowed, and was ended")
    }

    /// Whether strangers can cause it at will, by sending datagrams or connecting.
    #[must_use]
    pub fn is_by_strangers(&self) -> bool {
        matches!(
            self.request,
            Request::Socket {
                usage: Usage::DatagramFrom { .. } | Usage::Accept { .. },
                ..
            }
        )
    }

    /// Why it was denied, as a part of a sentence.
    #[must_use]
    pub fn explanation(&self) -> String {
        let protocol = match &self.request {
            Request::Socket { protocol, .. } => protocol.scheme(),
            Request::Resolve { .. } => "names",
        };
        match self.reason {
            DenialReason::NoGrantForProtocol => format!("nothing is granted to {protocol}"),
            DenialReason::NoOutboundGrant => format!("{protocol} has no outbound rule"),
            DenialReason::OutboundAddressNotAllowed => "no outbound rule covers it".into(),
            DenialReason::InboundAddressNotAllowed => "no inbound rule covers it".into(),
            DenialReason::PeerNotAllowed => "no rule for peers covers it".into(),
            DenialReason::NameNotAllowed => "no rule covers the name".into(),
            DenialReason::SpecialRangeNeedsExplicitRule => match self.special {
                Some(range) => format!(
                    "{} {range} address needs a rule of its own",
                    range.article()
                ),
                None => "the address needs a rule of its own".into(),
            },
            DenialReason::DeniedByRule => match &self.rule {
                Some(rule) => format!("{rule} forbids it"),
                None => "a deny rule forbids it".into(),
            },
        }
    }

    fn sentence(&self, verdict: &str) -> String {
        let (request, explanation) = (&self.request, self.explanation());
        let remedy = self.remedy();
        let verb = if remedy.list.is_deny() {
            "allow it by taking away"
        } else {
            "allow it with"
        };
        let flag = remedy.flag();
        let mut sentence = format!("{request} {verdict}: {explanation}; {verb} {flag}");
        if let Some(file) = &self.file {
            let (rule, list) = (&remedy.rule, remedy.list);
            let (table, key) = (list.table(), list.key());
            let preposition = if list.is_deny() { "from" } else { "in" };
            let file = file.escape_debug();
            sentence += &format!(", or {rule:?} {preposition} {key} of [{table}] in {file}");
        }
        sentence
    }
}

/// The rule to add to a list of the policy, or, in a list of deny rules, to take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The list.
    pub list: RuleList,
    /// The rule, in the grammar of the list. `HOST:PORT` stands for what the
    /// request does not tell.
    pub rule: String,
}

impl Remedy {
    /// The flag of the command, such as `--allow-outbound=tcp://192.0.2.1:80`.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("{}={}", self.list.flag(), self.rule)
    }

    /// The line of a policy file, such as `outbound.allow = ["tcp://192.0.2.1:80"]`.
    #[must_use]
    pub fn toml(&self) -> String {
        let (table, key) = (self.list.table(), self.list.key());
        format!("{table}.{key} = [{:?}]", self.rule)
    }
}
