//! WSAWaitForMultipleEvents and SleepEx: waits for events and alertable waits.

use core::convert::Infallible;

use crate::{EventId, Provider, Transport, WaitOutcome, WsaError};

/// `WSA_MAXIMUM_WAIT_EVENTS`.
pub const MAXIMUM_WAIT_EVENTS: usize = 64;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// `WSA_WAIT_EVENT_0` + n.
    Signalled(u32),
    /// `WSA_WAIT_IO_COMPLETION`: routines are ready; run them with
    /// [`Provider::next_completion`] until there is none.
    IoCompletion,
    /// `WSA_WAIT_TIMEOUT`.
    TimedOut,
}

/// How [`Provider::wait_until`] ended.
pub(crate) enum WaitEnd<R> {
    Found(R),
    IoCompletion,
    TimedOut,
}

impl From<WaitEnd<u32>> for Waited {
    fn from(end: WaitEnd<u32>) -> Self {
        match end {
            WaitEnd::Found(index) => Waited::Signalled(index),
            WaitEnd::IoCompletion => Waited::IoCompletion,
            WaitEnd::TimedOut => Waited::TimedOut,
        }
    }
}

impl<T: Transport> Provider<T> {
    /// WSAWaitForMultipleEvents: blocks until one of `events` (with `all`: every
    /// one) is signalled or, if `alertable` names a thread, a routine of it is
    /// ready. A `timeout_ms` of `None` waits without limit, 0 only looks.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_PARAMETER` for no event or more than
    /// [`MAXIMUM_WAIT_EVENTS`]; `WSAEWOULDBLOCK` if the transport never blocks.
    pub fn wait_for_events(
        &mut self,
        events: &[EventId],
        all: bool,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        if events.is_empty() || events.len() > MAXIMUM_WAIT_EVENTS {
            return Err(WsaError::InvalidParameter);
        }
        // No look at the transport would change this answer.
        if alertable.is_none() && self.signalled_among(events, all) == Some(0) {
            self.looked_at_known();
            return Ok(Waited::Signalled(0));
        }
        let end = self.wait_until(timeout_ms, alertable, |provider| {
            Ok(provider.signalled_among(events, all))
        })?;
        Ok(end.into())
    }

    /// SleepEx: waits for `timeout_ms` or, if `alertable` names a thread, until a
    /// routine of it is ready.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if the transport never blocks.
    pub fn sleep_ex(
        &mut self,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        let end = self.wait_until(timeout_ms, alertable, |_| Ok(None::<Infallible>))?;
        Ok(match end {
            WaitEnd::Found(never) => match never {},
            WaitEnd::IoCompletion => Waited::IoCompletion,
            WaitEnd::TimedOut => Waited::TimedOut,
        })
    }

    /// Waits until [`Provider::pump`] returns another number than `seen`: an operation
    /// has ended since. `timeout_ms` and `alertable` are those of
    /// [`Provider::wait_for_events`], and [`Waited::Signalled`] says that one has.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if the transport never blocks.
    pub fn wait_for_ended(
        &mut self,
        seen: u64,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError> {
        let end = self.wait_until(timeout_ms, alertable, |provider| {
            Ok((provider.taken != seen).then_some(0))
        })?;
        Ok(end.into())
    }

    /// Blocks until `look` finds something, a routine of the thread `alertable`
    /// is ready, or the time is up.
    pub(crate) fn wait_until<R>(
        &mut self,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
        mut look: impl FnMut(&mut Self) -> Result<Option<R>, WsaError>,
    ) -> Result<WaitEnd<R>, WsaError> {
        let mut deadline = None;
        loop {
            self.pump_outstanding();
            if let Some(found) = look(self)? {
                return Ok(WaitEnd::Found(found));
            }
            if alertable.is_some_and(|thread| self.routine_ready(thread)) {
                return Ok(WaitEnd::IoCompletion);
            }
            let remaining = match timeout_ms {
                None => None,
                Some(0) => return Ok(WaitEnd::TimedOut),
                Some(timeout) => {
                    let now = self.transport.now();
                    let deadline = *deadline.get_or_insert(now.saturating_add(timeout.into()));
                    if now >= deadline {
                        return Ok(WaitEnd::TimedOut);
                    }
                    Some(deadline - now)
                }
            };
            if self.transport.wait_finished(remaining) == WaitOutcome::CannotBlock {
                return Err(WsaError::WouldBlock);
            }
        }
    }

    fn signalled_among(&self, events: &[EventId], all: bool) -> Option<u32> {
        if all {
            return events
                .iter()
                .all(|event| self.signalled(*event))
                .then_some(0);
        }
        let index = events.iter().position(|event| self.signalled(*event))?;
        u32::try_from(index).ok()
    }
}
