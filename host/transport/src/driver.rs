//! What drives the pending operations of an endpoint: one task at most, however many
//! operations there are.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker, ready};

use tokio::runtime::Handle;

use super::backoff::Backoff;
use super::endpoint::Endpoint;
use super::task_count::{Task, Tasks};
use wsp_guard::sync::lock;

/// Drives one endpoint. Its task holds the endpoint only while it is polled, so that a
/// dropped endpoint is gone at once: nothing that waits keeps it.
#[derive(Debug)]
pub(super) struct Driver {
    gate: Mutex<Gate>,
    run: Mutex<Run>,
    runtime: Handle,
    tasks: Arc<Tasks>,
}

/// One poll at a time passes. After [`Driver::close`] none does.
#[derive(Debug, Default)]
struct Gate {
    endpoint: Weak<Endpoint>,
    work: Pauses,
}

/// What the driver waits for, beyond the wakers of the reactor.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    pub(super) sends: Pause,
    pub(super) receives: Pause,
    pub(super) urgent: Pause,
    pub(super) drained: Pause,
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

impl Endpoint {
    /// Goes on with all that is pending, as far as it goes without waiting.
    fn poll(self: &Arc<Endpoint>, work: &mut Pauses, cx: &mut Context<'_>) {
        self.poll_sending(work, cx);
        self.poll_receiving(&mut work.receives, cx);
        self.poll_urgent(&mut work.urgent, cx);
        self.poll_drained(&mut work.drained, cx);
    }

    /// Whether anything is pending that the driver goes on with.
    fn is_driven(&self) -> bool {
        self.has_watches()
            || lock(&self.sends).lane.is_captured()
            || !lock(&self.receives).lane.is_empty()
    }
}

impl Driver {
    pub(super) fn new(endpoint: Weak<Endpoint>, runtime: Handle, tasks: Arc<Tasks>) -> Driver {
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
    pub(super) fn kick(self: &Arc<Driver>) {
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

    fn spawn(self: &Arc<Driver>) {
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
    fn with<R>(&self, poll: impl FnOnce(&Arc<Endpoint>, &mut Pauses) -> R) -> Option<R> {
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
            endpoint.operations.place(operation).is_some()
        });
        match under_way {
            Some(true) => Poll::Pending,
            Some(false) | None => Poll::Ready(()),
        }
    }

    /// Has a task do what is left, of whatever operation: the reactor would wake the
    /// caller that does not poll any more.
    pub(super) fn entrust(self: &Arc<Driver>) {
        if self.with(|endpoint, _| endpoint.is_driven()) == Some(true) {
            self.kick();
        }
    }
}

/// Something to wait for before there is another try.
#[derive(Default)]
pub(super) struct Pause {
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    backoff: Backoff,
}

impl std::fmt::Debug for Pause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pause")
            .field("waits", &self.until.is_some())
            .field("backoff", &self.backoff)
            .finish()
    }
}

impl Pause {
    /// Ready if there is nothing to wait for any more.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(until) = &mut self.until {
            ready!(until.as_mut().poll(cx));
            self.until = None;
        }
        Poll::Ready(())
    }

    /// Waits for `until` before the next try.
    pub(super) fn until(&mut self, until: impl Future<Output = ()> + Send + 'static) {
        self.until = Some(Box::pin(until));
    }

    /// Something was done.
    pub(super) fn progressed(&mut self) {
        self.backoff.progressed();
    }

    /// A try moved something or nothing: after some in vain, the next one waits.
    pub(super) fn blocked(&mut self, progressed: bool) {
        if progressed {
            self.backoff.progressed();
        } else if let Some(pause) = self.backoff.in_vain() {
            self.until(tokio::time::sleep(pause));
        }
    }

    /// Counts a try in vain; how long the next one should wait.
    pub(super) fn backoff(&mut self) -> Option<std::time::Duration> {
        self.backoff.in_vain()
    }

    /// A look in vain at what the system does not announce: the next one waits in any case.
    pub(super) fn looked_in_vain(&mut self) {
        let pause = self.backoff.next_look();
        self.until(tokio::time::sleep(pause));
    }

    /// Nothing is waited for any more.
    pub(super) fn clear(&mut self) {
        *self = Pause::default();
    }
}
