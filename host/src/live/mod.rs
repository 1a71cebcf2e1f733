//! Policies that change while a guest runs.

#[cfg(feature = "follow")]
mod folder;

use std::sync::{Arc, Mutex, Weak};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use wsp_guard::Guard;
use wsp_guard::sync::lock;

#[cfg(feature = "follow")]
pub use folder::{CannotRead, Change, Folder, PolicyFile};

use crate::policy::Policy;
use crate::resolver::Resolver;

/// The policy of a guest that runs, to be replaced by another. Clones replace the same.
///
/// ```
/// use wsp::policy::{Policy, Protocol};
/// use wsp::{Ctx, Settings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ctx = Ctx::new(Settings::default())?;
/// let live = ctx.live_policy();
/// // … the guest runs, and may connect from now on:
/// let ended = live.replace(Policy::naming(Protocol::Tcp, &["192.0.2.1:443".parse()?]));
/// assert_eq!(ended, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LivePolicy {
    guard: Arc<Guard>,
    names: Weak<KeptNames>,
}

impl LivePolicy {
    /// Puts another policy into force, at once and as a whole: every decision is made by the
    /// one before or by this one. What is open and no longer allowed is ended before this
    /// returns, and its audit line is written after its last byte: how many sockets. To the
    /// guest a connection was aborted (WSAECONNABORTED), and anything else is denied
    /// (WSAEACCES). A program of `wasi:sockets` with such a connection is ended as a whole a
    /// moment later, and is not counted.
    pub fn replace(&self, policy: Policy) -> usize {
        let ended = self.guard.replace_policy(policy);
        if let Some(names) = self.names.upgrade() {
            names.keep(&self.guard);
        }
        ended
    }
}

/// Asks for the names of rules again when it is time, as long as it is there.
pub(crate) struct KeptNames {
    runtime: Handle,
    resolver: Arc<dyn Resolver>,
    task: Mutex<Option<AbortHandle>>,
}

impl std::fmt::Debug for KeptNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptNames").finish_non_exhaustive()
    }
}

impl KeptNames {
    /// For the names of the guard's policy, if it has some.
    pub(crate) fn new(
        runtime: Handle,
        resolver: &Arc<dyn Resolver>,
        guard: &Arc<Guard>,
    ) -> Arc<KeptNames> {
        let names = Arc::new(KeptNames {
            runtime,
            resolver: Arc::clone(resolver),
            task: Mutex::default(),
        });
        names.keep(guard);
        names
    }

    pub(crate) fn live_policy(self: &Arc<KeptNames>, guard: &Arc<Guard>) -> LivePolicy {
        LivePolicy {
            guard: Arc::clone(guard),
            names: Arc::downgrade(self),
        }
    }

    /// Begins, if there are names and it has not begun.
    fn keep(&self, guard: &Arc<Guard>) {
        let mut task = lock(&self.task);
        if task.is_some() || !guard.policy().has_names() {
            return;
        }
        let (guard, resolver) = (Arc::clone(guard), Arc::clone(&self.resolver));
        let asking = async move { guard.keep_names(&*resolver, tokio::time::sleep).await };
        *task = Some(self.runtime.spawn(asking).abort_handle());
    }
}

impl Drop for KeptNames {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
    }
}
