//! The pump: sends what was captured, as the kernel has room.

use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt;

use super::driver::Work;
use super::endpoint::Endpoint;
use super::gather::{How, MAXIMUM_SLICES};
use super::pending::{Rest, SendSide};
use super::send::Unsent;
use super::watch::Wanted;
use super::{Finished, Protocol, SendFlags, TransportError};
use crate::memory::Slices;
use crate::sync::lock;

/// System calls that are made before other tasks run.
pub(super) const CALLS_PER_TURN: usize = 32;

/// Bytes after which no other send joins a system call.
const LONGEST_BATCH: u64 = 1 << 20;

/// The most sends that join a system call, whose parts may all be empty.
const MOST_SENDS: usize = 1024;

/// Where a turn left the queue.
pub(super) enum Turn {
    /// Nothing is left for the driver.
    Empty,
    /// The kernel has no more room, after it took something or nothing.
    Blocked { sent: bool },
    /// A rate does not allow more now, of which so much is to be sent.
    Paced { wanted: u64 },
    /// There is more to do, after others had their turn.
    Yield,
}

/// Sends that go out in one system call.
struct Batch<'a> {
    slices: Slices<'a>,
    /// How many sends.
    count: usize,
    /// Their bytes.
    total: u64,
    how: How,
}

impl Endpoint {
    /// Sends what is pending and serves those who watch for room, as far as the
    /// kernel goes along.
    pub(super) fn poll_sending(self: &Arc<Endpoint>, work: &mut Work, cx: &mut Context<'_>) {
        while self.wants_room() {
            if work.sends.poll(cx).is_pending() {
                return;
            }
            let readiness = match self.readiness() {
                Ok(readiness) => readiness,
                Err(error) => return self.fail_sending(error, cx),
            };
            let mut ready = match readiness.poll_write_ready(cx) {
                Poll::Pending => return,
                Poll::Ready(Ok(ready)) => ready,
                Poll::Ready(Err(_)) => return self.fail_sending(TransportError::Other, cx),
            };
            match self.push_sends() {
                Turn::Empty => {
                    if self.serve_who_watches_for_room(work) {
                        work.sends.progressed();
                    } else {
                        ready.clear_ready();
                        work.sends.blocked(false);
                    }
                }
                Turn::Yield => {
                    work.sends.progressed();
                    return cx.waker().wake_by_ref();
                }
                Turn::Blocked { sent } => {
                    ready.clear_ready();
                    work.sends.blocked(sent);
                }
                Turn::Paced { wanted } => self.wait_for_rate(work, wanted),
            }
        }
        work.sends.clear();
    }

    fn wants_room(&self) -> bool {
        let (empty, captured) = {
            let sends = lock(&self.sends);
            (sends.is_empty(), sends.is_captured())
        };
        // What is in place is not the driver's, and kicks it at its end.
        captured
            || self.is_watched(Wanted::Connected)
            || (empty && self.is_watched(Wanted::Writable))
    }

    fn wait_for_rate(&self, work: &mut Work, wanted: u64) {
        let shared = Arc::clone(&self.shared);
        work.sends.progressed();
        work.sends.until(async move {
            while let Some((wait, clock)) = shared.guard.account().wait_to_send(wanted) {
                clock.sleep(wait, tokio::time::sleep).await;
            }
        });
    }

    /// False if the kernel has no room for any of them.
    fn serve_who_watches_for_room(&self, work: &mut Work) -> bool {
        if self.is_watched(Wanted::Connected) {
            return self.look_at_attempt(work);
        }
        if !lock(&self.sends).is_empty() {
            return true;
        }
        if !self.shared.guard.account().may_send(u64::MAX) {
            self.wait_for_rate(work, u64::MAX);
            return true;
        }
        if !self.polls(PollFlags::OUT) {
            return false;
        }
        self.end_watches(Wanted::Writable, None);
        true
    }

    /// One turn of the pump: as many sends as the kernel takes, within bounds.
    fn push_sends(&self) -> Turn {
        let mut sends = lock(&self.sends);
        let sends = &mut *sends;
        let mut sent_some = false;
        for _ in 0..CALLS_PER_TURN {
            let Some(Batch {
                slices,
                count,
                total,
                how,
            }) = self.next_batch(sends)
            else {
                return Turn::Empty;
            };
            let mut counted = sends.total;
            let sent = self.send_now(&mut counted, &slices, total, how);
            drop(slices);
            sends.total = counted;
            match sent {
                Ok(bytes) => {
                    sent_some = true;
                    let ended = sends.take_sent(count, bytes);
                    self.finish(ended.iter().map(|send| send.ended(None)));
                }
                Err(Unsent::System(Errno::AGAIN)) => return Turn::Blocked { sent: sent_some },
                Err(Unsent::Paced(_)) => {
                    let wanted = self.cost(total);
                    return Turn::Paced { wanted };
                }
                Err(Unsent::System(errno)) => {
                    let error = Some(self.transfer_error(errno));
                    match self.protocol {
                        // A lost connection ends every send, a bad datagram only itself.
                        Protocol::Tcp => {
                            self.finish(sends.take_all().map(|send| send.ended(error)));
                        }
                        Protocol::Udp => {
                            self.finish(sends.pop_front().iter().map(|send| send.ended(error)));
                        }
                    }
                }
            }
            if sends.is_empty() {
                self.sends_ended(sends);
            }
        }
        Turn::Yield
    }

    /// The oldest captured sends, as many as one system call takes: several if they
    /// are of a stream and sent in the same way, and one datagram.
    fn next_batch<'a>(&self, sends: &'a SendSide) -> Option<Batch<'a>> {
        let how = sends.front()?.how;
        let together = self.protocol == Protocol::Tcp && !how.flags.contains(SendFlags::URGENT);
        let mut batch = Batch {
            slices: Slices::new(),
            count: 0,
            total: 0,
            how,
        };
        for send in sends.iter().take(MOST_SENDS) {
            let Rest::Captured(captured) = &send.rest else {
                // Whoever waits for it goes on with it.
                break;
            };
            let parts = &captured.parts;
            let full = batch.slices.len() + parts.len() > MAXIMUM_SLICES
                || batch.total >= LONGEST_BATCH
                || !together;
            if batch.count > 0 && (full || send.how.flags != how.flags) {
                break;
            }
            batch
                .slices
                .extend(parts.iter().map(|part| IoSlice::new(part)));
            batch.total += send.remaining();
            batch.count += 1;
        }
        (batch.count > 0).then_some(batch)
    }

    /// Ends and reports operations.
    pub(super) fn finish(&self, finished: impl IntoIterator<Item = Finished>) {
        let ended = self.operations.end_all(finished);
        self.shared.completions.push_all(ended);
    }

    /// From now on the end of the connection is a reset: what the peer has is a part, and
    /// must not look like the whole, however the process ends.
    pub(super) fn sends_begin(&self) {
        if self.protocol == Protocol::Tcp {
            // If it cannot be set, closing does it again.
            let _ = sockopt::set_socket_linger(&self.socket, Some(std::time::Duration::ZERO));
        }
    }

    /// The kernel has everything.
    pub(super) fn sends_ended(&self, sends: &mut SendSide) {
        if self.protocol == Protocol::Tcp {
            let _ = sockopt::set_socket_linger(&self.socket, None);
        }
        if std::mem::take(&mut sends.end_after) {
            // The peer may be gone already; there is nothing left to lose.
            let _ = self.shut_down_socket(rustix::net::Shutdown::Write);
        }
    }

    pub(super) fn fail_sends(&self, error: TransportError) {
        let mut sends = lock(&self.sends);
        self.finish(sends.take_all().map(|send| send.ended(Some(error))));
        sends.end_after = false;
    }

    fn fail_sending(&self, error: TransportError, cx: &mut Context<'_>) {
        self.fail_sends(error);
        self.fail(&[Wanted::Connected, Wanted::Writable], error, cx);
    }
}
