//! Sending: what the host takes at once, and a queue for the rest.
//!
//! A host takes a chunk, and may hold it for a while before its system has it. Such a chunk
//! is *in flight*. A send counts as done when nothing of it is in flight any more: bytes in
//! flight are lost if the component's instance ends, and a program that was told that they
//! are sent may end.

use std::collections::VecDeque;

use wsp_core::{SendFlags, Started, TransportError};

use super::{Phase, Stream};
use crate::limits::Charge;
use crate::memory::{Bytes, Payload};
use crate::pending::{Context, take};
use crate::wasi::Wasi;

/// The most bytes that are in flight on a stream, and so the most that go out of a send after
/// it was cancelled.
pub const IN_FLIGHT: usize = 64 << 10;

/// A send that is pending.
struct Send {
    operation: u64,
    bytes: Bytes,
    /// How much of it the host has.
    sent: usize,
    _charges: [Charge; 2],
}

impl Send {
    fn rest(&self) -> &[u8] {
        self.bytes.as_slice().get(self.sent..).unwrap_or_default()
    }
}

/// How the direction to the peer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// After the sends that are pending.
    AfterSends,
    /// Once the host has flushed.
    Flushing,
    Ended,
}

#[derive(Default)]
pub(super) struct Sender {
    queue: VecDeque<Send>,
    /// What the last `check-write` permits, and no `write` has used.
    permit: u64,
    /// What the host has and its system may not have yet.
    in_flight: usize,
    /// Something was written since the last flush.
    unflushed: bool,
    end: End,
}

impl Sender {
    pub(super) fn operations(&self) -> impl Iterator<Item = u64> {
        self.queue.iter().map(|send| send.operation)
    }

    pub(super) fn is_active(&self) -> bool {
        !self.queue.is_empty() || matches!(self.end, End::AfterSends | End::Flushing)
    }

    pub(super) fn end_after_sends(&mut self) {
        if self.end == End::Open {
            self.end = End::AfterSends;
        }
    }
}

impl<W: Wasi> Stream<W> {
    /// How many bytes may be written now; none while something is in flight.
    fn permit(&mut self, wasi: &W) -> Result<u64, TransportError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.sender.permit > 0 {
            return Ok(self.sender.permit);
        }
        let output = self.output.as_ref().ok_or(TransportError::NotConnected)?;
        let mut permit = wasi.check_write(output);
        if permit == Ok(0) {
            // Some hosts see only here that the last write has ended.
            let ready = self
                .output_ready
                .get_or_insert_with(|| wasi.subscribe_output(output));
            if wasi.is_ready(ready) {
                permit = wasi.check_write(output);
            }
        }
        match permit {
            Err(error) => Err(self.fail(&error)),
            Ok(0) => Ok(0),
            Ok(permit) => {
                self.sender.permit = permit;
                self.sender.in_flight = 0;
                Ok(permit)
            }
        }
    }

    /// Writes what there is room for, and says how much that was.
    fn write(&mut self, wasi: &W, bytes: &[u8]) -> Result<usize, TransportError> {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            let permit = usize::try_from(self.permit(wasi)?).unwrap_or(usize::MAX);
            let Some(chunk) = rest.get(..permit.min(IN_FLIGHT).min(rest.len())) else {
                break;
            };
            if chunk.is_empty() {
                break;
            }
            let output = self.output.as_ref().ok_or(TransportError::NotConnected)?;
            // A permit is good for one write.
            self.sender.permit = 0;
            let wrote = wasi.write(output, chunk);
            wrote.map_err(|error| self.fail(&error))?;
            self.sender.in_flight = chunk.len();
            self.sender.unflushed = true;
            written += chunk.len();
        }
        Ok(written)
    }

    fn check_send(&self, payload: &Payload, flags: SendFlags) -> Result<(), TransportError> {
        payload.check()?;
        if flags.contains(SendFlags::URGENT) {
            return Err(TransportError::NotSupported);
        }
        if self.phase != Phase::Connected {
            return Err(TransportError::NotConnected);
        }
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.sender.end != End::Open {
            return Err(TransportError::ConnectionReset);
        }
        Ok(())
    }

    pub(crate) fn try_send(
        &mut self,
        cx: &Context<'_, W>,
        payload: &Payload,
        flags: SendFlags,
    ) -> Result<usize, TransportError> {
        self.check_send(payload, flags)?;
        if !self.sender.queue.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        let bytes = payload.as_slice();
        match self.write(cx.wasi, bytes)? {
            0 if !bytes.is_empty() => Err(TransportError::WouldBlock),
            sent => Ok(sent),
        }
    }

    pub(crate) fn start_send(
        &mut self,
        cx: &Context<'_, W>,
        payload: Payload,
        flags: SendFlags,
        operation: u64,
    ) -> Result<Started, TransportError> {
        self.check_send(&payload, flags)?;
        // Before the host gets a part of it, which nothing takes back.
        let charges = [cx.account.operation()?, payload.charge(cx.account)?];
        let bytes = payload.as_slice();
        let mut sent = 0;
        if self.sender.queue.is_empty() {
            sent = self.write(cx.wasi, bytes)?;
            if sent == bytes.len() && (sent == 0 || self.permit(cx.wasi)? > 0) {
                return Ok(Started::Done(sent as u64));
            }
        }
        self.sender.queue.push_back(Send {
            operation,
            bytes: payload.bytes,
            sent,
            _charges: charges,
        });
        Ok(Started::Pending)
    }

    /// Sends what the host takes at once of what its caller waits for: how much that was, and
    /// whether that is all and nothing of it is in flight.
    pub(crate) fn send_awaited(
        &mut self,
        wasi: &W,
        payload: &Payload,
        flags: SendFlags,
        sent: usize,
    ) -> Result<(usize, bool), TransportError> {
        self.check_send(payload, flags)?;
        if !self.sender.queue.is_empty() {
            return Ok((sent, false));
        }
        let bytes = payload.as_slice();
        let rest = bytes.get(sent..).ok_or(TransportError::InvalidArgument)?;
        let sent = sent + self.write(wasi, rest)?;
        let is_out = sent == bytes.len() && (sent == 0 || self.permit(wasi)? > 0);
        Ok((sent, is_out))
    }

    pub(super) fn progress_sends(&mut self, cx: &mut Context<'_, W>) {
        while !self.sender.queue.is_empty() {
            match self.permit(cx.wasi) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    for send in std::mem::take(&mut self.sender.queue) {
                        cx.finish(send.operation, send.sent, Some(error));
                    }
                    break;
                }
            }
            // Nothing is in flight.
            let Some(mut send) = self.sender.queue.pop_front() else {
                break;
            };
            if send.rest().is_empty() {
                cx.finish(send.operation, send.sent, None);
                continue;
            }
            // An error is found by the next round.
            send.sent += self.write(cx.wasi, send.rest()).unwrap_or(0);
            self.sender.queue.push_front(send);
        }
        self.progress_end(cx.wasi);
    }

    /// Ends the direction once everything is out: hosts differ in what they do with bytes that
    /// they hold when they are told to end it.
    fn progress_end(&mut self, wasi: &W) {
        if self.sender.end == End::AfterSends {
            self.flush(wasi);
            self.sender.end = End::Flushing;
        }
        if self.sender.end == End::Flushing && self.permit(wasi) != Ok(0) {
            self.sender.end = End::Ended;
            if let Some(socket) = &self.socket {
                // The connection has failed if this does.
                let _ = wasi.shutdown(socket, true);
            }
        }
    }

    fn flush(&mut self, wasi: &W) {
        if std::mem::take(&mut self.sender.unflushed)
            && let Some(output) = &self.output
        {
            self.sender.permit = 0;
            if let Err(error) = wasi.flush(output) {
                self.fail(&error);
            }
        }
    }

    /// Asks the host to bring out what it has; whether it has by now. A stream that is
    /// dropped before that may take its last bytes with it, or wait for them.
    pub(crate) fn is_out(&mut self, wasi: &W) -> bool {
        if self.phase != Phase::Connected || self.sender.end == End::Ended {
            return true;
        }
        self.flush(wasi);
        self.permit(wasi) != Ok(0)
    }

    /// The same, for the sends that are pending too.
    pub(crate) fn has_sent_all(&mut self, wasi: &W) -> bool {
        self.sender.queue.is_empty() && self.is_out(wasi)
    }

    /// What tells that the host has brought out more.
    pub(crate) fn output_pollable<'a>(&'a mut self, wasi: &W, to: &mut Vec<&'a W::Pollable>) {
        if let Some(output) = &self.output {
            to.push(
                self.output_ready
                    .get_or_insert_with(|| wasi.subscribe_output(output)),
            );
        }
    }

    pub(super) fn is_writable(&mut self, cx: &Context<'_, W>) -> bool {
        self.phase == Phase::Connected
            && self.sender.queue.is_empty()
            && (self.sender.end == End::Ended || self.permit(cx.wasi) != Ok(0))
    }

    /// Bytes that the host's system has not got. What the peer's has, WASI does not tell.
    pub(crate) fn unacknowledged(&mut self, cx: &Context<'_, W>) -> u64 {
        if self.sender.in_flight > 0 && self.sender.end != End::Ended {
            // An error ends all waiting.
            let _ = self.permit(cx.wasi);
        }
        if self.failure.is_some() {
            return 0;
        }
        let queued = self.sender.queue.iter().map(|send| send.rest().len());
        (queued.sum::<usize>() + self.sender.in_flight) as u64
    }

    pub(super) fn cancel_send(&mut self, cx: &mut Context<'_, W>, operation: u64) -> bool {
        let send = take(&mut self.sender.queue, |send| send.operation == operation);
        if let Some(send) = &send {
            // What the host has goes out.
            let is_all = send.rest().is_empty();
            let error = (!is_all).then_some(TransportError::Cancelled);
            cx.finish(operation, send.sent, error);
        }
        send.is_some()
    }
}
