//! What keeps a driver from spinning on readiness that is not there.

use std::time::Duration;

/// Wake-ups in vain that are taken for bad luck.
const TOLERATED: u32 = 4;

/// How often a pause doubles, from one millisecond on: up to 64 ms.
const DOUBLINGS: u32 = 6;

/// Counts tries in vain. A socket that reported an error, or whose peer has
/// closed it, stays "ready" for the reactor for ever.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    in_vain: u32,
}

impl Backoff {
    /// Something was done: the count starts again.
    pub(super) fn progressed(&mut self) {
        self.in_vain = 0;
    }

    /// Nothing could be done: after a few times in a row, how long to pause.
    pub(super) fn in_vain(&mut self) -> Option<Duration> {
        self.in_vain = self.in_vain.saturating_add(1);
        let beyond = self.in_vain.checked_sub(TOLERATED + 1)?;
        Some(pause(beyond))
    }

    /// Counts a try that moved something or nothing, and pauses after some in vain.
    pub(super) async fn blocked(&mut self, progressed: bool) {
        if progressed {
            self.progressed();
        } else if let Some(pause) = self.in_vain() {
            tokio::time::sleep(pause).await;
        }
    }

    /// How long to pause before the next look at what nobody announces.
    pub(super) fn next_look(&mut self) -> Duration {
        let pause = pause(self.in_vain);
        self.in_vain = self.in_vain.saturating_add(1);
        pause
    }
}

/// A pause after so many others.
fn pause(earlier: u32) -> Duration {
    Duration::from_millis(1 << earlier.min(DOUBLINGS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wake_ups_in_vain_are_slowed_down_the_more_there_are() {
        let mut backoff = Backoff::default();
        for _ in 0..1000 {
            assert_eq!(backoff.in_vain(), None, "progress keeps it awake");
            backoff.progressed();
        }
        for _ in 0..TOLERATED {
            assert_eq!(backoff.in_vain(), None);
        }
        for milliseconds in [1, 2, 4, 8, 16, 32, 64, 64] {
            let pause = Duration::from_millis(milliseconds);
            assert_eq!(backoff.in_vain(), Some(pause));
        }
        backoff.progressed();
        assert_eq!(backoff.in_vain(), None);
    }

    #[test]
    fn looks_at_what_nobody_announces_become_rarer() {
        let mut backoff = Backoff::default();
        let looks: Vec<u128> = (0..8).map(|_| backoff.next_look().as_millis()).collect();
        assert_eq!(looks, [1, 2, 4, 8, 16, 32, 64, 64]);
    }
}
