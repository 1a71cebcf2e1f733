//! Waiting, alertable or not.

use std::time::Duration;

use wsp_core::WsaError;

use crate::{
    Event,
    bindings::winsock::spi::provider::{self, WaitOutcome as Raw},
    routine,
};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// WSA_WAIT_EVENT_0 + n: the n-th event is signalled (the first of several),
    /// or all are, and then n is 0.
    Signalled(usize),
    /// WSA_WAIT_IO_COMPLETION: completion routines have run.
    IoCompletion,
    /// WSA_WAIT_TIMEOUT.
    TimedOut,
}

/// WSAWaitForMultipleEvents for the first of `events`: blocks until one is
/// signalled or `timeout` has passed; `None` waits without limit. An `alertable`
/// wait also ends when completion routines are ready, after it has run them.
///
/// # Errors
///
/// `WSA_INVALID_PARAMETER` for no event or more than 64; `WSAEWOULDBLOCK` if the host never blocks.
pub fn wait_for_any(
    events: &[&Event],
    timeout: Option<Duration>,
    alertable: bool,
) -> Result<WaitOutcome, WsaError> {
    wait_for_events(events, false, timeout, alertable)
}

/// As [`wait_for_any`], until all of `events` are signalled together.
///
/// # Errors
///
/// As [`wait_for_any`].
pub fn wait_for_all(
    events: &[&Event],
    timeout: Option<Duration>,
    alertable: bool,
) -> Result<WaitOutcome, WsaError> {
    wait_for_events(events, true, timeout, alertable)
}

/// SleepEx: blocks until `timeout` has passed or, if `alertable`, completion
/// routines have run.
///
/// # Errors
///
/// `WSAEWOULDBLOCK` if the host never blocks.
pub fn sleep_ex(timeout: Option<Duration>, alertable: bool) -> Result<WaitOutcome, WsaError> {
    let outcome = provider::sleep_ex(timeout.map(milliseconds), thread(alertable))?;
    Ok(finish(outcome))
}

fn wait_for_events(
    events: &[&Event],
    all: bool,
    timeout: Option<Duration>,
    alertable: bool,
) -> Result<WaitOutcome, WsaError> {
    let events: Vec<_> = events.iter().map(|event| event.raw()).collect();
    let timeout = timeout.map(milliseconds);
    let outcome = provider::wait_for_events(&events, all, timeout, thread(alertable))?;
    Ok(finish(outcome))
}

/// Runs the routines, if that is what ended the wait.
fn finish(outcome: Raw) -> WaitOutcome {
    match outcome {
        Raw::Signalled(index) => WaitOutcome::Signalled(index as usize),
        Raw::IoCompletion => {
            routine::run_ready();
            WaitOutcome::IoCompletion
        }
        Raw::TimedOut => WaitOutcome::TimedOut,
    }
}

fn thread(alertable: bool) -> Option<u32> {
    alertable.then_some(routine::THREAD)
}

/// Whole milliseconds, rounded up so that no wait is shorter than asked for.
pub(crate) fn milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_rounded_up_and_never_overflows() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_micros(2500)), 3);
        assert_eq!(milliseconds(Duration::MAX), u32::MAX);
    }
}
