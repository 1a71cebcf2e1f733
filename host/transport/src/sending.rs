//! Sends what was captured, as the kernel has room.

use std::io::IoSlice;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustix::io::Errno;

use super::SendOptions;
use super::endpoint::Endpoint;
use super::lane::{Ended, Lane, Pending};
use super::pause::Pauses;
use super::pending::{PendingSend, Remaining, Sends};
use super::send::Unsent;
use super::slices::Slices;
use super::system_call::MAXIMUM_SLICES;
use super::watches::Wanted;
use super::{Direction, Protocol, Readiness, SendFlags, TransportError};
use wsp_guard::sync::lock;

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
    options: SendOptions,
}

impl Endpoint {
    /// Sends what is pending and serves those who watch for room, as far as the
    /// kernel goes along.
    pub(super) fn poll_sending(self: &Arc<Endpoint>, work: &mut Pauses, cx: &mut Context<'_>) {
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
            (sends.lane.is_empty(), sends.lane.is_captured())
        };
        // What is lent is not the driver's, and kicks it at its end.
        captured
            || self.is_watched(Wanted::Connected)
            || (empty && self.is_watched(Wanted::Writable))
    }

    fn wait_for_rate(&self, work: &mut Pauses, wanted: u64) {
        let shared = Arc::clone(&self.shared);
        work.sends.progressed();
        work.sends.until(async move {
            while let Some((wait, clock)) = shared.guard.account().wait_to_send(wanted) {
                clock.sleep(wait, tokio::time::sleep).await;
            }
        });
    }

    /// False if the kernel has no room for any of them.
    fn serve_who_watches_for_room(&self, work: &mut Pauses) -> bool {
        if self.is_watched(Wanted::Connected) {
            return self.look_at_attempt(work);
        }
        if !lock(&self.sends).lane.is_empty() {
            return true;
        }
        if !self.shared.guard.account().may_send(u64::MAX) {
            self.wait_for_rate(work, u64::MAX);
            return true;
        }
        if !self.polls(Readiness::WRITABLE) {
            return false;
        }
        self.end_watches(Wanted::Writable, None);
        true
    }

    /// One turn: as many sends as the kernel takes, within bounds.
    pub(super) fn push_sends(&self) -> Turn {
        let mut sends = lock(&self.sends);
        let sends = &mut *sends;
        let mut sent_some = false;
        for _ in 0..CALLS_PER_TURN {
            #[cfg(target_os = "linux")]
            if let Some((count, bytes)) = self.send_datagrams(&sends.lane) {
                sent_some = true;
                self.joined(count);
                self.sent(sends, count, bytes);
                if sends.lane.is_empty() {
                    self.sends_ended(sends);
                }
                continue;
            }
            let Some(Batch {
                slices,
                count,
                total,
                options,
            }) = self.next_batch(&sends.lane)
            else {
                return Turn::Empty;
            };
            let sent = self.send_now(&slices, total, options);
            drop(slices);
            match sent {
                Ok(bytes) => {
                    sent_some = true;
                    self.joined(count);
                    self.sent(sends, count, bytes);
                }
                Err(Unsent::System(Errno::AGAIN)) => return Turn::Blocked { sent: sent_some },
                Err(Unsent::Paced(_)) => {
                    let wanted = self.cost(total);
                    return Turn::Paced { wanted };
                }
                Err(Unsent::Revoked(error)) => self.finish(sends.lane.end_all(error)),
                Err(Unsent::System(errno)) => {
                    let error = self.transfer_error(errno);
                    // A lost connection ends every send, a bad datagram only itself.
                    self.finish(match self.protocol {
                        Protocol::Tcp => sends.lane.end_all(error),
                        Protocol::Udp => sends.lane.end_front(Some(error)),
                    });
                }
            }
            if sends.lane.is_empty() {
                self.sends_ended(sends);
            }
        }
        Turn::Yield
    }

    /// The oldest captured sends, as many as one system call takes: several if they
    /// are of a stream and sent in the same way, and one datagram.
    fn next_batch<'a>(&self, sends: &'a Lane<PendingSend>) -> Option<Batch<'a>> {
        let options = sends.front()?.options;
        let together = self.protocol == Protocol::Tcp && !options.flags.contains(SendFlags::URGENT);
        let mut batch = Batch {
            slices: Slices::new(),
            count: 0,
            total: 0,
            options,
        };
        for send in sends.iter().take(MOST_SENDS) {
            let Remaining::Captured(captured) = &send.rest else {
                // The call that waits for it goes on with it.
                break;
            };
            let full = batch.slices.len() + captured.count() > MAXIMUM_SLICES
                || batch.total >= LONGEST_BATCH
                || !together;
            if batch.count > 0 && (full || send.options.flags != options.flags) {
                break;
            }
            batch
                .slices
                .extend(captured.parts().map(|part| IoSlice::new(part)));
            batch.total += send.remaining();
            batch.count += 1;
        }
        (batch.count > 0).then_some(batch)
    }

    /// The oldest `count` sends have sent this many bytes in one system call.
    pub(super) fn sent(&self, sends: &mut Sends, count: usize, bytes: u64) {
        let ended = match self.trace_call() {
            None => sends.lane.sent(count, bytes, |_, _| ()),
            Some(mut moves) => sends
                .lane
                .sent(count, bytes, |send, bytes| moves.took(send, bytes)),
        };
        self.finish(ended);
    }

    /// So many sends went out together.
    fn joined(&self, count: usize) {
        if count > 1 {
            tracing::trace!(target: "wsp::transport", count, "sends went out together");
            self.shared.guard.witness().joined(count as u64);
        }
    }

    /// Ends and reports operations.
    pub(super) fn finish(&self, finished: Ended) {
        let ended = self.operations.end_all(finished);
        if let Some(tracer) = self.shared.tracer() {
            tracer.ended(&ended);
        }
        self.shared.completions.push_all(ended);
    }

    /// From now on the end of the connection is a reset: what the peer has is a part, and
    /// must not look like the whole, however the process ends.
    pub(super) fn sends_begin(&self) {
        if self.protocol == Protocol::Tcp {
            self.socket.abort_on_close(true);
        }
    }

    /// The kernel has everything.
    pub(super) fn sends_ended(&self, sends: &mut Sends) {
        self.set_ending();
        if std::mem::take(&mut sends.end_after) {
            // The peer may be gone already; there is nothing left to lose.
            let _ = self.socket.shutdown(Direction::Send);
        }
    }

    pub(super) fn fail_sends(&self, error: TransportError) {
        let mut sends = lock(&self.sends);
        self.finish(sends.lane.end_all(error));
        sends.end_after = false;
    }

    fn fail_sending(&self, error: TransportError, cx: &mut Context<'_>) {
        self.fail_sends(error);
        self.fail(&[Wanted::Connected, Wanted::Writable], error, cx);
    }
}
