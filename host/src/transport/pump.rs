//! The pump: a task for each endpoint with captured sends, as long as there are some.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use rustix::io::Errno;

use super::backoff::Backoff;
use super::completions::Ended;
use super::endpoint::Endpoint;
use super::gather::{How, MAXIMUM_SLICES};
use super::pending::{PendingSend, Rest, SendSide};
use super::send::Unsent;
use super::{Protocol, SendFlags, TransportError};
use crate::memory::Slices;
use crate::sync::lock;

/// System calls that are made before other tasks run.
pub(super) const CALLS_PER_TURN: usize = 32;

/// Bytes after which no other send joins a system call.
const LONGEST_BATCH: u64 = 1 << 20;

/// Where a turn of the pump left the queue.
pub(super) enum Turn {
    /// Nothing is left: the pump ends.
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
    pub(super) fn start_pump(self: &Arc<Endpoint>, sends: &mut SendSide) {
        if sends.pump.is_none() {
            let pump = pump(Arc::clone(self));
            sends.pump = Some(self.shared.runtime.spawn(pump).abort_handle());
        }
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
            }) = self.next_batch(&sends.queue)
            else {
                // What is left is in place: whoever waits for it goes on with it.
                sends.pump = None;
                if sends.queue.is_empty() {
                    self.sends_ended(sends);
                }
                return Turn::Empty;
            };
            let sent = self.send_now(&mut sends.total, &slices, total, how);
            drop(slices);
            match sent {
                Ok(bytes) => {
                    sent_some = true;
                    self.shared
                        .completions
                        .push_all(sends.take_sent(count, bytes));
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

    /// The oldest captured sends, as many as one system call takes: several where they
    /// are of a stream and sent in the same way, and one datagram.
    fn next_batch<'a>(&self, queue: &'a VecDeque<PendingSend>) -> Option<Batch<'a>> {
        let how = queue.front()?.how;
        let together = self.protocol == Protocol::Tcp && !how.flags.contains(SendFlags::URGENT);
        let mut batch = Batch {
            slices: Slices::new(),
            count: 0,
            total: 0,
            how,
        };
        for send in queue {
            let Rest::Captured(parts) = &send.rest else {
                // Whoever waits for it goes on with it.
                break;
            };
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

    pub(super) fn sends_ended(&self, sends: &mut SendSide) {
        sends.pump = None;
        if std::mem::take(&mut sends.end_after) {
            // The peer may be gone already; there is nothing left to lose.
            let _ = self.shut_down_socket(rustix::net::Shutdown::Write);
        }
        sends.emptied.notify_waiters();
    }

    pub(super) fn fail_sends(&self, error: TransportError) {
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
