//! Waiting until a socket is ready.

use std::io;
use std::sync::Arc;

use tokio::io::Interest;
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};

use crate::socket::Socket;

/// A socket in the reactor of the runtime.
pub(crate) type Registered = AsyncFd<Arc<Socket>>;

/// What the reactor has said.
pub(crate) type Ready<'a> = AsyncFdReadyGuard<'a, Arc<Socket>>;

/// How the reactor announces urgent data, if it does.
#[cfg(target_os = "linux")]
pub(crate) const URGENT: Option<Interest> = Some(Interest::PRIORITY);
/// How the reactor announces urgent data, if it does.
#[cfg(not(target_os = "linux"))]
pub(crate) const URGENT: Option<Interest> = None;

/// Enters a socket into the reactor of the runtime whose context this is.
#[expect(
    unsafe_code,
    reason = "tokio has no safe registration for a descriptor of one's own"
)]
pub(crate) fn register(socket: &Arc<Socket>) -> io::Result<Registered> {
    let both = Interest::READABLE | Interest::WRITABLE;
    let all = URGENT.map_or(both, |urgent| both | urgent);
    // SAFETY: the `AsyncFd` shares the socket, which owns its descriptor, never
    // replaces it, and closes it only when the last share is gone.
    let registered = unsafe { AsyncFd::register_with_interest(Arc::clone(socket), all) };
    Ok(registered?)
}
