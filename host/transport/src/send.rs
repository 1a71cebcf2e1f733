//! Sends: the system call first, then the queue.

use std::io::IoSlice;

use rustix::io::Errno;

use super::SendOptions;
use super::endpoint::Endpoint;
use super::lane::Ended;
use super::operations::Place;
use super::payload::Payload;
use super::pending::{PendingSend, Remaining, Sends, Told};
use super::system_call::longest_datagram;
use super::trace::Kind;
use super::traced::Begun;
use super::watches::Wanted;
use super::{Direction, Protocol, Started, TransportError};
use wsp_guard::InForce;
use wsp_guard::policy::Usage;
use wsp_guard::quota::{Part, Portion, QuotaKind, Refusal, Scope, Taken};
use wsp_guard::sync::lock;

/// What a datagram takes of a rate at least, in bytes: without it, nothing would bound
/// how many small and empty ones go out.
const SMALLEST_DATAGRAM: u64 = 64;

/// Why nothing was sent.
pub(super) enum Unsent {
    /// The system says so.
    System(Errno),
    /// A rate does not allow more now.
    Paced(Scope),
    /// Another policy has ended the endpoint.
    Revoked(TransportError),
}

impl From<Errno> for Unsent {
    fn from(errno: Errno) -> Unsent {
        Unsent::System(errno)
    }
}

/// How much of a blocking send was sent at once.
#[derive(Clone, Copy, Debug)]
pub enum Sent {
    /// All of it: this many bytes.
    All(u64),
    /// This many bytes; its caller has to wait for the others.
    Part(u64),
}

impl Endpoint {
    /// Sends what the kernel takes at once, without overtaking a pending send.
    pub fn try_send(
        &self,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> Result<u64, TransportError> {
        let begun = self.trace_begin(Kind::Send, payload.total_length(), options.to);
        let begun = begun.as_ref();
        let sent = self.send_at_once(payload, options);
        self.trace_at_once(begun, sent);
        if sent == Err(TransportError::WouldBlock) {
            // A new waiter must be served even if the driver had nothing to wait for.
            self.kick_for_room();
        }
        sent
    }

    fn send_at_once(
        &self,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> Result<u64, TransportError> {
        let _in_force = self.check_send(payload, options)?;
        self.send_burst();
        let mut sends = lock(&self.sends);
        if !sends.lane.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        match self.send_payload(&mut sends, payload, options) {
            Ok(sent) => Ok(sent),
            Err(Unsent::System(errno)) => Err(self.transfer_error(errno)),
            Err(Unsent::Revoked(error)) => Err(error),
            Err(Unsent::Paced(scope)) => {
                let kind = QuotaKind::BytesPerSecond;
                Err(self.shared.guard.refused(Refusal { kind, scope }).into())
            }
        }
    }

    /// Sends everything: at once as far as that goes, the rest by itself.
    pub fn start_send(
        &self,
        payload: &Payload<'_>,
        options: SendOptions,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let begun = self.trace_begin(Kind::Send, payload.total_length(), options.to);
        let begun = begun.as_ref();
        let mut started = self.try_start_send(payload, options, operation, begun);
        if let Err(TransportError::OutOfBuffers | TransportError::TooManyOperations) = started
            && self.shared.bursts.send()
        {
            // What waited for a look held what was missing.
            started = self.try_start_send(payload, options, operation, begun);
        }
        self.trace_started(begun, started);
        started
    }

    fn try_start_send(
        &self,
        payload: &Payload<'_>,
        options: SendOptions,
        operation: u64,
        begun: Option<&Begun>,
    ) -> Result<Started, TransportError> {
        self.operations.check(operation)?;
        let _in_force = self.check_send(payload, options)?;
        let taken = self.admit_send(payload.total_length())?;
        let mut sends = lock(&self.sends);
        let waits = self.joins_burst(&sends, payload, options);
        if !waits && !sends.burst.is_empty() {
            drop(sends);
            self.send_burst();
            sends = lock(&self.sends);
        }
        let sent = if waits {
            0
        } else {
            match self.send_first_of(&mut sends, payload, options)? {
                Sent::All(sent) => return Ok(Started::Done(sent)),
                Sent::Part(sent) => sent,
            }
        };
        let place = Place::Send(sends.lane.next_position());
        let traced = self.trace_pending(begun, sent);
        self.operations
            .begin(operation, place, taken.keep(), traced);
        self.keep_rest(
            &mut sends,
            PendingSend {
                told: Told::Provider(operation),
                rest: Remaining::Captured(payload.capture(sent)),
                options,
                sent,
                traced,
            },
        );
        if waits {
            let is_full = self.waits_for_look(&mut sends, payload.total_length());
            drop(sends);
            if is_full {
                self.send_burst();
            }
        } else {
            drop(sends);
            self.driver.kick();
        }
        Ok(Started::Pending)
    }

    /// Sends what the kernel takes at once, for a caller that waits for the rest.
    pub fn send_awaited(
        &self,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> Result<Sent, TransportError> {
        let _in_force = self.check_send(payload, options)?;
        // Released with the call: `send-rest` takes what it needs itself.
        let _taken = self.admit_send(payload.total_length())?;
        self.send_burst();
        let begun = self.trace_begin(Kind::Send, payload.total_length(), options.to);
        let begun = begun.as_ref();
        let sent = self.send_first_of(&mut lock(&self.sends), payload, options);
        self.trace_at_once(
            begun,
            match sent {
                Ok(Sent::Part(0)) => Err(TransportError::WouldBlock),
                Ok(Sent::All(bytes) | Sent::Part(bytes)) => Ok(bytes),
                Err(error) => Err(error),
            },
        );
        sent
    }

    /// Takes what a send holds while it is pending. Before anything is sent: a refused
    /// send has sent nothing.
    pub(super) fn admit_send(&self, bytes: u64) -> Result<Taken<'_>, TransportError> {
        let held = usize::try_from(bytes).unwrap_or(usize::MAX);
        Ok(self.shared.guard.admit(Part::Send(held))?)
    }

    /// What of a send goes at once; nothing if an earlier one is pending.
    fn send_first_of(
        &self,
        sends: &mut Sends,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> Result<Sent, TransportError> {
        if !sends.lane.is_empty() {
            return Ok(Sent::Part(0));
        }
        match self.send_payload(sends, payload, options) {
            Ok(sent) if sent == payload.total_length() => Ok(Sent::All(sent)),
            Ok(sent) => Ok(Sent::Part(sent)),
            Err(Unsent::System(Errno::AGAIN) | Unsent::Paced(_)) => Ok(Sent::Part(0)),
            Err(Unsent::System(errno)) => Err(self.transfer_error(errno)),
            Err(Unsent::Revoked(error)) => Err(error),
        }
    }

    /// Puts a send behind those that are pending.
    pub(super) fn keep_rest(&self, sends: &mut Sends, send: PendingSend) {
        if sends.lane.is_empty() {
            self.sends_begin();
        }
        self.shared.guard.witness().operation_pending();
        sends.lane.push(send);
    }

    fn send_payload(
        &self,
        sends: &mut Sends,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> Result<u64, Unsent> {
        let sent = self.send_now(payload.slices(), payload.total_length(), options)?;
        sends.lane.moved(sent);
        Ok(sent)
    }

    /// Refuses more parts than the limit.
    pub fn admit_parts(&self, count: usize) -> Result<(), TransportError> {
        Ok(self.shared.guard.admit_parts(count)?)
    }

    /// What must hold before anything is sent; binds a datagram endpoint that is not bound.
    /// If a policy has allowed it, it is to be held until the payload is sent or queued.
    pub(super) fn check_send(
        &self,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> Result<Option<InForce<'_>>, TransportError> {
        let total = payload.total_length();
        // Byte counts of the interface have 32 bits.
        if payload.count() == 0 || total > u64::from(u32::MAX) {
            return Err(TransportError::InvalidArgument);
        }
        // Before any quota: what can never be sent is not refused for now.
        if self.protocol == Protocol::Udp && total > longest_datagram(self.family) {
            return Err(TransportError::MessageTooLarge);
        }
        let Some(to) = options.to else {
            return Ok(None);
        };
        let policy = self.policy();
        self.decide(&policy, Usage::DatagramTo(to))?;
        self.decide_implicit_bind(&policy)?;
        Ok(Some(policy))
    }

    /// Sends as much as the kernel and the rates take now.
    pub(super) fn send_now(
        &self,
        slices: &[IoSlice<'_>],
        total: u64,
        options: SendOptions,
    ) -> Result<u64, Unsent> {
        if let Some(error) = self.revoked() {
            return Err(Unsent::Revoked(error));
        }
        let sent = if self.shared.guard.account().is_paced() {
            self.send_paced(slices, total, options)?
        } else {
            self.send_gather(slices, total, options)?
        };
        self.shared.guard.witness().sent(sent);
        Ok(sent)
    }

    /// As much as the rates allow now; what the kernel did not take does not count.
    fn send_paced(
        &self,
        slices: &[IoSlice<'_>],
        total: u64,
        options: SendOptions,
    ) -> Result<u64, Unsent> {
        let account = self.shared.guard.account();
        if self.protocol == Protocol::Udp {
            let cost = self.cost(total);
            account
                .take_to_send(cost, Portion::Whole)
                .map_err(Unsent::Paced)?;
            let sent = self.send_gather(slices, total, options);
            if sent.is_err() {
                account.give_back_unsent(cost);
            }
            return Ok(sent?);
        }
        let granted = match total {
            0 => 0,
            total => account
                .take_to_send(total, Portion::Any)
                .map_err(Unsent::Paced)?,
        };
        let sent = if granted == total {
            self.send_gather(slices, total, options)
        } else {
            // The last byte, which may be urgent, is not among them.
            self.send_first(slices, granted, options)
        };
        account.give_back_unsent(granted - sent.unwrap_or(0).min(granted));
        Ok(sent?)
    }

    /// What so many bytes take of the rates.
    pub(super) fn cost(&self, bytes: u64) -> u64 {
        match self.protocol {
            Protocol::Tcp => bytes,
            Protocol::Udp => bytes.max(SMALLEST_DATAGRAM),
        }
    }

    /// Shuts the send direction down, after the pending sends.
    pub(super) fn end_after_sends(&self) -> Result<(), TransportError> {
        self.send_burst();
        let mut sends = lock(&self.sends);
        if sends.lane.is_empty() {
            return self.socket.shutdown(Direction::Send);
        }
        sends.end_after = true;
        Ok(())
    }

    /// Has the driver serve those who watch for room, if there are some.
    pub(super) fn kick_for_room(&self) {
        if self.is_watched(Wanted::Writable) {
            self.driver.kick();
        }
    }

    /// Has the driver do what waited for a send that it did not end itself.
    pub(super) fn kick_after_send(&self) {
        if lock(&self.sends).lane.is_captured() {
            self.driver.kick();
        } else {
            self.kick_for_room();
        }
    }

    pub(super) fn cancel_send(&self, position: u64) {
        self.send_burst();
        {
            let mut sends = lock(&self.sends);
            if sends.lane.get(position).is_none() {
                return;
            }
            self.finish(sends.lane.end(position, Some(TransportError::Cancelled)));
            if sends.lane.is_empty() {
                self.sends_ended(&mut sends);
            }
        }
        self.kick_after_send();
    }

    pub(super) fn cancel_all_sends(&self) -> Ended {
        lock(&self.sends).lane.end_all(TransportError::Cancelled)
    }
}
