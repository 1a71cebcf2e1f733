//! What one provider instance may use, and the counting of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bounds of what one provider instance may hold. What exceeds them is refused
/// at once, with the truthful error, and nothing is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Sockets open at once; the next one fails with WSAEMFILE. Default: 1,024.
    pub sockets: usize,
    /// Operations pending at once; the next one fails with WSAEWOULDBLOCK, as
    /// WSPSend says of too many outstanding requests. Default: 131,072.
    pub operations: usize,
    /// Bytes of payload that the host holds at once: pending sends, receive
    /// buffers and WSABUF arrays; beyond, WSAENOBUFS. Default: 64 MiB.
    pub payload_bytes: usize,
    /// Parts of one WSABUF array; a longer one fails with WSAENOBUFS. Default: 65,536.
    pub parts: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            sockets: 1024,
            operations: 131_072,
            payload_bytes: 64 << 20,
            parts: 65_536,
        }
    }
}

/// Counts what is in use against [`Limits`].
#[derive(Debug)]
pub(crate) struct Quota {
    pub(crate) sockets: Arc<Count>,
    pub(crate) operations: Arc<Count>,
    pub(crate) payload_bytes: Arc<Count>,
}

impl Quota {
    pub(crate) fn new(limits: &Limits) -> Quota {
        let count = |limit| {
            Arc::new(Count {
                limit,
                used: AtomicUsize::new(0),
            })
        };
        Quota {
            sockets: count(limits.sockets),
            operations: count(limits.operations),
            payload_bytes: count(limits.payload_bytes),
        }
    }
}

/// How much of one thing is in use.
#[derive(Debug)]
pub(crate) struct Count {
    limit: usize,
    used: AtomicUsize,
}

impl Count {
    /// Takes `amount`, if that much is left, until the permit is dropped.
    pub(crate) fn take(self: &Arc<Count>, amount: usize) -> Option<Permit> {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(amount).filter(|used| *used <= self.limit)
            })
            .ok()?;
        Some(Permit {
            count: Arc::clone(self),
            amount,
        })
    }

    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// Something taken from a [`Count`]; dropping it gives it back, exactly once.
#[derive(Debug)]
pub(crate) struct Permit {
    count: Arc<Count>,
    amount: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.count.used.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_the_limit_is_refused_and_what_is_dropped_comes_back() {
        let quota = Quota::new(&Limits {
            payload_bytes: 100,
            ..Limits::default()
        });
        let most = quota.payload_bytes.take(90);
        assert!(most.is_some());
        assert!(quota.payload_bytes.take(11).is_none());
        assert!(quota.payload_bytes.take(usize::MAX).is_none());
        drop(most);
        assert!(quota.payload_bytes.take(100).is_some());
        assert_eq!(quota.payload_bytes.used(), 0);
    }
}
