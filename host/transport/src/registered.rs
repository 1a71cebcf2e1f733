//! Waiting until a socket is ready, of the system or of another network.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::network::NetworkSocket;
use super::{Readiness, sys};

/// A socket whose readiness can be waited for.
#[derive(Debug)]
pub(super) enum Registered {
    System(sys::Registered),
    Network(Arc<dyn NetworkSocket>),
}

/// What was said of it.
pub(super) enum Ready<'a> {
    System(sys::Ready<'a>),
    /// A network is asked anew each time.
    Network,
}

impl Registered {
    /// Ready as soon as a receive may not wait.
    pub(super) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready<'_>>> {
        match self {
            Registered::System(socket) => system(ready!(socket.poll_read_ready(cx))),
            Registered::Network(socket) => {
                ready!(socket.poll_ready(Readiness::READABLE | Readiness::FAILED, cx));
                Poll::Ready(Ok(Ready::Network))
            }
        }
    }

    /// Ready as soon as a send may not wait.
    pub(super) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready<'_>>> {
        match self {
            Registered::System(socket) => system(ready!(socket.poll_write_ready(cx))),
            Registered::Network(socket) => {
                ready!(socket.poll_ready(Readiness::WRITABLE | Readiness::FAILED, cx));
                Poll::Ready(Ok(Ready::Network))
            }
        }
    }

    /// Waits until a send may not wait.
    pub(super) async fn writable(&self) -> io::Result<Ready<'_>> {
        match self {
            Registered::System(socket) => Ok(Ready::System(socket.writable().await?)),
            Registered::Network(_) => poll_fn(|cx| self.poll_write_ready(cx)).await,
        }
    }

    /// Whether urgent data and the end of a stream are announced.
    pub(super) fn announces_urgent(&self) -> bool {
        match self {
            Registered::System(_) => sys::URGENT.is_some(),
            Registered::Network(_) => true,
        }
    }

    /// Waits until there may be urgent data, if they are announced. An error is found by the
    /// look that follows.
    pub(super) async fn urgent(&self) {
        match self {
            Registered::System(socket) => {
                if let Some(urgent) = sys::URGENT
                    && let Ok(mut ready) = socket.ready(urgent).await
                {
                    ready.clear_ready();
                }
            }
            Registered::Network(socket) => {
                let wanted = Readiness::URGENT | Readiness::ENDED | Readiness::FAILED;
                poll_fn(|cx| socket.poll_ready(wanted, cx)).await;
            }
        }
    }
}

fn system(ready: io::Result<sys::Ready<'_>>) -> Poll<io::Result<Ready<'_>>> {
    Poll::Ready(ready.map(Ready::System))
}

impl Ready<'_> {
    /// It does not hold any more.
    pub(super) fn clear_ready(&mut self) {
        match self {
            Ready::System(ready) => ready.clear_ready(),
            Ready::Network => {}
        }
    }
}
