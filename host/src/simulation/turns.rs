//! The turns of a program in simulated time.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep};
use wsp_guard::sync::lock;

/// How long a turn takes that a program ends because others should have theirs, and not to wait:
/// otherwise time would stand still for one that computes, or looks again and again.
const TURN: Duration = Duration::from_millis(1);

/// What a program has done lately.
#[derive(Debug)]
pub(super) struct Activity {
    last: Mutex<Instant>,
    computes: AtomicBool,
    /// Told at every turn of every program.
    turn: Arc<Notify>,
}

impl Activity {
    pub(super) fn new(turn: &Arc<Notify>) -> Activity {
        Activity {
            last: Mutex::new(Instant::now()),
            computes: AtomicBool::new(false),
            turn: Arc::clone(turn),
        }
    }

    /// When its last turn was.
    pub(super) fn last(&self) -> Instant {
        *lock(&self.last)
    }

    /// Whether it went on computing then, or looking, and did not wait.
    pub(super) fn computes(&self) -> bool {
        self.computes.load(Ordering::Relaxed)
    }
}

/// A program whose turns take time, and are told of.
pub(super) struct Turns<F> {
    program: Pin<Box<F>>,
    activity: Arc<Activity>,
    waker: Arc<TurnWaker>,
    turn: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> Turns<F> {
    pub(super) fn new(program: F, activity: &Arc<Activity>) -> Turns<F> {
        Turns {
            program: Box::pin(program),
            activity: Arc::clone(activity),
            waker: Arc::default(),
            turn: None,
        }
    }
}

impl<F: Future> Future for Turns<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let turns = &mut *self;
        loop {
            if let Some(turn) = &mut turns.turn {
                ready!(turn.as_mut().poll(cx));
                turns.turn = None;
            }
            *lock(&turns.activity.last) = Instant::now();
            turns.activity.turn.notify_one();
            turns.waker.begin(cx.waker());
            let waker = Waker::from(Arc::clone(&turns.waker));
            let polled = turns
                .program
                .as_mut()
                .poll(&mut Context::from_waker(&waker));
            let goes_on = turns.waker.end();
            if let Poll::Ready(ended) = polled {
                return Poll::Ready(ended);
            }
            turns.activity.computes.store(goes_on, Ordering::Relaxed);
            if !goes_on {
                return Poll::Pending;
            }
            turns.turn = Some(Box::pin(sleep(TURN)));
        }
    }
}

/// Tells whether a program was woken within its turn: it wants another one at once.
#[derive(Debug, Default)]
struct TurnWaker(Mutex<Woken>);

#[derive(Debug, Default)]
struct Woken {
    task: Option<Waker>,
    in_turn: bool,
    goes_on: bool,
}

impl TurnWaker {
    fn begin(&self, task: &Waker) {
        *lock(&self.0) = Woken {
            task: Some(task.clone()),
            in_turn: true,
            goes_on: false,
        };
    }

    fn end(&self) -> bool {
        let mut woken = lock(&self.0);
        woken.in_turn = false;
        woken.goes_on
    }
}

impl Wake for TurnWaker {
    fn wake(self: Arc<Self>) {
        let task = {
            let mut woken = lock(&self.0);
            if woken.in_turn {
                woken.goes_on = true;
                return;
            }
            woken.task.clone()
        };
        if let Some(task) = task {
            task.wake();
        }
    }
}
