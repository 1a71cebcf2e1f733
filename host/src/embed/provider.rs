//! A provider instance as embedders hold it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use tokio::runtime::Handle;
use tokio::sync::{Notify as Wake, oneshot};
use tokio::task::AbortHandle;
use wasmtime::Result;

use super::instance::Instance;
use super::semantics::Semantics;
use super::{AddressFamily, Completion, Completions, Error, Operation, Posted, Socket, SocketType};
use crate::live::LivePolicy;
use wsp_guard::sync::lock;
use wsp_guard::witness::Monitor;
use wsp_transport::Shared;

/// One provider instance. Clones share it.
///
/// # Example
///
/// ```
/// use futures::StreamExt;
/// use wsp::policy::{Policy, Protocol};
/// use wsp::{AddressFamily, Host, MessageFlags, Notify, Settings, SocketType};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let receiver = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let target = receiver.local_addr()?;
/// // The peers that may be reached are named; everything else is denied.
/// let policy = Policy::naming(Protocol::Tcp, &[target]);
/// let provider = Host::new()?.provider(Settings::new(policy))?;
///
/// let socket = provider.socket(AddressFamily::Inet, SocketType::Stream)?;
/// socket.connect(target).await?;
///
/// // Two buffers, one gathered send, one completion.
/// let buffers = [bytes::Bytes::from("hello, "), bytes::Bytes::from("winsock")];
/// let posted = socket.send_overlapped(buffers, MessageFlags::empty(), Notify::Event)?;
///
/// let completion = provider.completions().next().await.ok_or("no completion")??;
/// assert_eq!(completion.operation, posted.operation);
/// assert_eq!((completion.error, completion.transferred), (None, 14));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    instance: Mutex<Instance>,
    shared: Arc<Shared>,
    sockets: AtomicU64,
    /// Notified when an operation completed at once, which the host does not count.
    posted: Wake,
    runtime: Handle,
    /// Tells futures of operations of their end, once there are some.
    teller: OnceLock<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(teller) = self.teller.get() {
            teller.abort();
        }
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").finish_non_exhaustive()
    }
}

impl Provider {
    /// Must be called within the runtime that drives what is pending.
    pub(super) fn of_semantics(semantics: Box<dyn Semantics>) -> Result<Provider> {
        let shared = Arc::clone(semantics.shared());
        Ok(Provider {
            inner: Arc::new(Inner {
                instance: Mutex::new(Instance::new(semantics)),
                shared,
                sockets: AtomicU64::new(0),
                posted: Wake::new(),
                runtime: Handle::try_current()?,
                teller: OnceLock::new(),
            }),
        })
    }

    /// A new overlapped, nonblocking socket.
    ///
    /// # Errors
    ///
    /// WSAEACCES if the policy grants the protocol nothing; WSAEMFILE beyond
    /// the limit of sockets; [`Error::Host`].
    pub fn socket(&self, family: AddressFamily, kind: SocketType) -> Result<Socket, Error> {
        let key = self.instance().semantics.socket(family, kind)?;
        Ok(Socket::new(self.clone(), key))
    }

    /// The completions of this instance's overlapped operations: exactly one for
    /// each that was accepted, also for those that completed at once, failed, or
    /// were aborted. Several streams of one instance share the completions.
    #[must_use]
    pub fn completions(&self) -> Completions {
        Completions::new(self.clone())
    }

    /// Watches what this instance does, even when it is gone.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.inner.shared.guard().monitor()
    }

    /// Replaces the policy of this instance; without effect when it is gone.
    #[must_use]
    pub fn live_policy(&self) -> LivePolicy {
        self.instance().semantics.live_policy()
    }

    /// Bytes that its sockets have taken and that the systems of their peers have not
    /// acknowledged; 0 on systems that do not report it.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        self.instance().semantics.unacknowledged()
    }

    pub(super) fn instance(&self) -> MutexGuard<'_, Instance> {
        lock(&self.inner.instance)
    }

    pub(super) fn next_socket_number(&self) -> u64 {
        self.inner.sockets.fetch_add(1, Ordering::Relaxed)
    }

    /// An operation was accepted: those waiting for completions poll again.
    pub(super) fn wake(&self) {
        self.inner.posted.notify_waiters();
    }

    /// Waits until more than `seen` operations of the host have finished.
    pub(super) async fn finished_after(&self, seen: u64) {
        self.inner.shared.completions().after(seen).await;
    }

    pub(super) async fn next_completion(&self) -> Result<Completion, Error> {
        loop {
            let posted = self.inner.posted.notified();
            tokio::pin!(posted);
            posted.as_mut().enable();
            let seen = {
                let mut instance = self.instance();
                if let Some(ready) = instance.operations.take() {
                    return Ok(ready);
                }
                let seen = instance.collect()?;
                if let Some(ready) = instance.operations.take() {
                    return Ok(ready);
                }
                seen
            };
            tokio::select! {
                () = posted => {}
                () = self.finished_after(seen) => {}
            }
        }
    }

    /// An operation that was accepted, as a future.
    pub(super) fn operation(
        &self,
        posted: Posted,
        ended: oneshot::Receiver<Completion>,
    ) -> Operation {
        let inner = &self.inner;
        inner.teller.get_or_init(|| {
            let telling = tell_futures(Arc::downgrade(inner), Arc::clone(&inner.shared));
            inner.runtime.spawn(telling).abort_handle()
        });
        Operation::new(self.clone(), posted, ended)
    }

    /// Ends what has ended by now.
    pub(super) fn look_for_ended(&self) -> Result<u64, Error> {
        let mut instance = self.instance();
        let seen = instance.collect()?;
        let has_ready = instance.operations.has_ready();
        drop(instance);
        if has_ready {
            // A task that waits for the stream of completions may see no other reason to look.
            self.wake();
        }
        Ok(seen)
    }
}

/// Tells futures of operations of their end, which the host counts.
async fn tell_futures(provider: Weak<Inner>, shared: Arc<Shared>) {
    let mut seen = 0;
    loop {
        shared.completions().after(seen).await;
        let Some(inner) = provider.upgrade() else {
            return;
        };
        match (Provider { inner }).look_for_ended() {
            Ok(now) => seen = now,
            // Its futures were told.
            Err(_) => return,
        }
    }
}
