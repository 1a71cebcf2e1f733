//! A token bucket, of atomics only.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::Clock;

const NANOSECONDS: u128 = 1_000_000_000;

/// A rate, as a bucket that holds one second's worth of tokens and begins full.
///
/// Time is counted in tokens: the position of the clock is how many the rate has
/// brought since the beginning, and `spent` is the position at which everything
/// taken so far will have been paid for. Nothing is rounded away.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: NonZeroU64,
    spent: AtomicU64,
    clock: Clock,
}

/// How much of what is wanted may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// As much as there is: a stream takes the rest later.
    Any,
    /// All of it, partly in advance once a quarter of the bucket is there: a datagram goes whole or not at all.
    Whole,
}

impl Bucket {
    pub(crate) fn new(rate: NonZeroU64, clock: Clock) -> Bucket {
        Bucket {
            rate,
            spent: AtomicU64::new(0),
            clock,
        }
    }

    fn capacity(&self) -> u64 {
        self.rate.get()
    }

    /// What is worth waiting for: less would be many small sends.
    fn worthwhile(&self, wanted: u64) -> u64 {
        wanted.min(self.capacity().div_ceil(4))
    }

    fn position(&self) -> u64 {
        let tokens = self.clock.now().as_nanos() * u128::from(self.rate.get()) / NANOSECONDS;
        u64::try_from(tokens).unwrap_or(u64::MAX)
    }

    fn free(&self, spent: u64, position: u64) -> u64 {
        self.capacity()
            .saturating_sub(spent.saturating_sub(position))
    }

    /// Takes up to `wanted` tokens; `None` if there are none.
    pub(crate) fn take(&self, wanted: u64, portion: Portion) -> Option<u64> {
        let position = self.position();
        let granted = |spent| match (self.free(spent, position), portion) {
            (0, _) => None,
            (free, Portion::Any) => Some(wanted.min(free)),
            (free, Portion::Whole) => (free >= self.worthwhile(wanted)).then_some(wanted),
        };
        let after =
            |spent: u64| granted(spent).map(|granted| spent.max(position).saturating_add(granted));
        let before = self
            .spent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, after);
        before.ok().and_then(granted)
    }

    /// Gives back tokens that were taken and not used.
    pub(super) fn give_back(&self, tokens: u64) {
        let less = |spent: u64| Some(spent.saturating_sub(tokens));
        let _ = self
            .spent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// How long to wait until it is worthwhile to take up to `wanted` tokens;
    /// `None` if it is now.
    pub(super) fn wait(&self, wanted: u64) -> Option<Duration> {
        let position = self.position();
        let free = self.free(self.spent.load(Ordering::Relaxed), position);
        let missing = self.worthwhile(wanted).saturating_sub(free);
        if missing == 0 {
            return None;
        }
        let target = u128::from(position) + u128::from(missing);
        let at = (target * NANOSECONDS).div_ceil(u128::from(self.rate.get()));
        let wait = at.saturating_sub(self.clock.now().as_nanos());
        let wait = Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX));
        // The clock may have gone on meanwhile.
        (!wait.is_zero()).then_some(wait)
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::super::ManualClock;
    use super::*;

    fn bucket(rate: u64) -> (ManualClock, Bucket) {
        let time = ManualClock::new();
        let rate = NonZeroU64::new(rate).unwrap_or(NonZeroU64::MIN);
        let bucket = Bucket::new(rate, time.clock());
        (time, bucket)
    }

    #[test]
    fn a_full_bucket_gives_a_seconds_worth_and_then_what_time_brings() {
        let (time, bucket) = bucket(1000);
        assert_eq!(bucket.take(700, Portion::Any), Some(700));
        assert_eq!(bucket.take(700, Portion::Any), Some(300));
        assert_eq!(bucket.take(1, Portion::Any), None);
        time.advance(Duration::from_millis(10));
        assert_eq!(bucket.take(700, Portion::Any), Some(10));
        time.advance(Duration::from_secs(3600));
        assert_eq!(
            bucket.take(5000, Portion::Any),
            Some(1000),
            "no more than it holds"
        );
    }

    #[test]
    fn what_was_not_used_comes_back() {
        let (_time, bucket) = bucket(1000);
        assert_eq!(bucket.take(1000, Portion::Any), Some(1000));
        bucket.give_back(400);
        assert_eq!(bucket.take(1000, Portion::Any), Some(400));
    }

    #[test]
    fn a_datagram_goes_whole_and_is_paid_for_before_the_next() {
        let (time, bucket) = bucket(1000);
        assert_eq!(bucket.take(3000, Portion::Whole), Some(3000));
        time.advance(Duration::from_secs(2));
        assert_eq!(bucket.take(10, Portion::Whole), None);
        assert_eq!(bucket.take(10, Portion::Any), None);
        time.advance(Duration::from_millis(10));
        assert_eq!(bucket.take(10, Portion::Whole), Some(10));
    }

    #[test]
    fn after_the_wait_and_not_before_it_is_worthwhile() {
        for rate in [1, 3, 7, 1000, 1_000_000_007, u64::MAX >> 1] {
            let (time, bucket) = bucket(rate);
            assert_eq!(bucket.wait(u64::MAX), None);
            assert_eq!(bucket.take(u64::MAX, Portion::Any), Some(rate));
            let wait = bucket.wait(u64::MAX);
            let wait = wait.unwrap_or_default();
            time.advance(wait.saturating_sub(Duration::from_nanos(1)));
            assert!(bucket.wait(u64::MAX).is_some(), "{rate}");
            time.advance(Duration::from_nanos(1));
            assert_eq!(bucket.wait(u64::MAX), None, "{rate}");
            assert!(bucket.take(u64::MAX, Portion::Any) >= Some(rate.div_ceil(4)));
        }
    }

    #[test]
    fn however_it_is_asked_it_never_gives_more_than_the_rate() {
        const RATE: u64 = 997;
        let (time, bucket) = bucket(RATE);
        let mut random = 1u64;
        let mut taken = 0;
        let mut elapsed = Duration::ZERO;
        for _ in 0..100_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let number = random >> 40;
            match number % 3 {
                0 => {
                    let step = Duration::from_nanos(number);
                    elapsed += step;
                    time.advance(step);
                }
                1 => taken += bucket.take(number % 50, Portion::Any).unwrap_or(0),
                _ => {
                    let unused = bucket.take(number % 50, Portion::Any).unwrap_or(0);
                    bucket.give_back(unused);
                }
            }
            let brought = elapsed.as_nanos() * u128::from(RATE) / NANOSECONDS;
            assert!(u128::from(taken) <= brought + u128::from(RATE));
        }
        assert!(u128::from(taken) > elapsed.as_nanos() * u128::from(RATE) / NANOSECONDS / 2);
    }
}
