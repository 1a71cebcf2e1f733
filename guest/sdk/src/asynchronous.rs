//! Waits that suspend one task and let the program's others run. For programs
//! that export `async_command!`.
//!
//! Dropping such a future loses nothing: it carries no data, and an operation
//! that was started goes on.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use wsp_core::WsaError;

use crate::{
    Event, Message, Overlapped, Socket, Started,
    bindings::winsock::spi::{
        provider::{self, Transfer},
        readiness,
    },
    routine,
};

#[cfg(feature = "futures-io")]
mod stream;

#[cfg(feature = "futures-io")]
pub use stream::Stream;

/// A wait that a future makes each time it is polled.
#[derive(Default)]
pub(crate) struct Waiting {
    /// The call under way, made when nothing had finished.
    call: Option<Pin<Box<dyn Future<Output = u64>>>>,
}

impl Waiting {
    /// Ready once `done` is true, which is asked whenever an operation has finished.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut done: impl FnMut() -> bool,
    ) -> Poll<()> {
        loop {
            let seen = provider::pump();
            if done() {
                self.call = None;
                return Poll::Ready(());
            }
            let call = self
                .call
                .get_or_insert_with(|| Box::pin(readiness::finished_after(seen)));
            ready!(call.as_mut().poll(context));
            self.call = None;
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

/// Waits until `done` has something to say, which it is asked whenever an
/// operation has finished.
pub async fn until<T>(mut done: impl FnMut() -> Option<T>) -> T {
    loop {
        let seen = provider::pump();
        if let Some(value) = done() {
            return value;
        }
        readiness::finished_after(seen).await;
    }
}

/// Waits until an event is signalled, and returns the index of the first that
/// is. An empty list waits for ever.
pub async fn wait_for_any(events: &[&Event]) -> usize {
    until(|| events.iter().position(|event| event.is_set())).await
}

/// The alertable wait: runs the completion routines that are ready, then asks
/// `done`, until that is true.
pub async fn run_routines_until(mut done: impl FnMut() -> bool) {
    until(|| {
        routine::run_ready();
        done().then_some(())
    })
    .await;
}

impl Socket {
    /// Waits until the operation of `overlapped` has completed.
    ///
    /// # Errors
    ///
    /// As [`Socket::overlapped_result`].
    pub async fn completed(&self, overlapped: &Overlapped) -> Result<Transfer, WsaError> {
        until(|| (!overlapped.in_progress()).then_some(())).await;
        self.overlapped_result(overlapped, false)
    }

    /// Sends all of a message, overlapped, and returns how many bytes that were.
    /// Dropping the future does not end the send.
    ///
    /// # Errors
    ///
    /// As [`Socket::send_overlapped`].
    pub async fn send_async<'a>(&self, message: impl Into<Message<'a>>) -> Result<u32, WsaError> {
        let overlapped = Overlapped::new();
        match self.send_overlapped(message, &overlapped)? {
            Started::Done(bytes) => Ok(bytes),
            Started::Pending => Ok(self.completed(&overlapped).await?.bytes),
        }
    }
}
