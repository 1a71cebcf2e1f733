//! One overlapped operation as a future.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::format_err;

use super::{Completion, Error, Posted, Provider};

/// An overlapped operation that was accepted, as the future of its completion. It goes on
/// whether it is awaited or not; dropped, its completion is told to nobody.
#[derive(Debug)]
#[must_use = "dropped, its completion is told to nobody"]
pub struct Operation {
    provider: Provider,
    posted: Posted,
    ended: oneshot::Receiver<Completion>,
}

impl Operation {
    pub(super) fn new(
        provider: Provider,
        posted: Posted,
        ended: oneshot::Receiver<Completion>,
    ) -> Operation {
        Operation {
            provider,
            posted,
            ended,
        }
    }

    /// Its completion, if it has ended.
    pub(super) fn ended_by_now(&mut self) -> Option<Completion> {
        self.ended.try_recv().ok()
    }

    /// Its number, and the bytes that were transferred at once.
    #[must_use]
    pub fn posted(&self) -> Posted {
        self.posted
    }
}

impl Future for Operation {
    /// The error is [`Error::Host`]; how the operation itself failed is in the completion.
    type Output = Result<Completion, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // What has ended at once, nobody else will notice.
        if self.ended.is_empty() {
            self.provider.look_for_ended()?;
        }
        let ended = Pin::new(&mut self.ended).poll(cx);
        ended.map(|ended| ended.map_err(|_| Error::Host(format_err!("it ended with its instance"))))
    }
}
