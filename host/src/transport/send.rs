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
use super::endpoint::Endpoint;
use super::{Finished, Protocol, SendFlags, Started, TransportError};
use crate::limits::Permit;
use crate::memory::{Slices, WsabufArray};
use crate::policy::Usage;
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
    /// Told when the queue becomes empty.
    pub(super) emptied: Arc<Notify>,
}

impl SendSide {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
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
    _operation_permit: Permit,
    _payload_permit: Permit,
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

    fn finished(&self, error: Option<TransportError>) -> Finished {
        Finished {
            operation: self.operation,
            bytes: self.sent,
            error,
            source: None,
        }
    }
}

/// How to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) flags: SendFlags,
    pub(super) to: Option<SocketAddr>,
}

/// Where a turn of the pump left the queue.
enum Turn {
    /// Nothing is left: the pump ends.
    Empty,
    /// The kernel has no more room, after it took something or nothing.
    Blocked { sent: bool },
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
        let sends = lock(&self.sends);
        if !sends.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        self.send_now(slices, array.total_length(), how)
            .map_err(|errno| self.transfer_error(errno))
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
        let quota = &self.shared.quota;
        let operation_permit = quota.operations.take(1);
        let operation_permit = operation_permit.ok_or(TransportError::TooManyOperations)?;
        let held = usize::try_from(total).unwrap_or(usize::MAX);
        let payload_permit = quota.payload_bytes.take(held);
        let payload_permit = payload_permit.ok_or(TransportError::OutOfBuffers)?;

        let mut sends = lock(&self.sends);
        let sent = if sends.is_empty() {
            match self.send_now(slices, total, how) {
                Ok(sent) if sent == total => return Ok(Started::Done(sent)),
                Ok(sent) => sent,
                Err(Errno::AGAIN) => 0,
                Err(errno) => return Err(self.transfer_error(errno)),
            }
        } else {
            0
        };
        sends.queue.push_back(PendingSend {
            operation,
            parts: array.capture(sent, slices).into(),
            how,
            sent,
            _operation_permit: operation_permit,
            _payload_permit: payload_permit,
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
        if let Some(to) = how.to {
            self.decide(Usage::DatagramTo(to))?;
            self.decide_implicit_bind()?;
        }
        Ok(())
    }

    /// One gather, as far as the kernel takes it now; always one system call
    /// up to [`MAXIMUM_SLICES`] parts.
    fn send_now(&self, slices: &[IoSlice<'_>], total: u64, how: How) -> Result<u64, Errno> {
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
        let mut control = SendAncillaryBuffer::default();
        rustix::io::retry_on_intr(|| match &to {
            Some(to) => rustix::net::sendmsg_addr(&self.socket, to, slices, &mut control, flags),
            None => rustix::net::sendmsg(&self.socket, slices, &mut control, flags),
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

    pub(super) fn cancel_send(&self, operation: u64) -> Option<Finished> {
        let mut sends = lock(&self.sends);
        let position = sends
            .queue
            .iter()
            .position(|send| send.operation == operation)?;
        let send = sends.queue.remove(position)?;
        Some(send.finished(Some(TransportError::Cancelled)))
    }

    pub(super) fn cancel_all_sends(&self) -> Vec<Finished> {
        let mut sends = lock(&self.sends);
        if let Some(pump) = sends.pump.take() {
            pump.abort();
        }
        let cancelled = sends.queue.drain(..);
        cancelled
            .map(|send| send.finished(Some(TransportError::Cancelled)))
            .collect()
    }

    /// One turn of the pump: as many sends as the kernel takes, within bounds.
    fn push_sends(&self) -> Turn {
        let mut sends = lock(&self.sends);
        let mut sent_some = false;
        for _ in 0..CALLS_PER_TURN {
            let Some(send) = sends.queue.front_mut() else {
                self.sends_ended(&mut sends);
                return Turn::Empty;
            };
            let total = send.remaining();
            let sent = {
                let parts = send.parts.iter();
                let slices: Slices<'_> = parts.map(|part| IoSlice::new(part)).collect();
                self.send_now(&slices, total, send.how)
            };
            match sent {
                Ok(bytes) => {
                    sent_some = true;
                    send.advance(bytes);
                    if bytes < total {
                        continue;
                    }
                    let finished = send.finished(None);
                    sends.queue.pop_front();
                    self.shared.completions.push(finished);
                }
                Err(Errno::AGAIN) => return Turn::Blocked { sent: sent_some },
                Err(errno) => {
                    let error = self.transfer_error(errno);
                    // A lost connection ends every send, a bad datagram only itself.
                    let count = match self.protocol {
                        Protocol::Tcp => sends.queue.len(),
                        Protocol::Udp => 1,
                    };
                    let failed = sends.queue.drain(..count);
                    let failed: Vec<Finished> =
                        failed.map(|send| send.finished(Some(error))).collect();
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
        let failed: Vec<Finished> = sends
            .queue
            .drain(..)
            .map(|send| send.finished(Some(error)))
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
        }
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
