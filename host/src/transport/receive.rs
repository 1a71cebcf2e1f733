//! Receives: the system call first, then the queue, then the pump.

use std::collections::VecDeque;
use std::io::IoSliceMut;
use std::net::SocketAddr;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvFlags, ReturnFlags};
use tokio::task::AbortHandle;

use super::backoff::Backoff;
use super::completions::Ended;
use super::endpoint::Endpoint;
use super::{Finished, Protocol, ReceiveFlags, ReceiveStarted, Received, TransportError};
use crate::memory::Room;
use crate::policy::Usage;
use crate::quota::{Part, Permit};
use crate::sync::lock;

/// Datagrams of denied senders that one attempt takes away.
const DROPPED_AT_ONCE: usize = 64;

/// Receives that a pump serves before it lets other tasks run.
const RECEIVES_PER_TURN: usize = 32;

/// The receives of one endpoint.
#[derive(Debug, Default)]
pub(super) struct ReceiveSide {
    /// Pending receives, oldest first; only the first may be partly filled.
    queue: VecDeque<PendingReceive>,
    /// The task that drives the queue, while there is one.
    pump: Option<AbortHandle>,
    /// Bytes received.
    total: u64,
}

impl ReceiveSide {
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

/// A receive that the host goes on with.
#[derive(Debug)]
struct PendingReceive {
    operation: u64,
    receive: Receive,
    permit: Permit,
}

/// A receive that has its room. Dropping it gives the room back.
#[derive(Debug)]
struct Receive {
    room: Arc<Room>,
    bytes: Vec<u8>,
    filled: usize,
    flags: ReceiveFlags,
}

impl Drop for Receive {
    fn drop(&mut self) {
        self.room.end(std::mem::take(&mut self.bytes), self.filled);
    }
}

impl Receive {
    fn begin(room: &Arc<Room>, flags: ReceiveFlags) -> Result<Receive, TransportError> {
        if room.refused() {
            return Err(TransportError::OutOfBuffers);
        }
        let bytes = room.begin().ok_or(TransportError::InvalidArgument)?;
        Ok(Receive {
            room: Arc::clone(room),
            bytes,
            filled: 0,
            flags,
        })
    }
}

/// What one attempt brought.
enum Attempt {
    Done {
        source: Option<SocketAddr>,
        truncated: bool,
    },
    /// Nothing there, or not enough yet.
    Blocked,
    /// Only datagrams of denied senders so far, and perhaps more behind them.
    Dropped,
}

/// Where a turn of the pump left the queue.
enum Turn {
    /// Nothing is left: the pump ends.
    Empty,
    /// There is nothing more to receive, after something or nothing was.
    Blocked { received: bool },
    /// There is more to do, after others had their turn.
    Yield,
}

impl Endpoint {
    /// Receives what is there.
    pub(super) fn try_receive(
        &self,
        room: &Arc<Room>,
        flags: ReceiveFlags,
    ) -> Result<Received, TransportError> {
        let mut receives = lock(&self.receives);
        if !receives.queue.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        let mut receive = Receive::begin(room, flags)?;
        match self.receive_now(&mut receives.total, &mut receive)? {
            Attempt::Done { source, truncated } => Ok(received(&receive, source, truncated)),
            // Filling a buffer stops where waiting would begin.
            Attempt::Blocked if receive.filled > 0 => Ok(received(&receive, None, false)),
            Attempt::Blocked | Attempt::Dropped => Err(TransportError::WouldBlock),
        }
    }

    /// Receives as soon as something is there. Urgent data have no queue, so an
    /// urgent receive never waits.
    pub(super) fn start_receive(
        self: &Arc<Endpoint>,
        room: &Arc<Room>,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        if flags.contains(ReceiveFlags::URGENT) {
            return self.try_receive(room, flags).map(ReceiveStarted::Done);
        }
        let taken = self.shared.account.admit(Part::Receive(room.capacity()))?;
        let mut receives = lock(&self.receives);
        let mut receive = Receive::begin(room, flags)?;
        if receives.queue.is_empty()
            && let Attempt::Done { source, truncated } =
                self.receive_now(&mut receives.total, &mut receive)?
        {
            return Ok(ReceiveStarted::Done(received(&receive, source, truncated)));
        }
        self.shared.account.activity.operation_pending();
        receives.queue.push_back(PendingReceive {
            operation,
            receive,
            permit: taken.keep(),
        });
        if receives.pump.is_none() {
            let pump = pump(Arc::clone(self));
            receives.pump = Some(self.shared.runtime.spawn(pump).abort_handle());
        }
        Ok(ReceiveStarted::Pending)
    }

    /// Receives what is there, and counts it.
    fn receive_now(
        &self,
        counted: &mut u64,
        receive: &mut Receive,
    ) -> Result<Attempt, TransportError> {
        let before = receive.filled;
        let attempt = match self.protocol {
            Protocol::Tcp => self.receive_stream(receive),
            Protocol::Udp => self.receive_datagram(receive),
        };
        // What was only looked at is counted when it is taken.
        if !receive.flags.contains(ReceiveFlags::PEEK) {
            let bytes = receive.filled.saturating_sub(before) as u64;
            *counted = counted.saturating_add(bytes);
            self.shared.account.activity.received(bytes);
        }
        attempt
    }

    fn receive_stream(&self, receive: &mut Receive) -> Result<Attempt, TransportError> {
        let done = Attempt::Done {
            source: None,
            truncated: false,
        };
        loop {
            let room = receive.bytes.get_mut(receive.filled..).unwrap_or_default();
            if room.is_empty() {
                return Ok(done);
            }
            match receive_message(&self.socket, room, system_flags(receive.flags)) {
                Ok((0, ..)) => return self.lost().map_or(Ok(done), Err),
                Ok((bytes, ..)) => {
                    receive.filled += bytes;
                    if !receive.flags.contains(ReceiveFlags::FILL) {
                        return Ok(done);
                    }
                }
                Err(Errno::AGAIN) => return Ok(Attempt::Blocked),
                Err(errno) => return Err(self.transfer_error(errno)),
            }
        }
    }

    /// The next datagram of a sender that the policy allows; others are dropped unseen.
    fn receive_datagram(&self, receive: &mut Receive) -> Result<Attempt, TransportError> {
        let flags = system_flags(receive.flags);
        for _ in 0..DROPPED_AT_ONCE {
            let (bytes, returned, source) =
                match receive_message(&self.socket, &mut receive.bytes, flags) {
                    Ok(message) => message,
                    Err(Errno::AGAIN) => return Ok(Attempt::Blocked),
                    // What ICMP said of a sent datagram is nothing that was received.
                    Err(Errno::CONNREFUSED | Errno::HOSTUNREACH) => continue,
                    Err(errno) => return Err(self.transfer_error(errno)),
                };
            let allowed = match source {
                Some(peer) => {
                    let local = self.local_address().ok();
                    self.decide(Usage::DatagramFrom { local, peer }).is_ok()
                }
                None => false,
            };
            if allowed {
                receive.filled = bytes;
                return Ok(Attempt::Done {
                    source,
                    truncated: returned.contains(ReturnFlags::TRUNC),
                });
            }
            if flags.contains(RecvFlags::PEEK) {
                // It was only looked at: take it away, or it stays in front for ever.
                let _ = receive_message(&self.socket, &mut [], RecvFlags::DONTWAIT);
            }
        }
        Ok(Attempt::Dropped)
    }

    pub(super) fn cancel_receive(&self, operation: u64) -> Option<Ended> {
        let mut receives = lock(&self.receives);
        let of_operation = |receive: &PendingReceive| receive.operation == operation;
        let position = receives.queue.iter().position(of_operation)?;
        let receive = receives.queue.remove(position)?;
        Some(receive.ended(Some(TransportError::Cancelled), None))
    }

    pub(super) fn cancel_all_receives(&self) -> Vec<Ended> {
        let mut receives = lock(&self.receives);
        if let Some(pump) = receives.pump.take() {
            pump.abort();
        }
        let cancelled = receives.queue.drain(..);
        cancelled
            .map(|receive| receive.ended(Some(TransportError::Cancelled), None))
            .collect()
    }

    fn serve_receives(&self) -> Turn {
        let mut receives = lock(&self.receives);
        let receives = &mut *receives;
        let mut received = false;
        for _ in 0..RECEIVES_PER_TURN {
            let Some(pending) = receives.queue.front_mut() else {
                receives.pump = None;
                return Turn::Empty;
            };
            let before = pending.receive.filled;
            let now = self.receive_now(&mut receives.total, &mut pending.receive);
            let (error, source) = match now {
                Ok(Attempt::Blocked) => {
                    received |= pending.receive.filled > before;
                    return Turn::Blocked { received };
                }
                Ok(Attempt::Dropped) => return Turn::Yield,
                Ok(Attempt::Done { source, truncated }) => {
                    (truncated.then_some(TransportError::MessageTooLarge), source)
                }
                Err(error) => (Some(error), None),
            };
            received = true;
            let ended = receives.queue.pop_front();
            let ended = ended.map(|receive| receive.ended(error, source));
            self.shared.completions.push_all(ended);
        }
        Turn::Yield
    }

    fn fail_receives(&self, error: TransportError) {
        let mut receives = lock(&self.receives);
        receives.pump = None;
        let failed: Vec<Ended> = receives
            .queue
            .drain(..)
            .map(|receive| receive.ended(Some(error), None))
            .collect();
        self.shared.completions.push_all(failed);
    }
}

impl PendingReceive {
    /// Gives the room back, before anybody is told to look.
    fn ended(self, error: Option<TransportError>, source: Option<SocketAddr>) -> Ended {
        let finished = Finished {
            operation: self.operation,
            bytes: self.receive.filled as u64,
            error,
            source: source.map(Into::into),
        };
        drop(self.receive);
        Ended::new(finished, self.permit)
    }
}

fn received(receive: &Receive, source: Option<SocketAddr>, truncated: bool) -> Received {
    Received {
        bytes: receive.filled as u64,
        source: source.map(Into::into),
        truncated,
    }
}

fn receive_message(
    socket: &super::socket::Socket,
    room: &mut [u8],
    flags: RecvFlags,
) -> Result<(usize, ReturnFlags, Option<SocketAddr>), Errno> {
    let mut control = RecvAncillaryBuffer::default();
    let message = rustix::io::retry_on_intr(|| {
        rustix::net::recvmsg(socket, &mut [IoSliceMut::new(room)], &mut control, flags)
    })?;
    let source = message
        .address
        .and_then(|source| SocketAddr::try_from(source).ok());
    Ok((message.bytes, message.flags, source))
}

fn system_flags(flags: ReceiveFlags) -> RecvFlags {
    let mut system = RecvFlags::DONTWAIT;
    system.set(RecvFlags::OOB, flags.contains(ReceiveFlags::URGENT));
    system.set(RecvFlags::PEEK, flags.contains(ReceiveFlags::PEEK));
    system
}

/// Drives the pending receives of an endpoint until none is left.
async fn pump(endpoint: Arc<Endpoint>) {
    let mut backoff = Backoff::default();
    loop {
        let readiness = match endpoint.readiness() {
            Ok(readiness) => readiness,
            Err(error) => return endpoint.fail_receives(error),
        };
        let Ok(mut ready) = readiness.readable().await else {
            return endpoint.fail_receives(TransportError::Other);
        };
        match endpoint.serve_receives() {
            Turn::Empty => return,
            Turn::Yield => {
                backoff.progressed();
                tokio::task::yield_now().await;
            }
            Turn::Blocked { received } => {
                ready.clear_ready();
                backoff.blocked(received).await;
            }
        }
    }
}
