//! A provider instance as embedders hold it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify as Wake;
use wasmtime::Result;

use super::compiled::Compiled;
use super::instance::Instance;
use super::{AddressFamily, Completion, Completions, Error, Socket, SocketType};
use crate::imports::types::SocketFlags;
use crate::live::LivePolicy;
use crate::settings::Settings;
use wsp_guard::sync::lock;
use wsp_guard::witness::Monitor;
use wsp_transport::Shared;

/// One sandboxed provider instance. Clones share it.
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
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").finish_non_exhaustive()
    }
}

impl Provider {
    pub(super) fn instantiate(compiled: &Compiled, settings: Settings) -> Result<Provider> {
        let (instance, shared) = Instance::new(compiled, settings)?;
        Ok(Provider {
            inner: Arc::new(Inner {
                instance: Mutex::new(instance),
                shared,
                sockets: AtomicU64::new(0),
                posted: Wake::new(),
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
        let handle = self.instance().call(|guest, store| {
            guest.call_wsp_socket(store, family, kind, SocketFlags::OVERLAPPED)
        })?;
        let socket = Socket::new(self.clone(), handle)?;
        socket.make_nonblocking()?;
        Ok(socket)
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
        self.instance().store.data().live_policy()
    }

    /// Bytes that its sockets have taken and that the systems of their peers have not
    /// acknowledged; 0 on systems that do not report it.
    #[must_use]
    pub fn unacknowledged(&self) -> u64 {
        let instance = self.instance();
        let endpoints = instance.store.data().endpoints.iter();
        endpoints
            .map(|endpoint| endpoint.endpoint().unacknowledged())
            .fold(0, u64::saturating_add)
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
                if let Some(ready) = instance.operations.ready.pop_front() {
                    return Ok(ready);
                }
                let seen = instance.collect()?;
                if let Some(ready) = instance.operations.ready.pop_front() {
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
}
