//! Counters, through the facade of the crate `metrics`.
//!
//! They count over all instances: a tenant is never a label, because tenants come
//! and go; a [`super::Monitor`] and the audit log report what each one does.
//! Install a recorder before the first instance is made; without one, counting
//! costs next to nothing.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};

use crate::quota::Refusal;

/// Counter: sockets created or accepted.
pub const SOCKETS: &str = "wsp_sockets_total";
/// Gauge: sockets open now.
pub const SOCKETS_OPEN: &str = "wsp_sockets_open";
/// Counter: connections attempted.
pub const CONNECTS: &str = "wsp_connects_total";
/// Counter: operations that did not end at once.
pub const OPERATIONS: &str = "wsp_operations_total";
/// Counter: sends that went out in a system call with others.
pub const SENDS_JOINED: &str = "wsp_sends_joined_total";
/// Counter: bytes that the system took.
pub const BYTES_SENT: &str = "wsp_bytes_sent_total";
/// Counter: bytes received.
pub const BYTES_RECEIVED: &str = "wsp_bytes_received_total";
/// Counter: sockets that were ended because a policy that came into force did not allow them.
pub const REVOKED: &str = "wsp_revoked_total";
/// Counter: denials of the policy; labels `reason`, as in [`crate::policy::DenialReason::as_str`],
/// and `verdict`, `denied` or `would-be-denied`.
pub const DENIALS: &str = "wsp_denials_total";
/// Counter: refusals by quotas; labels `quota`, as in [`crate::quota::QuotaKind::as_str`],
/// and `scope`, as in [`crate::quota::Scope::as_str`].
pub const REFUSALS: &str = "wsp_quota_refusals_total";

/// Describes each metric to the recorder. Call it once, after installing one.
pub fn describe() {
    describe_counter!(SOCKETS, Unit::Count, "Sockets created or accepted");
    describe_gauge!(SOCKETS_OPEN, Unit::Count, "Sockets open now");
    describe_counter!(CONNECTS, Unit::Count, "Connections attempted");
    describe_counter!(
        OPERATIONS,
        Unit::Count,
        "Operations that did not end at once"
    );
    describe_counter!(
        SENDS_JOINED,
        Unit::Count,
        "Sends that went out in a system call with others"
    );
    describe_counter!(BYTES_SENT, Unit::Bytes, "Bytes that the system took");
    describe_counter!(BYTES_RECEIVED, Unit::Bytes, "Bytes received");
    describe_counter!(
        REVOKED,
        Unit::Count,
        "Sockets ended by a policy that came into force"
    );
    describe_counter!(
        DENIALS,
        Unit::Count,
        "Denials of the policy by reason and verdict"
    );
    describe_counter!(REFUSALS, Unit::Count, "Refusals by quota and scope");
}

/// The counters on the paths of every operation, looked up once for each instance.
pub(crate) struct Meters {
    pub(crate) sockets: Counter,
    pub(crate) sockets_open: Gauge,
    pub(crate) connects: Counter,
    pub(crate) operations: Counter,
    pub(crate) sends_joined: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) bytes_received: Counter,
}

impl Default for Meters {
    fn default() -> Meters {
        Meters {
            sockets: counter!(SOCKETS),
            sockets_open: gauge!(SOCKETS_OPEN),
            connects: counter!(CONNECTS),
            operations: counter!(OPERATIONS),
            sends_joined: counter!(SENDS_JOINED),
            bytes_sent: counter!(BYTES_SENT),
            bytes_received: counter!(BYTES_RECEIVED),
        }
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl Meters {
    pub(crate) fn denied(reason: &'static str, verdict: &'static str) {
        counter!(DENIALS, "reason" => reason, "verdict" => verdict).increment(1);
    }

    pub(crate) fn revoked() {
        counter!(REVOKED).increment(1);
    }

    pub(crate) fn refused(refusal: Refusal) {
        let (quota, scope) = (refusal.kind.as_str(), refusal.scope.as_str());
        counter!(REFUSALS, "quota" => quota, "scope" => scope).increment(1);
    }
}
