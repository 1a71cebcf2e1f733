//! What drives the pending operations of an endpoint: one task at most, however many
//! operations there are.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

use super::pause::Pauses;
use super::task_count::{Task, Tasks};
use wsp_guard::sync::lock;

/// Drives one endpoint. Its task holds the endpoint only while it is polled, so that a
/// dropped endpoint is gone at once: nothing that waits keeps it.
#[derive(Debug)]
pub(super) struct Driver<E> {
    gate: Mutex<Gate<E>>,
    run: Mutex<Run>,
    runtime: Handle,
    tasks: Arc<Tasks>,
}

/// One poll at a time passes. After [`Driver::close`] none does.
#[derive(Debug)]
struct Gate<E> {
    endpoint: Weak<E>,
    work: Pauses,
}

impl<E> Default for Gate<E> {
    fn default() -> Gate<E> {
        Gate {
            endpoint: Weak::new(),
            work: Pauses::default(),
        }
    }
}

/// Who polls.
#[derive(Debug, Default)]
enum Run {
    /// Nobody: nothing is pending, or the caller of the store watches itself.
    #[default]
    Idle,
    /// A task, with its waker once it was polled.
    Task(Option<Waker>),
    /// Nobody will any more.
    Closed,
}

/// What a driver drives: an endpoint.
pub(super) trait Driven: Send + Sync + 'static {
    /// Goes on with all that is pending, as far as it goes without waiting.
    fn poll(self: &Arc<Self>, work: &mut Pauses, cx: &mut Context<'_>);

    /// Whether anything is pending that the driver goes on with.
    fn is_driven(&self) -> bool;

    /// Whether the operation has not ended.
    fn is_under_way(&self, operation: u64) -> bool;
}

impl<E: Driven> Driver<E> {
    pub(super) fn new(endpoint: Weak<E>, runtime: Handle, tasks: Arc<Tasks>) -> Driver<E> {
        let work = Pauses::default();
        Driver {
            gate: Mutex::new(Gate { endpoint, work }),
            run: Mutex::default(),
            runtime,
            tasks,
        }
    }

    /// Has the task look at what is pending. It must have been entered before, and no
    /// lock of the endpoint may be held.
    pub(super) fn kick(self: &Arc<Driver<E>>) {
        let mut run = lock(&self.run);
        match &*run {
            Run::Idle => {
                *run = Run::Task(None);
                self.spawn();
            }
            Run::Task(waker) => {
                // Without a waker it has not been polled yet, and will be.
                if let Some(waker) = waker {
                    waker.wake_by_ref();
                }
            }
            Run::Closed => {}
        }
    }

    /// Whether a task drives.
    pub(super) fn is_running(&self) -> bool {
        matches!(&*lock(&self.run), Run::Task(_))
    }

    fn spawn(self: &Arc<Driver<E>>) {
        let (driver, task) = (Arc::clone(self), Task::new(&self.tasks));
        self.runtime.spawn(async move {
            poll_fn(|cx| driver.poll_task(cx)).await;
            drop(task);
        });
    }

    /// Lets nobody pass any more, and ends the task. A poll under way on another thread
    /// has ended when this returns, so the endpoint is the caller's alone.
    pub(super) fn close(&self) {
        *lock(&self.gate) = Gate::default();
        if let Run::Task(Some(waker)) = std::mem::replace(&mut *lock(&self.run), Run::Closed) {
            waker.wake();
        }
    }

    /// Calls `poll` with the endpoint, unless it is closed.
    pub(super) fn with<R>(&self, poll: impl FnOnce(&Arc<E>, &mut Pauses) -> R) -> Option<R> {
        let mut gate = lock(&self.gate);
        let endpoint = gate.endpoint.upgrade()?;
        let result = poll(&endpoint, &mut gate.work);
        // Before the gate opens: who closes it has the only share then.
        drop(endpoint);
        Some(result)
    }

    fn poll_task(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _call = tracing::trace_span!(target: "wsp::transport", "drive").entered();
        // Before the look, so that a kick meanwhile leads to another one.
        if let Run::Task(waker) = &mut *lock(&self.run) {
            waker
                .get_or_insert_with(|| cx.waker().clone())
                .clone_from(cx.waker());
        }
        let ended = self.with(|endpoint, work| {
            endpoint.poll(work, cx);
            let mut run = lock(&self.run);
            let idle = !endpoint.is_driven();
            if idle && matches!(*run, Run::Task(_)) {
                // What is entered after this look kicks after this lock.
                *run = Run::Idle;
            }
            idle
        });
        match ended {
            Some(false) => Poll::Pending,
            Some(true) | None => Poll::Ready(()),
        }
    }

    /// Drives the endpoint in place of a task until the operation has ended. If a task
    /// drives, it is left alone: the reactor wakes who polled last, and this caller may
    /// never poll again.
    pub(super) fn poll_until_ended(&self, operation: u64, cx: &mut Context<'_>) -> Poll<()> {
        // For the timers.
        let _runtime = self.runtime.enter();
        let under_way = self.with(|endpoint, work| {
            // Behind the gate, so that a task that begins now polls after this.
            if !self.is_running() {
                endpoint.poll(work, cx);
            }
            endpoint.is_under_way(operation)
        });
        match under_way {
            Some(true) => Poll::Pending,
            Some(false) | None => Poll::Ready(()),
        }
    }

    /// Has a task do what is left, of whatever operation: the reactor would wake the
    /// caller that does not poll any more.
    pub(super) fn entrust(self: &Arc<Driver<E>>) {
        if self.with(|endpoint, _| endpoint.is_driven()) == Some(true) {
            self.kick();
        }
    }
}
