//! What all instances of a host may use together.

use std::num::NonZeroU64;
use std::sync::{Arc, OnceLock};

use super::Held;
use super::account::Pool;
use super::clock::Clock;

/// Lower bound, even if the descriptor limit is smaller.
const FEWEST_SOCKETS: usize = 64;

/// Upper bound, even if the descriptor limit is larger.
const MOST_SOCKETS: usize = 65_536;

/// Bounds of what the instances that share a [`HostQuota`] may hold and do
/// together. `None` is no bound, and costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostLimits {
    /// See [`super::Limits::sockets`]. Default: three quarters of the descriptors that the
    /// process may open (RLIMIT_NOFILE), but at least 64 and at most 65,536, which is it also
    /// on Windows, which has no such limit.
    pub sockets: Option<usize>,
    /// See [`super::Limits::operations`]. Default: none.
    pub operations: Option<usize>,
    /// See [`super::Limits::pending_bytes`]. Default: none.
    pub pending_bytes: Option<usize>,
    /// See [`super::Limits::payload_bytes`]. Default: none.
    pub payload_bytes: Option<usize>,
    /// See [`super::Limits::bytes_per_second`]. Default: none.
    pub bytes_per_second: Option<NonZeroU64>,
    /// See [`super::Limits::connects_per_second`]. Default: none.
    pub connects_per_second: Option<NonZeroU64>,
}

impl Default for HostLimits {
    fn default() -> HostLimits {
        HostLimits {
            sockets: Some(sockets_of(descriptors())),
            operations: None,
            pending_bytes: None,
            payload_bytes: None,
            bytes_per_second: None,
            connects_per_second: None,
        }
    }
}

/// How many descriptors the process may open; `None` is no limit.
#[cfg(unix)]
fn descriptors() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// How many sockets the process may open: as many as there is memory for.
#[cfg(windows)]
fn descriptors() -> Option<u64> {
    None
}

/// How many sockets a limit of descriptors allows; `None` is no limit.
fn sockets_of(descriptors: Option<u64>) -> usize {
    let descriptors = descriptors.and_then(|limit| usize::try_from(limit).ok());
    let sockets = descriptors.unwrap_or(usize::MAX) / 4 * 3;
    sockets.clamp(FEWEST_SOCKETS, MOST_SOCKETS)
}

/// A pool that several instances draw on, each after its own [`super::Limits`]. Clones
/// share it. The default is one for the whole process, with the default
/// [`HostLimits`], because descriptors belong to the process.
///
/// ```
/// use wsp_guard::quota::{HostLimits, HostQuota};
///
/// let mut limits = HostLimits::default();
/// limits.payload_bytes = Some(256 << 20);
/// let together = HostQuota::new(limits);
///
/// // … one guard with a share of it for each instance, and then:
/// assert_eq!(together.held().payload_bytes, 0);
/// ```
#[derive(Clone, Debug)]
pub struct HostQuota {
    pool: Arc<Pool>,
}

impl Default for HostQuota {
    fn default() -> HostQuota {
        static PROCESS: OnceLock<HostQuota> = OnceLock::new();
        PROCESS
            .get_or_init(|| HostQuota::new(HostLimits::default()))
            .clone()
    }
}

impl HostQuota {
    /// A pool with these limits.
    #[must_use]
    pub fn new(limits: HostLimits) -> HostQuota {
        HostQuota::with_clock(limits, Clock::default())
    }

    /// As [`HostQuota::new`], with another clock for the rates.
    #[must_use]
    pub fn with_clock(limits: HostLimits, clock: Clock) -> HostQuota {
        HostQuota {
            pool: Arc::new(Pool::of_host(&limits, &clock)),
        }
    }

    /// What the instances hold now. What has no limit is not counted.
    #[must_use]
    pub fn held(&self) -> Held {
        self.pool.held()
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_sockets_follow_the_descriptors_within_bounds() {
        for (descriptors, sockets) in [
            (Some(0), 64),
            (Some(20), 64),
            (Some(1024), 768),
            (Some(1 << 20), 65_536),
            (Some(u64::MAX), 65_536),
            (None, 65_536),
        ] {
            assert_eq!(sockets_of(descriptors), sockets, "{descriptors:?}");
        }
    }
}
