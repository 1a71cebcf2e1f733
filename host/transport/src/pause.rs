//! What the driver of an endpoint waits for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::backoff::Backoff;

/// What the driver waits for, beyond the wakers of the reactor.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    pub(super) sends: Pause,
    pub(super) receives: Pause,
    pub(super) urgent: Pause,
    pub(super) drained: Pause,
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
