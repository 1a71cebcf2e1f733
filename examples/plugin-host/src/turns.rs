//! Whether the plugins take turns: how long each waits for its own.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;
use serde::Serialize;

/// The turns that all plugins have had, together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

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

/// Counts the turns of `plugin`.
pub(crate) async fn counted<F: Future>(clock: &Clock, plugin: F) -> (F::Output, Turns) {
    let mut plugin = std::pin::pin!(plugin);
    let woken = Arc::new(Woken {
        clock: clock.clone(),
        at: AtomicU64::new(clock.now()),
        task: AtomicWaker::new(),
    });
    let waker = Waker::from(Arc::clone(&woken));
    let mut turns = Turns::default();
    let output = std::future::poll_fn(|context| {
        woken.task.register(context.waker());
        turn(plugin.as_mut(), &woken, &waker, &mut turns)
    });
    (output.await, turns)
}

fn turn<F: Future>(
    plugin: Pin<&mut F>,
    woken: &Woken,
    waker: &Waker,
    turns: &mut Turns,
) -> Poll<F::Output> {
    let begun = woken.clock.begin();
    turns.own += 1;
    turns.waited += begun.saturating_sub(woken.at.swap(ASLEEP, Ordering::SeqCst));
    plugin.poll(&mut Context::from_waker(waker))
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
