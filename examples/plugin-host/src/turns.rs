//! The turns that the plugins take, and how long each waits for its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;
use serde::Serialize;
use tokio::sync::Semaphore;

/// What the plugins share to take turns.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    clock: Clock,
    /// How many may compute at once.
    computing: Arc<Semaphore>,
}

impl Schedule {
    /// Lets so many plugins compute at once; the runtime needs a thread more.
    pub(crate) fn new(processors: usize) -> Schedule {
        Schedule {
            clock: Clock::default(),
            computing: Arc::new(Semaphore::new(processors)),
        }
    }
}

/// The turns that all plugins have had, together.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<AtomicU64>);

/// The turns of one plugin. A turn ends when the plugin waits for something, or with
/// the epoch.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Turns {
    pub(crate) own: u64,
    /// Turns of others between the moments when this one could have gone on and its own turns.
    pub(crate) waited: u64,
}

impl Turns {
    /// Turns of others that it waited for each of its own.
    pub(crate) fn waited_for_each(&self) -> f64 {
        self.waited as f64 / self.own.max(1) as f64
    }
}

/// Gives `plugin` its turns and counts them. One that computes until its turn is over
/// goes on only as one of so many that compute, and leaves a thread of the runtime to
/// those that wait for the network.
pub(crate) async fn taken<F: Future>(schedule: &Schedule, plugin: F) -> (F::Output, Turns) {
    let mut plugin = std::pin::pin!(plugin);
    let woken = Arc::new(Woken {
        clock: schedule.clock.clone(),
        at: AtomicU64::new(schedule.clock.now()),
        task: AtomicWaker::new(),
    });
    let waker = Waker::from(Arc::clone(&woken));
    let (mut turns, mut computes) = (Turns::default(), false);
    loop {
        // Nobody closes it, so there always is a permit in the end.
        let permit = match computes {
            true => schedule.computing.acquire().await.ok(),
            false => None,
        };
        let begun = schedule.clock.begin();
        turns.own += 1;
        turns.waited += begun.saturating_sub(woken.at.swap(ASLEEP, Ordering::SeqCst));
        if let Poll::Ready(output) = plugin.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, turns);
        }
        drop(permit);
        computes = woken.is_awake();
        if computes {
            tokio::task::yield_now().await;
        } else {
            woken.wait().await;
        }
    }
}

/// Nothing has woken the plugin since its turn began.
const ASLEEP: u64 = u64::MAX;

/// When a plugin could have gone on.
struct Woken {
    clock: Clock,
    /// The turns that there had been by then, or [`ASLEEP`].
    at: AtomicU64,
    task: AtomicWaker,
}

impl Woken {
    fn is_awake(&self) -> bool {
        self.at.load(Ordering::SeqCst) != ASLEEP
    }

    /// Until the plugin can go on.
    async fn wait(&self) {
        std::future::poll_fn(|context| {
            self.task.register(context.waker());
            match self.is_awake() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        let now = self.clock.now();
        // Only the first to wake it counts.
        let _ = self
            .at
            .compare_exchange(ASLEEP, now, Ordering::SeqCst, Ordering::SeqCst);
        self.task.wake();
    }
}

impl Clock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// The turns before the one that begins now.
    fn begin(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}
