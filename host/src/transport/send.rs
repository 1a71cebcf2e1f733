//! Sends: the system call first, then the queue.

use std::io::IoSlice;

use rustix::io::Errno;

use super::endpoint::Endpoint;
use super::gather::{How, longest_datagram};
use super::operations::Place;
use super::pending::{PendingSend, Rest};
use super::watch::Wanted;
use super::{Finished, Protocol, SendFlags, Started, TransportError};
use crate::memory::{Slices, WsabufArray};
use crate::policy::Usage;
use crate::quota::{Part, Portion, QuotaKind, Refusal, Scope};
use crate::sync::lock;

/// What a datagram takes of a rate at least, in bytes: without it, nothing would bound
/// how many small and empty ones go out.
const SMALLEST_DATAGRAM: u64 = 64;

/// Why nothing was sent.
pub(super) enum Unsent {
    /// The system says so.
    System(Errno),
    /// A rate does not allow more now.
    Paced(Scope),
}

impl From<Errno> for Unsent {
    fn from(errno: Errno) -> Unsent {
        Unsent::System(errno)
    }
}

/// How a send that may take time began.
pub(super) struct Begun {
    pub(super) how: Started,
    /// It is pending, and only whoever waits for it goes on with it.
    pub(super) in_place: bool,
}

impl From<Started> for Begun {
    fn from(how: Started) -> Begun {
        Begun {
            how,
            in_place: false,
        }
    }
}

impl Endpoint {
    /// Sends what the kernel takes at once, without overtaking a pending send.
    pub(super) fn try_send(
        &self,
        array: &WsabufArray,
        slices: &Slices<'_>,
        how: How,
    ) -> Result<u64, TransportError> {
        let sent = self.send_at_once(array, slices, how);
        if sent == Err(TransportError::WouldBlock) {
            // Who waits for room now must not depend on who waited before.
            self.kick_for_room();
        }
        sent
    }

    fn send_at_once(
        &self,
        array: &WsabufArray,
        slices: &Slices<'_>,
        how: How,
    ) -> Result<u64, TransportError> {
        self.check_send(array, how)?;
        let mut sends = lock(&self.sends);
        if !sends.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        match self.send_now(&mut sends.total, slices, array.total_length(), how) {
            Ok(sent) => Ok(sent),
            Err(Unsent::System(errno)) => Err(self.transfer_error(errno)),
            Err(Unsent::Paced(scope)) => {
                let kind = QuotaKind::BytesPerSecond;
                Err(self.shared.guard.refused(Refusal { kind, scope }).into())
            }
        }
    }

    /// Sends everything: at once as far as that goes, the rest by itself.
    pub(super) fn start_send(
        &self,
        array: &WsabufArray,
        slices: &Slices<'_>,
        how: How,
        operation: u64,
    ) -> Result<Begun, TransportError> {
        self.operations.check(operation)?;
        self.check_send(array, how)?;
        let total = array.total_length();
        // Taken before anything is sent: a refused send has sent nothing.
        let held = usize::try_from(total).unwrap_or(usize::MAX);
        let taken = self.shared.guard.admit(Part::Send(held))?;

        let mut sends = lock(&self.sends);
        let first = sends.is_empty();
        let sent = if first {
            match self.send_now(&mut sends.total, slices, total, how) {
                Ok(sent) if sent == total => return Ok(Started::Done(sent).into()),
                Ok(sent) => sent,
                Err(Unsent::System(Errno::AGAIN) | Unsent::Paced(_)) => 0,
                Err(Unsent::System(errno)) => return Err(self.transfer_error(errno)),
            }
        } else {
            0
        };
        if first {
            self.sends_begin();
        }
        self.shared.guard.witness().operation_pending();
        let in_place = how.flags.contains(SendFlags::IN_PLACE)
            && !how.flags.contains(SendFlags::URGENT)
            && first
            && !self.shared.guard.account().is_paced();
        let rest = if in_place {
            Rest::InPlace(total - sent)
        } else {
            Rest::Captured(array.capture(sent, slices).into())
        };
        let place = Place::Send(sends.next());
        self.operations.begin(operation, place, taken.keep());
        sends.push(PendingSend {
            operation,
            rest,
            how,
            sent,
        });
        drop(sends);
        if !in_place {
            self.driver.kick();
        }
        Ok(Begun {
            how: Started::Pending,
            in_place,
        })
    }

    /// What must hold before anything is sent; binds a datagram endpoint that is not bound.
    fn check_send(&self, array: &WsabufArray, how: How) -> Result<(), TransportError> {
        if array.refused() {
            return Err(TransportError::OutOfBuffers);
        }
        // Byte counts of the interface have 32 bits.
        if array.count() == 0 || array.total_length() > u64::from(u32::MAX) {
            return Err(TransportError::InvalidArgument);
        }
        // Before any quota: what can never be sent is not refused for now.
        if self.protocol == Protocol::Udp && array.total_length() > longest_datagram(self.family) {
            return Err(TransportError::MessageTooLarge);
        }
        if let Some(to) = how.to {
            self.decide(Usage::DatagramTo(to))?;
            self.decide_implicit_bind()?;
        }
        Ok(())
    }

    /// Sends as much as the kernel and the rates take now, and counts it.
    pub(super) fn send_now(
        &self,
        counted: &mut u64,
        slices: &[IoSlice<'_>],
        total: u64,
        how: How,
    ) -> Result<u64, Unsent> {
        let sent = if self.shared.guard.account().is_paced() {
            self.send_paced(slices, total, how)?
        } else {
            self.send_gather(slices, total, how)?
        };
        *counted = counted.saturating_add(sent);
        self.shared.guard.witness().sent(sent);
        Ok(sent)
    }

    /// As much as the rates allow now; what the kernel did not take does not count.
    fn send_paced(&self, slices: &[IoSlice<'_>], total: u64, how: How) -> Result<u64, Unsent> {
        let account = self.shared.guard.account();
        if self.protocol == Protocol::Udp {
            let cost = self.cost(total);
            account
                .take_to_send(cost, Portion::Whole)
                .map_err(Unsent::Paced)?;
            let sent = self.send_gather(slices, total, how);
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
            self.send_gather(slices, total, how)
        } else {
            // The last byte, which may be urgent, is not among them.
            self.send_first(slices, granted, how)
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
        let mut sends = lock(&self.sends);
        if sends.is_empty() {
            return self.shut_down_socket(rustix::net::Shutdown::Write);
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
        if lock(&self.sends).is_captured() {
            self.driver.kick();
        } else {
            self.kick_for_room();
        }
    }

    pub(super) fn cancel_send(&self, position: u64) {
        let cancelled = {
            let mut sends = lock(&self.sends);
            let Some(send) = sends.remove(position) else {
                return;
            };
            if sends.is_empty() {
                self.sends_ended(&mut sends);
            }
            send.ended(Some(TransportError::Cancelled))
        };
        self.finish([cancelled]);
        self.kick_after_send();
    }

    pub(super) fn cancel_all_sends(&self) -> Vec<Finished> {
        let sends = lock(&self.sends).take_all();
        sends
            .map(|send| send.ended(Some(TransportError::Cancelled)))
            .collect()
    }
}
