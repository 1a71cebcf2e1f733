//! What keeps a task from spinning on readiness that is not there.

use std::time::Duration;

/// Wake-ups in vain that are taken for bad luck.
const TOLERATED: u32 = 4;

/// How long to pause then.
const PAUSE: Duration = Duration::from_millis(1);

/// Counts wake-ups in vain. A socket that reported an error, or whose peer has
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
        (self.in_vain > TOLERATED).then_some(PAUSE)
    }

    /// Counts a wake-up that found no room or no data after all, and pauses
    /// where there was no progress for too long.
    pub(super) async fn blocked(&mut self, progressed: bool) {
        if progressed {
            self.progressed();
        } else if let Some(pause) = self.in_vain() {
            tokio::time::sleep(pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wake_ups_in_vain_are_slowed_down() {
        let mut backoff = Backoff::default();
        for _ in 0..1000 {
            assert_eq!(backoff.in_vain(), None, "progress keeps it awake");
            backoff.progressed();
        }
        for _ in 0..TOLERATED {
            assert_eq!(backoff.in_vain(), None);
        }
        assert_eq!(backoff.in_vain(), Some(PAUSE));
        backoff.progressed();
        assert_eq!(backoff.in_vain(), None);
    }
}
