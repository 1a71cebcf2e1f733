//! A rule with the list of the policy that it is in.

use std::fmt;

use super::name_pattern::NamePattern;
use super::rule::Rule;

/// What the rules on addresses are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The peers that sockets connect and send to.
    Outbound,
    /// The local addresses that sockets are bound to, and listen and receive on.
    Inbound,
    /// The peers that connect to inbound addresses and send to them; everyone is
    /// welcome if nothing is allowed.
    Peer,
}

/// What a rule does with what it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It may be done.
    Allow,
    /// It may not, whatever other rules say.
    Deny,
}

/// A list of rules: each is a flag of the command and a key of a policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleList {
    /// What its rules do.
    pub effect: Effect,
    /// What its rules are about; `None` for the names that may be resolved.
    pub subject: Option<Subject>,
}

impl RuleList {
    pub(super) fn allowing(subject: Subject) -> Self {
        Self {
            effect: Effect::Allow,
            subject: Some(subject),
        }
    }

    /// The flag of the command.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match (self.effect, self.subject) {
            (Effect::Allow, Some(Subject::Outbound)) => "--allow-outbound",
            (Effect::Deny, Some(Subject::Outbound)) => "--deny-outbound",
            (Effect::Allow, Some(Subject::Inbound)) => "--allow-inbound",
            (Effect::Deny, Some(Subject::Inbound)) => "--deny-inbound",
            (Effect::Allow, Some(Subject::Peer)) => "--allow-peer",
            (Effect::Deny, Some(Subject::Peer)) => "--deny-peer",
            (Effect::Allow, None) => "--allow-resolve",
            (Effect::Deny, None) => "--deny-resolve",
        }
    }

    /// The table of a policy file.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self.subject {
            Some(Subject::Outbound) => "outbound",
            Some(Subject::Inbound) => "inbound",
            Some(Subject::Peer) => "peer",
            None => "resolve",
        }
    }

    /// The key in that table.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        }
    }

    /// Whether its rules forbid.
    #[must_use]
    pub fn is_deny(self) -> bool {
        self.effect == Effect::Deny
    }
}

/// A rule with the list that it is in. It prints as the flag of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRule {
    /// What it does.
    pub effect: Effect,
    /// What it covers.
    pub pattern: Pattern,
}

/// What a rule covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Addresses and ports.
    Address {
        /// Whose addresses they are.
        subject: Subject,
        /// Which addresses and ports.
        rule: Rule,
    },
    /// Names.
    Name(NamePattern),
}

impl ListedRule {
    /// The list that it is in.
    #[must_use]
    pub fn list(&self) -> RuleList {
        let subject = match &self.pattern {
            Pattern::Address { subject, .. } => Some(*subject),
            Pattern::Name(_) => None,
        };
        RuleList {
            effect: self.effect,
            subject,
        }
    }
}

/// The form that rules of the list are written in.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { rule, .. } => rule.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for ListedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.list().flag(), self.pattern)
    }
}
