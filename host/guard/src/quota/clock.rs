//! The clock that rates are measured with.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use event_listener::Event;

use crate::sync::lock;

/// The source of time for the rates. The default is the system's
/// monotonic clock.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System { origin: Instant },
    Manual(Arc<Manual>),
    Other(Other),
}

/// Time as somebody else counts it.
#[derive(Clone)]
struct Other(Arc<dyn Fn() -> Duration + Send + Sync>);

impl std::fmt::Debug for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Other").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Manual {
    now: Mutex<Duration>,
    moved: Event,
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
    /// A clock that reads `now`, the time since some beginning, which never goes back. The
    /// runtime's timers must go by the same time, as tokio's do if `now` reads tokio's clock.
    #[must_use]
    pub fn reading(now: impl Fn() -> Duration + Send + Sync + 'static) -> Clock {
        Clock {
            source: Source::Other(Other(Arc::new(now))),
        }
    }

    /// Time since the clock was made.
    pub(crate) fn now(&self) -> Duration {
        match &self.source {
            Source::System { origin } => origin.elapsed(),
            Source::Manual(manual) => *lock(&manual.now),
            Source::Other(Other(now)) => now(),
        }
    }

    /// Waits until `duration` has passed, for which the system's clock needs the
    /// `timer` of a runtime. A manual clock that is gone stands still for ever.
    pub async fn sleep<T: Future<Output = ()>>(
        &self,
        duration: Duration,
        timer: impl FnOnce(Duration) -> T,
    ) {
        match &self.source {
            Source::System { .. } | Source::Other(_) => timer(duration).await,
            Source::Manual(manual) => {
                let until = self.now().saturating_add(duration);
                loop {
                    // Before the check, so that no move is missed.
                    let moved = manual.moved.listen();
                    if self.now() >= until {
                        return;
                    }
                    moved.await;
                }
            }
        }
    }
}

/// A clock that only moves when it is told to, for tests of what depends on rates.
///
/// ```
/// # use std::time::Duration;
/// let time = wsp_guard::quota::ManualClock::new();
/// let clock = time.clock();
/// // … later, whatever was paced by it goes on:
/// time.advance(Duration::from_secs(1));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock {
    manual: Arc<Manual>,
}

impl ManualClock {
    /// A clock that stands at zero.
    #[must_use]
    pub fn new() -> ManualClock {
        ManualClock::default()
    }

    /// The clock, to be given to [`super::HostQuota::with_clock`] or to the settings of an
    /// instance.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock {
            source: Source::Manual(Arc::clone(&self.manual)),
        }
    }

    /// Moves it forward, and wakes whatever waits for that.
    pub fn advance(&self, by: Duration) {
        {
            let mut now = lock(&self.manual.now);
            *now = now.saturating_add(by);
        }
        self.manual.moved.notify(usize::MAX);
    }
}
