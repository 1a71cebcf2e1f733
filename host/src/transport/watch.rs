//! Watches: operations that wait for readiness and move no bytes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;
use tokio::task::AbortHandle;

use super::backoff::Backoff;
use super::completions::Ended;
use super::endpoint::Endpoint;
use super::{Finished, Interest, Protocol, Readiness, Started, TransportError, error};
use crate::quota::{Part, Permit};
use crate::sync::lock;

/// How often the kernel is asked whether everything was acknowledged, which it
/// does not announce.
const DRAIN_INTERVAL: Duration = Duration::from_millis(2);

/// What the kernel says once the peer has ended its direction.
#[cfg(target_os = "linux")]
const PEER_ENDED: PollFlags = PollFlags::RDHUP;
/// What the kernel says once both directions have ended; systems other than
/// Linux do not tell earlier.
#[cfg(not(target_os = "linux"))]
const PEER_ENDED: PollFlags = PollFlags::HUP;

/// A watch under way.
#[derive(Debug)]
pub(super) struct Watch {
    /// None while whoever waits for it watches by itself.
    task: Option<AbortHandle>,
    permit: Permit,
}

impl Watch {
    fn cancel(self, operation: u64) -> Ended {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.ended(operation, Some(TransportError::Cancelled))
    }

    fn ended(self, operation: u64, error: Option<TransportError>) -> Ended {
        let finished = Finished {
            operation,
            bytes: 0,
            error,
            source: None,
        };
        Ended::new(finished, self.permit)
    }
}

impl Endpoint {
    /// Starts a watch. What it waits for may hold already, but is finished like
    /// any other operation all the same: who was told to wait a moment ago
    /// waits for a finished operation.
    pub(super) fn start_watch(
        self: &Arc<Endpoint>,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let endpoint = Arc::clone(self);
        self.spawn_watch(operation, async move {
            match interest {
                Interest::Readable => endpoint.wait_ready(PollFlags::IN).await,
                Interest::Writable => endpoint.wait_writable().await,
                Interest::Urgent => endpoint.wait_ready(PollFlags::PRI).await,
                Interest::Drained => {
                    while endpoint.unacknowledged() > 0 {
                        tokio::time::sleep(DRAIN_INTERVAL).await;
                    }
                    Ok(())
                }
            }
        })
    }

    /// Waits for the outcome of a connection attempt.
    pub(super) fn watch_connect(
        self: &Arc<Endpoint>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let endpoint = Arc::clone(self);
        self.spawn_watch(operation, async move {
            endpoint.wait_ready(PollFlags::OUT).await?;
            match sockopt::socket_error(&endpoint.socket).map_err(error::from_errno)? {
                Ok(()) => Ok(()),
                Err(errno) => {
                    endpoint.start_over();
                    Err(error::from_errno(errno))
                }
            }
        })
    }

    fn spawn_watch(
        self: &Arc<Endpoint>,
        operation: u64,
        wait: impl Future<Output = Result<(), TransportError>> + Send + 'static,
    ) -> Result<Started, TransportError> {
        let permit = self.watch_permit()?;
        // Held until the entry is there, so that the task cannot end before.
        let mut watches = lock(&self.watches);
        let task = Some(self.watch_in_task(operation, wait));
        watches.insert(operation, Watch { task, permit });
        Ok(Started::Pending)
    }

    fn watch_permit(&self) -> Result<Permit, TransportError> {
        let account = &self.shared.account;
        let permit = account.take(Part::Operation)?.keep();
        account.activity.operation_pending();
        Ok(permit)
    }

    fn watch_in_task(
        self: &Arc<Endpoint>,
        operation: u64,
        wait: impl Future<Output = Result<(), TransportError>> + Send + 'static,
    ) -> AbortHandle {
        let endpoint = Arc::clone(self);
        let task = self.shared.runtime.spawn(async move {
            let outcome = wait.await;
            endpoint.end_watch(operation, outcome);
        });
        task.abort_handle()
    }

    /// Reports the end of a watch, unless somebody did before.
    pub(super) fn end_watch(&self, operation: u64, outcome: Result<(), TransportError>) {
        let watch = lock(&self.watches).remove(&operation);
        if let Some(watch) = watch {
            let ended = watch.ended(operation, outcome.err());
            self.shared.completions.push(ended);
        }
    }

    /// Starts a watch for room that its caller does, by [`Endpoint::wait_writable`].
    pub(super) fn hold_watch(&self, operation: u64) -> Result<Started, TransportError> {
        let permit = self.watch_permit()?;
        let watch = Watch { task: None, permit };
        lock(&self.watches).insert(operation, watch);
        Ok(Started::Pending)
    }

    /// Has a task do what a caller began to watch, since somebody else waits for
    /// it too, or nobody any more.
    pub(super) fn entrust_watches(self: &Arc<Endpoint>) {
        for (operation, watch) in lock(&self.watches).iter_mut() {
            watch.task.get_or_insert_with(|| {
                let endpoint = Arc::clone(self);
                self.watch_in_task(*operation, async move { endpoint.wait_writable().await })
            });
        }
    }

    pub(super) fn cancel_watch(&self, operation: u64) -> Option<Ended> {
        let watch = lock(&self.watches).remove(&operation)?;
        Some(watch.cancel(operation))
    }

    pub(super) fn cancel_all_watches(&self) -> Vec<Ended> {
        let watches = std::mem::take(&mut *lock(&self.watches));
        let cancel = |(operation, watch): (u64, Watch)| watch.cancel(operation);
        watches.into_iter().map(cancel).collect()
    }

    /// How the endpoint stands now, as the kernel sees it.
    pub(super) fn ready(&self) -> Readiness {
        let asked = PollFlags::IN | PollFlags::OUT | PollFlags::PRI | PEER_ENDED;
        let mut descriptors = [PollFd::new(&self.socket, asked)];
        let _ = poll(&mut descriptors, Some(&Timespec::default()));
        let [descriptor] = &descriptors;
        let found = descriptor.revents();
        let failed = self.protocol == Protocol::Tcp
            && (self.lost().is_some() || found.contains(PollFlags::ERR));
        let mut ready = Readiness::empty();
        if found.contains(PollFlags::IN) {
            ready |= Readiness::READABLE;
        }
        if found.contains(PollFlags::OUT) && self.takes_sends() {
            ready |= Readiness::WRITABLE;
        }
        if found.contains(PollFlags::PRI)
            && !sockopt::socket_oobinline(&self.socket).unwrap_or(false)
        {
            ready |= Readiness::URGENT;
        }
        if found.intersects(PEER_ENDED) {
            ready |= Readiness::ENDED;
        }
        if failed {
            ready |= Readiness::FAILED;
        }
        ready
    }

    /// Whether a send could be made now, as far as the kernel has room.
    fn takes_sends(&self) -> bool {
        lock(&self.sends).is_empty() && self.shared.account.may_send(u64::MAX)
    }

    /// Asks the kernel itself. An error or the end of a connection counts as
    /// ready, because the next call will not wait.
    fn polls(&self, flags: PollFlags) -> bool {
        let mut descriptors = [PollFd::new(&self.socket, flags)];
        matches!(poll(&mut descriptors, Some(&Timespec::default())), Ok(1..))
    }

    /// Waits until the kernel itself says so; the reactor only wakes.
    async fn wait_ready(&self, flags: PollFlags) -> Result<(), TransportError> {
        let readiness = self.readiness()?;
        let mut backoff = Backoff::default();
        loop {
            let ready = readiness.ready(reactor_interest(flags)).await;
            let mut ready = ready.map_err(|error| error::from_io(&error))?;
            if self.polls(flags) {
                return Ok(());
            }
            ready.clear_ready();
            backoff.blocked(false).await;
        }
    }

    /// Waits until a send can be made.
    pub(super) async fn wait_writable(&self) -> Result<(), TransportError> {
        loop {
            let emptied = Arc::clone(&lock(&self.sends).emptied);
            let emptied = emptied.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if !lock(&self.sends).is_empty() {
                emptied.await;
                continue;
            }
            self.shared.account.wait_to_send(u64::MAX).await;
            self.wait_ready(PollFlags::OUT).await?;
            if self.takes_sends() {
                return Ok(());
            }
        }
    }
}

/// What the reactor calls it.
fn reactor_interest(flags: PollFlags) -> tokio::io::Interest {
    #[cfg(target_os = "linux")]
    if flags.contains(PollFlags::PRI) {
        return tokio::io::Interest::PRIORITY;
    }
    if flags.contains(PollFlags::OUT) {
        tokio::io::Interest::WRITABLE
    } else {
        tokio::io::Interest::READABLE
    }
}
