//! The clock that rates are measured with.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// What tells the rates how much time has passed. The default is the system's
/// monotonic clock.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System { origin: Instant },
    Manual { now: watch::Receiver<Duration> },
}

impl Default for Clock {
    fn default() -> Clock {
        let origin = Instant::now();
        Clock {
            source: Source::System { origin },
        }
    }
}

impl Clock {
    /// Time since the clock was made.
    pub(crate) fn now(&self) -> Duration {
        match &self.source {
            Source::System { origin } => origin.elapsed(),
            Source::Manual { now } => *now.borrow(),
        }
    }

    /// Waits until `duration` has passed. A manual clock that is gone stands
    /// still for ever.
    pub(crate) async fn sleep(&self, duration: Duration) {
        match &self.source {
            Source::System { .. } => tokio::time::sleep(duration).await,
            Source::Manual { now } => {
                let mut now = now.clone();
                let until = now.borrow().saturating_add(duration);
                if now.wait_for(|now| *now >= until).await.is_err() {
                    std::future::pending().await
                }
            }
        }
    }
}

/// A clock that only moves when it is told to, for tests of what depends on rates.
///
/// ```
/// # use std::time::Duration;
/// let time = wsp::quota::ManualClock::new();
/// let mut settings = wsp::Settings::default();
/// settings.clock = time.clock();
/// // … later, whatever was paced goes on:
/// time.advance(Duration::from_secs(1));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock {
    now: watch::Sender<Duration>,
}

impl ManualClock {
    /// A clock that stands at zero.
    #[must_use]
    pub fn new() -> ManualClock {
        ManualClock::default()
    }

    /// The clock, to be given to [`crate::Settings::clock`] or [`super::HostQuota::with_clock`].
    #[must_use]
    pub fn clock(&self) -> Clock {
        let now = self.now.subscribe();
        Clock {
            source: Source::Manual { now },
        }
    }

    /// Moves it forward, and wakes whatever waits for that.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = now.saturating_add(by));
    }
}
