//! The quotas by name.

use std::fmt;

/// What can be used up. Its name is the same in the policy file, in reports, in
/// the audit log and in the label `quota` of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum QuotaKind {
    /// Sockets open at once.
    Sockets,
    /// Operations outstanding at once.
    Operations,
    /// Bytes held for pending operations.
    PendingBytes,
    /// Payload memory.
    PayloadBytes,
    /// Parts of one WSABUF array.
    Parts,
    /// Bytes sent in a second.
    BytesPerSecond,
    /// Connections attempted in a second.
    ConnectsPerSecond,
    /// Linear memory and tables of the store.
    MemoryBytes,
}

impl QuotaKind {
    /// Every quota.
    pub const ALL: [QuotaKind; 8] = [
        QuotaKind::Sockets,
        QuotaKind::Operations,
        QuotaKind::PendingBytes,
        QuotaKind::PayloadBytes,
        QuotaKind::Parts,
        QuotaKind::BytesPerSecond,
        QuotaKind::ConnectsPerSecond,
        QuotaKind::MemoryBytes,
    ];

    /// A stable name; it never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            QuotaKind::Sockets => "sockets",
            QuotaKind::Operations => "operations",
            QuotaKind::PendingBytes => "pending-bytes",
            QuotaKind::PayloadBytes => "payload-bytes",
            QuotaKind::Parts => "parts",
            QuotaKind::BytesPerSecond => "bytes-per-second",
            QuotaKind::ConnectsPerSecond => "connects-per-second",
            QuotaKind::MemoryBytes => "memory-bytes",
        }
    }
}

impl fmt::Display for QuotaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose quota was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// That of the instance ([`super::Limits`]).
    Instance,
    /// That of all instances together ([`super::HostQuota`]).
    Host,
}

impl Scope {
    /// A stable name; it never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Instance => "instance",
            Scope::Host => "host",
        }
    }
}

/// Something was refused, because this quota was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the quota {kind} of the {} is used up", .scope.as_str())]
pub struct Refusal {
    /// What is used up.
    pub kind: QuotaKind,
    /// Whose it is.
    pub scope: Scope,
}
