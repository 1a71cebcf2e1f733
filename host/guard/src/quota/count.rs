//! Counting what is in use.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How much of one thing is in use.
#[derive(Debug)]
pub(super) struct Count {
    limit: usize,
    used: AtomicUsize,
}

impl Count {
    /// Without a limit nothing is counted, which costs nothing.
    pub(super) fn new(limit: Option<usize>) -> Count {
        Count {
            limit: limit.unwrap_or(usize::MAX),
            used: AtomicUsize::new(0),
        }
    }

    /// Takes `amount`, if that much is left. What was taken must be given back.
    pub(super) fn take(&self, amount: usize) -> bool {
        if !self.is_limited() {
            return true;
        }
        let more = |used: usize| used.checked_add(amount).filter(|used| *used <= self.limit);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    /// Whether `amount` could be taken now.
    pub(super) fn has(&self, amount: usize) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used.checked_add(amount)
            .is_some_and(|used| used <= self.limit)
    }

    /// Takes `amount`, which must be known to be left.
    pub(super) fn add(&self, amount: usize) {
        if self.is_limited() {
            self.used.fetch_add(amount, Ordering::Relaxed);
        }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit != usize::MAX
    }

    pub(super) fn give_back(&self, amount: usize) {
        if self.is_limited() {
            self.used.fetch_sub(amount, Ordering::Relaxed);
        }
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_the_limit_is_refused_and_what_is_given_back_can_be_taken_again() {
        let count = Count::new(Some(100));
        assert!(count.take(90));
        assert!(!count.take(11));
        assert!(!count.take(usize::MAX));
        count.give_back(90);
        assert!(count.take(100));
        assert_eq!(count.used(), 100);
    }
}
