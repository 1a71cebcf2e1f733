//! Watches: operations that wait for readiness and move no bytes.

use std::task::Context;

use super::endpoint::Endpoint;
use super::lane::Ended;
use super::operations::Place;
use super::pause::{Pause, Pauses};
use super::watches::{Wanted, Watches};
use super::{Finished, Interest, Protocol, Readiness, Started, TransportError};
use wsp_guard::quota::{Part, Permit};
use wsp_guard::sync::lock;

/// Watches that end in one turn.
const ENDED_AT_ONCE: usize = 1024;

/// A watch that ended so.
fn ended(operation: u64, error: Option<TransportError>) -> Finished {
    Finished {
        operation,
        bytes: 0,
        error,
        source: None,
    }
}

impl Endpoint {
    /// Starts a watch. What it waits for may hold already, but is finished like
    /// any other operation all the same: who was told to wait a moment ago
    /// waits for a finished operation.
    pub fn start_watch(
        &self,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError> {
        self.begin_watch(interest.into(), operation)?;
        self.driver.kick();
        Ok(Started::Pending)
    }

    /// Enters a watch, which somebody has to drive.
    pub(super) fn begin_watch(&self, wanted: Wanted, operation: u64) -> Result<(), TransportError> {
        self.shared.bursts.looked();
        let permit = self.watch_permit(operation)?;
        self.enter_watch(wanted, operation, permit);
        Ok(())
    }

    /// What a watch of that number needs, before anything is done for it.
    pub(super) fn watch_permit(&self, operation: u64) -> Result<Permit, TransportError> {
        self.operations.check(operation)?;
        Ok(self.shared.guard.take(Part::Operation)?.keep())
    }

    pub(super) fn enter_watch(&self, wanted: Wanted, operation: u64, permit: Permit) {
        self.shared.guard.witness().operation_pending();
        let peer = self.peer_to_connect(wanted);
        let begun = self.trace_begin(wanted.kind(), 0, peer);
        let traced = self.trace_pending(begun.as_ref(), 0);
        self.operations
            .begin(operation, Place::Watch(wanted), permit, traced);
        lock(&self.watches).of_mut(wanted).insert(operation);
    }

    pub(super) fn is_watched(&self, wanted: Wanted) -> bool {
        !lock(&self.watches).of(wanted).is_empty()
    }

    pub(super) fn has_watches(&self) -> bool {
        !lock(&self.watches).is_empty()
    }

    /// Ends the watches that want this, as many as one turn may. False if some are left.
    pub(super) fn end_watches(&self, wanted: Wanted, error: Option<TransportError>) -> bool {
        let numbers: Vec<u64> = {
            let mut watches = lock(&self.watches);
            let watches = watches.of_mut(wanted);
            let first = |_| watches.pop_first();
            (0..ENDED_AT_ONCE).map_while(first).collect()
        };
        let all = numbers.len() < ENDED_AT_ONCE;
        let ended: Vec<Finished> = numbers.into_iter().map(|n| ended(n, error)).collect();
        self.finish(ended.into());
        all
    }

    pub(super) fn cancel_watch(&self, wanted: Wanted, operation: u64) {
        if lock(&self.watches).of_mut(wanted).remove(&operation) {
            self.finish(vec![ended(operation, Some(TransportError::Cancelled))].into());
        }
    }

    pub(super) fn cancel_all_watches(&self) -> Ended {
        let watches = std::mem::take(&mut *lock(&self.watches));
        let Watches {
            readable,
            writable,
            urgent,
            drained,
            connected,
        } = watches;
        let numbers = [readable, writable, urgent, drained, connected];
        let cancelled = numbers
            .into_iter()
            .flatten()
            .map(|number| ended(number, Some(TransportError::Cancelled)));
        cancelled.collect::<Vec<Finished>>().into()
    }

    /// Looks for urgent data for those who watch for it.
    pub(super) fn poll_urgent(&self, pause: &mut Pause, cx: &mut Context<'_>) {
        while self.is_watched(Wanted::Urgent) {
            if pause.poll(cx).is_pending() {
                return;
            }
            // No urgent data come after the end.
            if self.polls(Readiness::URGENT | Readiness::ENDED) {
                pause.progressed();
                if !self.end_watches(Wanted::Urgent, None) {
                    return cx.waker().wake_by_ref();
                }
                continue;
            }
            let readiness = match self.readiness() {
                Ok(readiness) => readiness,
                Err(error) => return self.fail(&[Wanted::Urgent], error, cx),
            };
            if !readiness.announces_urgent() {
                pause.looked_in_vain();
                continue;
            }
            let rest = pause.backoff();
            pause.until(async move {
                if let Some(rest) = rest {
                    tokio::time::sleep(rest).await;
                }
                readiness.urgent().await;
            });
        }
        pause.clear();
    }

    /// Asks now and then whether everything was acknowledged, which the kernel does not
    /// announce, for those who watch for it.
    pub(super) fn poll_drained(&self, pause: &mut Pause, cx: &mut Context<'_>) {
        while self.is_watched(Wanted::Drained) {
            if pause.poll(cx).is_pending() {
                return;
            }
            if self.not_acknowledged() > 0 {
                match self.socket.acknowledged() {
                    Some(acknowledged) => pause.until(acknowledged),
                    None => pause.looked_in_vain(),
                }
            } else if !self.end_watches(Wanted::Drained, None) {
                return cx.waker().wake_by_ref();
            }
        }
        pause.clear();
    }

    /// Ends the connection attempt, if it has ended. False if it has not.
    pub(super) fn look_at_attempt(&self, work: &mut Pauses) -> bool {
        self.shared.system_call();
        let Some(outcome) = self.socket.attempt() else {
            return false;
        };
        let error = outcome.err();
        if error.is_some() {
            work.urgent.clear();
            self.start_over();
        }
        self.end_watches(Wanted::Connected, error)
    }

    /// Ends all that want these, because the reactor does not serve them.
    pub(super) fn fail(&self, wanted: &[Wanted], error: TransportError, cx: &mut Context<'_>) {
        for wanted in wanted {
            if !self.end_watches(*wanted, Some(error)) {
                cx.waker().wake_by_ref();
            }
        }
    }

    /// How the endpoint stands now, as the kernel sees it. An attempt to connect that has
    /// succeeded is finished when it returns, whether its driver has looked yet or not.
    pub fn ready(&self) -> Readiness {
        self.shared.bursts.looked();
        if self.is_watched(Wanted::Connected) && matches!(self.socket.peer_address(), Ok(Some(_))) {
            // What is left of them is the driver's.
            let _ = self.end_watches(Wanted::Connected, None);
        }
        let waits = self.takes_receives();
        let found = self.socket.look();
        let holds = |condition| found.contains(condition);
        let mut ready = found & Readiness::ENDED;
        if holds(Readiness::READABLE) && waits {
            ready |= Readiness::READABLE;
        }
        if holds(Readiness::WRITABLE) && self.takes_sends() {
            ready |= Readiness::WRITABLE;
        }
        if holds(Readiness::URGENT) && !self.socket.has_urgent_in_line() {
            ready |= Readiness::URGENT;
        }
        if self.protocol == Protocol::Tcp && (self.lost().is_some() || holds(Readiness::FAILED)) {
            ready |= Readiness::FAILED;
        }
        ready
    }

    /// Whether a send could be made now, as far as the kernel has room.
    pub(super) fn takes_sends(&self) -> bool {
        lock(&self.sends).lane.is_empty() && self.shared.guard.account().may_send(u64::MAX)
    }

    /// Whether the peer has ended its direction.
    pub(super) fn has_ended(&self) -> bool {
        self.polls(Readiness::ENDED)
    }

    /// Asks the kernel itself. An error or the end of a connection counts as
    /// ready, because the next call will not wait.
    pub(super) fn polls(&self, wanted: Readiness) -> bool {
        self.shared.system_call();
        self.socket.is_any(wanted)
    }
}
