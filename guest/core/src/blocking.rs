//! How blocking calls wait.

use crate::{
    Provider, Transport, WaitOutcome, WsaError,
    operation::{OperationId, Purpose},
    outcome::Outcome,
};

/// Why a blocking call stopped waiting before its operation ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The call's time-out passed.
    TimedOut,
    /// The transport never blocks its caller.
    CannotBlock,
}

impl<T: Transport> Provider<T> {
    /// Waits, as a blocking call, until `operation` has ended or `timeout_ms`
    /// passed. An interrupted operation is cancelled, and its outcome up to
    /// there is returned beside the reason.
    pub(crate) fn wait_blocking(
        &mut self,
        operation: OperationId,
        timeout_ms: Option<u64>,
    ) -> (Outcome, Option<Interruption>) {
        let deadline = timeout_ms.map(|timeout| self.transport.now().saturating_add(timeout));
        let mut interruption = None;
        loop {
            self.pump();
            if let Some(outcome) = self.take_blocking(operation) {
                return (outcome, interruption);
            }
            if interruption.is_some() {
                // The transport broke its promise to finish what was cancelled.
                self.operations.remove(operation);
                return (Outcome::failed(WsaError::SyscallFailure), interruption);
            }
            let remaining = deadline.map(|at| at.saturating_sub(self.transport.now()));
            interruption = match self.transport.wait_finished(remaining) {
                WaitOutcome::Finished => continue,
                WaitOutcome::TimedOut if remaining != Some(0) => continue,
                WaitOutcome::TimedOut => Some(Interruption::TimedOut),
                WaitOutcome::CannotBlock => Some(Interruption::CannotBlock),
            };
            self.cancel_operation(operation);
        }
    }

    fn take_blocking(&mut self, operation: OperationId) -> Option<Outcome> {
        let Purpose::Blocking(outcome) = self.operations.get(operation)?.purpose else {
            return None;
        };
        if outcome.is_some() {
            self.operations.remove(operation);
        }
        outcome
    }
}
