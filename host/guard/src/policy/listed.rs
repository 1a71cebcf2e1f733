//! A rule with the list of the policy that it is in.

use std::fmt;

use super::names::NamePattern;
use super::rule::Rule;

/// A list of rules: each is a flag of the command and a key of a policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleList {
    /// What may be connected and sent to.
    AllowOutbound,
    /// What may not, whatever else says so.
    DenyOutbound,
    /// Where it may be bound, listened and received.
    AllowInbound,
    /// Where it may not.
    DenyInbound,
    /// Who may come in; everyone where the list is empty.
    AllowPeer,
    /// Who may not.
    DenyPeer,
    /// Which names may be resolved.
    AllowResolve,
    /// Which may not.
    DenyResolve,
}

impl RuleList {
    /// The flag of the command.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::AllowOutbound => "--allow-outbound",
            Self::DenyOutbound => "--deny-outbound",
            Self::AllowInbound => "--allow-inbound",
            Self::DenyInbound => "--deny-inbound",
            Self::AllowPeer => "--allow-peer",
            Self::DenyPeer => "--deny-peer",
            Self::AllowResolve => "--allow-resolve",
            Self::DenyResolve => "--deny-resolve",
        }
    }

    /// The table of a policy file.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Self::AllowOutbound | Self::DenyOutbound => "outbound",
            Self::AllowInbound | Self::DenyInbound => "inbound",
            Self::AllowPeer | Self::DenyPeer => "peer",
            Self::AllowResolve | Self::DenyResolve => "resolve",
        }
    }

    /// The key in that table.
    #[must_use]
    pub fn key(self) -> &'static str {
        if self.is_deny() { "deny" } else { "allow" }
    }

    /// Whether its rules forbid.
    #[must_use]
    pub fn is_deny(self) -> bool {
        matches!(
            self,
            Self::DenyOutbound | Self::DenyInbound | Self::DenyPeer | Self::DenyResolve
        )
    }
}

/// A rule with the list that it is in. It prints as the flag of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRule {
    /// The list.
    pub list: RuleList,
    /// What it covers.
    pub pattern: Pattern,
}

/// What a rule covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Addresses and ports.
    Address(Rule),
    /// Names.
    Name(NamePattern),
}

/// The form that rules of the list are written in.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(rule) => rule.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for ListedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.list.flag(), self.pattern)
    }
}
