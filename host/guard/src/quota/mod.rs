//! Quotas: what an instance may hold and do, and what all instances may together.
//!
//! Each [`Limits`] belongs to one instance, and a [`HostQuota`] to all that
//! share it. A unit is drawn from the instance's quota first and then from the
//! host's, when a socket is created or an operation is submitted, and what
//! holds it gives it back when it ends, however it ends: done, failed, cancelled,
//! closed, trapped or dropped. What exceeds a quota is refused at once. A refused
//! call has taken nothing and started nothing:
//!
//! | quota | refused with |
//! | --- | --- |
//! | `sockets` | WSAEMFILE |
//! | `operations` | WSAEWOULDBLOCK |
//! | `pending-bytes`, `payload-bytes`, `parts`, `connects-per-second` | WSAENOBUFS |
//! | `bytes-per-second` | WSAEWOULDBLOCK for a nonblocking send; others are paced |
//! | `memory-bytes` | a failed `memory.grow` |
//!
//! A send that ends at once only looks at the instance's quotas; one that stays
//! pending costs a few uncontended atomic operations, and no lock. A quota of the
//! host that is not set, and a rate that is not set, cost nothing.

mod account;
mod amounts;
mod bucket;
mod clock;
mod count;
mod kind;
mod limits;
mod permit;
mod shared;
mod size;

pub(crate) use bucket::Bucket;

pub use account::Account;
pub use amounts::Part;
pub use bucket::Portion;
pub use clock::{Clock, ManualClock};
pub use kind::{QuotaKind, Refusal, Scope};
pub use limits::Limits;
pub use permit::{HostPermit, Permit, Taken};
pub use shared::{HostLimits, HostQuota};
pub use size::{Size, SizeError};

/// What is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Held {
    /// Sockets that are open.
    pub sockets: usize,
    /// Operations that are outstanding.
    pub operations: usize,
    /// Bytes that pending operations hold.
    pub pending_bytes: usize,
    /// Payload memory, in bytes.
    pub payload_bytes: usize,
}
