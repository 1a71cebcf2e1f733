//! Sends: the system call first, then the queue, then the pump.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use rustix::io::Errno;
use rustix::net::SendAncillaryBuffer;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::backoff::Backoff;
use super::completions::Ended;
use super::endpoint::Endpoint;
use super::{AddressFamily, Finished, Protocol, SendFlags, Started, TransportError};
use crate::memory::{Slices, WsabufArray};
use crate::policy::Usage;
use crate::quota::{Part, Permit, Portion, QuotaKind, Scope};
use crate::sync::lock;

/// The most parts that one system call takes (IOV_MAX).
const MAXIMUM_SLICES: usize = 1024;

/// System calls that a pump makes before it lets other tasks run.
const CALLS_PER_TURN: usize = 32;

/// The sends of one endpoint.
#[derive(Debug, Default)]
pub(super) struct SendSide {
    /// Pending sends, oldest first; only the first may be partly sent.
    queue: VecDeque<PendingSend>,
    /// The task that drives the queue, while there is one.
    pump: Option<AbortHandle>,
    /// Shut the direction down when the queue is empty.
    end_after: bool,
    /// Bytes that the system took.
    total: u64,
    /// Told when the queue becomes empty.
    pub(super) emptied: Arc<Notify>,
}

impl SendSide {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn queued_bytes(&self) -> u64 {
        self.queue.iter().map(PendingSend::remaining).sum()
    }
}

/// A send that the host goes on with.
#[derive(Debug)]
struct PendingSend {
    operation: u64,
    parts: VecDeque<Bytes>,
    how: How,
    sent: u64,
    /// What it holds of the quotas, until it ends.
    permit: Permit,
}

impl PendingSend {
    fn remaining(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }

    fn advance(&mut self, mut bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
        while let Some(part) = self.parts.front_mut() {
            let step = part.len().min(usize::try_from(bytes).unwrap_or(usize::MAX));
            part.advance(step);
            bytes -= step as u64;
            if !part.is_empty() {
                return;
            }
            self.parts.pop_front();
        }
    }

    fn ended(self, error: Option<TransportError>) -> Ended {
        let finished = Finished {
            operation: self.operation,
            bytes: self.sent,
            error,
            source: None,
        };
        Ended::new(finished, self.permit)
    }
}

/// How to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) flags: SendFlags,
    pub(super) to: Option<SocketAddr>,
}

/// Why nothing was sent.
enum Unsent {
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

/// Where a turn of the pump left the queue.
enum Turn {
    /// Nothing is left: the pump ends.
    Empty,
    /// The kernel has no more room, after it took something or nothing.
    Blocked { sent: bool },
    /// A rate does not allow more now, of which so much is to be sent.
    Paced { wanted: u64 },
    /// There is more to do, after others had their turn.
    Yield,
}

impl Endpoint {
    /// Sends what the kernel takes at once, without overtaking a pending send.
    pub(super) fn try_send(
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
                let account = &self.shared.account;
                Err(account.refuse(QuotaKind::BytesPerSecond, scope).into())
            }
        }
    }

    /// Sends everything: at once as far as that goes, the rest by itself.
    pub(super) fn start_send(
        self: &Arc<Endpoint>,
        array: &WsabufArray,
        slices: &Slices<'_>,
        how: How,
        operation: u64,
    ) -> Result<Started, TransportError> {
        self.check_send(array, how)?;
        let total = array.total_length();
        // Taken before anything is sent: a refused send has sent nothing.
        let held = usize::try_from(total).unwrap_or(usize::MAX);
        let taken = self.shared.account.admit(Part::Send(held))?;

        let mut sends = lock(&self.sends);
        let sent = if sends.is_empty() {
            match self.send_now(&mut sends.total, slices, total, how) {
                Ok(sent) if sent == total => return Ok(Started::Done(sent)),
                Ok(sent) => sent,
                Err(Unsent::System(Errno::AGAIN) | Unsent::Paced(_)) => 0,
                Err(Unsent::System(errno)) => return Err(self.transfer_error(errno)),
            }
        } else {
            0
        };
        self.shared.account.activity.operation_pending();
        sends.queue.push_back(PendingSend {
            operation,
            parts: array.capture(sent, slices).into(),
            how,
            sent,
            permit: taken.keep(),
        });
        if sends.pump.is_none() {
            let pump = pump(Arc::clone(self));
            sends.pump = Some(self.shared.runtime.spawn(pump).abort_handle());
        }
        Ok(Started::Pending)
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
    fn send_now(
        &self,
        counted: &mut u64,
        slices: &[IoSlice<'_>],
        total: u64,
        how: How,
    ) -> Result<u64, Unsent> {
        let sent = if self.shared.account.is_paced() {
            self.send_paced(slices, total, how)?
        } else {
            self.send_gather(slices, total, how)?
        };
        *counted = counted.saturating_add(sent);
        self.shared.account.activity.sent(sent);
        Ok(sent)
    }

    /// As much as the rates allow now; what the kernel did not take does not count.
    fn send_paced(&self, slices: &[IoSlice<'_>], total: u64, how: How) -> Result<u64, Unsent> {
        let account = &self.shared.account;
        let portion = match self.protocol {
            Protocol::Tcp => Portion::Any,
            Protocol::Udp => Portion::Whole,
        };
        let granted = match total {
            0 => 0,
            total => account
                .take_to_send(total, portion)
                .map_err(Unsent::Paced)?,
        };
        let sent = if granted == total {
            self.send_gather(slices, total, how)
        } else {
            // The last byte, which may be urgent, is not among them.
            self.send_stream(&first(slices, granted), system_flags(how.flags))
        };
        account.give_back_unsent(granted - sent.unwrap_or(0).min(granted));
        Ok(sent?)
    }

    /// One gather, as far as the kernel takes it now; always one system call
    /// up to [`MAXIMUM_SLICES`] parts.
    fn send_gather(&self, slices: &[IoSlice<'_>], total: u64, how: How) -> Result<u64, Errno> {
        if self.protocol == Protocol::Udp {
            return self.send_datagram(slices, how).map(|()| total);
        }
        if how.flags.contains(SendFlags::URGENT) {
            return self.send_urgent(slices, total, how.flags);
        }
        self.send_stream(slices, system_flags(how.flags))
    }

    fn send_stream(
        &self,
        slices: &[IoSlice<'_>],
        flags: rustix::net::SendFlags,
    ) -> Result<u64, Errno> {
        let mut sent = 0;
        for chunk in slices.chunks(MAXIMUM_SLICES) {
            let length: u64 = chunk.iter().map(|slice| slice.len() as u64).sum();
            match self.send_message(chunk, flags, None) {
                Ok(bytes) => {
                    sent += bytes;
                    if bytes < length {
                        break;
                    }
                }
                Err(_) if sent > 0 => break,
                Err(errno) => return Err(errno),
            }
        }
        Ok(sent)
    }

    /// Only the last byte of a call is urgent, so it goes by itself once the rest
    /// is out: a short write must not mark another byte.
    fn send_urgent(
        &self,
        slices: &[IoSlice<'_>],
        total: u64,
        flags: SendFlags,
    ) -> Result<u64, Errno> {
        let Some((last_slice, before)) = slices.split_last() else {
            return Ok(0);
        };
        let Some((last_byte, start)) = last_slice.split_last() else {
            return Ok(0);
        };
        let plain = system_flags(flags);
        let mut sent = 0;
        if total > 1 {
            let mut rest: Slices<'_> = before.iter().map(|slice| IoSlice::new(slice)).collect();
            if !start.is_empty() {
                rest.push(IoSlice::new(start));
            }
            sent = self.send_stream(&rest, plain)?;
            if sent < total - 1 {
                return Ok(sent);
            }
        }
        let urgent = plain | rustix::net::SendFlags::OOB;
        match self.send_message(&[IoSlice::new(&[*last_byte])], urgent, None) {
            Ok(byte) => Ok(sent + byte),
            Err(_) if sent > 0 => Ok(sent),
            Err(errno) => Err(errno),
        }
    }

    fn send_datagram(&self, slices: &[IoSlice<'_>], how: How) -> Result<(), Errno> {
        let flags = system_flags(how.flags);
        let send = || {
            if slices.len() > MAXIMUM_SLICES {
                // A datagram goes out in one call or not at all.
                let joined: Vec<u8> = slices
                    .iter()
                    .flat_map(|slice| slice.iter())
                    .copied()
                    .collect();
                return self.send_message(&[IoSlice::new(&joined)], flags, how.to);
            }
            self.send_message(slices, flags, how.to)
        };
        match send() {
            // What ICMP said of an earlier datagram is no error of this one.
            Err(Errno::CONNREFUSED | Errno::HOSTUNREACH) => send(),
            other => other,
        }
        .map(|_| ())
    }

    fn send_message(
        &self,
        slices: &[IoSlice<'_>],
        flags: rustix::net::SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<u64, Errno> {
        #[cfg(feature = "fault-injection")]
        self.shared.faults.take()?;
        #[cfg(feature = "discard")]
        if self.shared.discard {
            return Ok(slices.iter().map(|slice| slice.len() as u64).sum());
        }
        let mut control = SendAncillaryBuffer::default();
        rustix::io::retry_on_intr(|| match (&to, slices) {
            (Some(to), _) => {
                rustix::net::sendmsg_addr(&self.socket, to, slices, &mut control, flags)
            }
            // Without a description of the parts that the system had to read.
            (None, [one]) => rustix::net::send(&self.socket, one, flags),
            (None, _) => rustix::net::sendmsg(&self.socket, slices, &mut control, flags),
        })
        .map(|bytes| bytes as u64)
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

    pub(super) fn cancel_send(&self, operation: u64) -> Option<Ended> {
        let mut sends = lock(&self.sends);
        let position = sends
            .queue
            .iter()
            .position(|send| send.operation == operation)?;
        let send = sends.queue.remove(position)?;
        Some(send.ended(Some(TransportError::Cancelled)))
    }

    pub(super) fn cancel_all_sends(&self) -> Vec<Ended> {
        let mut sends = lock(&self.sends);
        if let Some(pump) = sends.pump.take() {
            pump.abort();
        }
        let cancelled = sends.queue.drain(..);
        cancelled
            .map(|send| send.ended(Some(TransportError::Cancelled)))
            .collect()
    }

    /// One turn of the pump: as many sends as the kernel takes, within bounds.
    fn push_sends(&self) -> Turn {
        let mut sends = lock(&self.sends);
        let sends = &mut *sends;
        let mut sent_some = false;
        for _ in 0..CALLS_PER_TURN {
            let Some(send) = sends.queue.front_mut() else {
                self.sends_ended(sends);
                return Turn::Empty;
            };
            let total = send.remaining();
            let sent = {
                let parts = send.parts.iter();
                let slices: Slices<'_> = parts.map(|part| IoSlice::new(part)).collect();
                self.send_now(&mut sends.total, &slices, total, send.how)
            };
            match sent {
                Ok(bytes) => {
                    sent_some = true;
                    send.advance(bytes);
                    if bytes < total {
                        continue;
                    }
                    let ended = sends.queue.pop_front().map(|send| send.ended(None));
                    self.shared.completions.push_all(ended);
                }
                Err(Unsent::System(Errno::AGAIN)) => return Turn::Blocked { sent: sent_some },
                Err(Unsent::Paced(_)) => return Turn::Paced { wanted: total },
                Err(Unsent::System(errno)) => {
                    let error = self.transfer_error(errno);
                    // A lost connection ends every send, a bad datagram only itself.
                    let count = match self.protocol {
                        Protocol::Tcp => sends.queue.len(),
                        Protocol::Udp => 1,
                    };
                    let failed = sends.queue.drain(..count);
                    let failed: Vec<Ended> = failed.map(|send| send.ended(Some(error))).collect();
                    self.shared.completions.push_all(failed);
                }
            }
        }
        Turn::Yield
    }

    fn sends_ended(&self, sends: &mut SendSide) {
        sends.pump = None;
        if std::mem::take(&mut sends.end_after) {
            // The peer may be gone already; there is nothing left to lose.
            let _ = self.shut_down_socket(rustix::net::Shutdown::Write);
        }
        sends.emptied.notify_waiters();
    }

    fn fail_sends(&self, error: TransportError) {
        let mut sends = lock(&self.sends);
        let failed: Vec<Ended> = sends
            .queue
            .drain(..)
            .map(|send| send.ended(Some(error)))
            .collect();
        self.shared.completions.push_all(failed);
        self.sends_ended(&mut sends);
    }
}

/// Drives the pending sends of an endpoint until none is left.
async fn pump(endpoint: Arc<Endpoint>) {
    let mut backoff = Backoff::default();
    loop {
        let readiness = match endpoint.readiness() {
            Ok(readiness) => readiness,
            Err(error) => return endpoint.fail_sends(error),
        };
        let Ok(mut ready) = readiness.writable().await else {
            return endpoint.fail_sends(TransportError::Other);
        };
        match endpoint.push_sends() {
            Turn::Empty => return,
            Turn::Yield => {
                backoff.progressed();
                tokio::task::yield_now().await;
            }
            Turn::Blocked { sent } => {
                ready.clear_ready();
                backoff.blocked(sent).await;
            }
            Turn::Paced { wanted } => {
                backoff.progressed();
                endpoint.shared.account.wait_to_send(wanted).await;
            }
        }
    }
}

/// The first `length` bytes of a gather.
fn first<'a>(slices: &'a [IoSlice<'_>], length: u64) -> Slices<'a> {
    let mut rest = usize::try_from(length).unwrap_or(usize::MAX);
    let mut taken = Slices::new();
    for slice in slices {
        let part = slice.get(..rest.min(slice.len())).unwrap_or_default();
        rest -= part.len();
        if !part.is_empty() {
            taken.push(IoSlice::new(part));
        }
    }
    taken
}

/// 65,535 bytes less the UDP header and, where that counts, the IPv4 header. The
/// system has the last word.
fn longest_datagram(family: AddressFamily) -> u64 {
    match family {
        AddressFamily::Inet => 65_507,
        AddressFamily::Inet6 => 65_527,
    }
}

fn system_flags(flags: SendFlags) -> rustix::net::SendFlags {
    let mut system = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
    system.set(
        rustix::net::SendFlags::DONTROUTE,
        flags.contains(SendFlags::DONT_ROUTE),
    );
    system.set(
        rustix::net::SendFlags::MORE,
        flags.contains(SendFlags::MORE),
    );
    system
}
