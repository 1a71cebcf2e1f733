//! Receives: the system call first, then the queue, then the driver.

use std::net::SocketAddr;
use std::task::{Context, Poll};

use rustix::io::Errno;

use super::DatagramInfo;
use super::endpoint::Endpoint;
use super::lane::Ended;
use super::operations::Place;
use super::pause::Pause;
use super::pending_receive::{PendingReceive, Receive, Receives};
use super::receive_buffer::ReceiveBuffer;
use super::sys::Message;
use super::trace::Kind;
use super::traced::Begun;
use super::watches::Wanted;
use super::{Protocol, Readiness, ReceiveFlags, ReceiveStarted, Received, TransportError, sys};
use wsp_guard::InForce;
use wsp_guard::policy::Usage;
use wsp_guard::quota::Part;
use wsp_guard::sync::lock;

/// Datagrams of denied senders that one attempt takes away.
const DROPPED_AT_ONCE: usize = 64;

/// System calls that one receive makes before it lets other tasks run.
const CALLS_AT_ONCE: usize = 32;

/// Receives that the driver serves before it lets other tasks run.
const RECEIVES_PER_TURN: usize = 32;

/// Bytes that a receive makes ready without asking how many there are.
const READY: usize = 64 << 10;

/// What one attempt brought.
enum Attempt {
    Done {
        source: Option<SocketAddr>,
        truncated: bool,
    },
    /// Nothing there, or not enough yet.
    Blocked,
    /// Only datagrams of denied senders or a part of a stream so far, and perhaps more
    /// behind them.
    Unfinished,
}

/// What is in front of all that the kernel has to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    /// Data of a peer that the policy allows, or an error.
    Allowed,
    /// Nothing.
    Nothing,
    /// Perhaps something, behind datagrams of denied senders.
    Unknown,
}

/// Where a turn of the driver left the queue.
enum Turn {
    /// Nothing is left.
    Empty,
    /// There is nothing more to receive, after something or nothing was.
    Blocked { received: bool },
    /// There is more to do, after others had their turn.
    Yield,
}

impl Endpoint {
    /// Receives what is there.
    pub fn try_receive(
        &self,
        buffer: &ReceiveBuffer,
        flags: ReceiveFlags,
    ) -> Result<Received, TransportError> {
        let begun = self.trace_receive(buffer);
        let begun = begun.as_ref();
        let received = self.receive_at_once(buffer, flags);
        // What moved nothing is no news: programs look often.
        if !flags.contains(ReceiveFlags::PEEK) && received != Err(TransportError::WouldBlock) {
            self.trace_at_once(begun, received.map(|received| received.bytes));
        }
        received
    }

    fn trace_receive(&self, buffer: &ReceiveBuffer) -> Option<Begun> {
        self.trace_begin(Kind::Receive, buffer.buffer().capacity() as u64, None)
    }

    fn receive_at_once(
        &self,
        buffer: &ReceiveBuffer,
        flags: ReceiveFlags,
    ) -> Result<Received, TransportError> {
        self.shared.bursts.looked();
        let policy = self.policy_on_senders();
        let mut receives = lock(&self.receives);
        if !receives.lane.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        let mut receive = Receive::begin(buffer.buffer(), flags)?;
        match self.receive_first(policy.as_ref(), &mut receives, &mut receive)? {
            Attempt::Done { source, truncated } => Ok(received(&receive, source, truncated)),
            // Filling a buffer stops where waiting would begin.
            Attempt::Blocked | Attempt::Unfinished if receive.filled > 0 => {
                Ok(received(&receive, None, false))
            }
            Attempt::Blocked | Attempt::Unfinished => Err(TransportError::WouldBlock),
        }
    }

    /// Receives as soon as something is there. Urgent data have no queue, so an
    /// urgent receive never waits.
    pub fn start_receive(
        &self,
        buffer: &ReceiveBuffer,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        self.operations.check(operation)?;
        if flags.contains(ReceiveFlags::URGENT) {
            return self.try_receive(buffer, flags).map(ReceiveStarted::Done);
        }
        let begun = self.trace_receive(buffer);
        let begun = begun.as_ref();
        let started = self.start_queued_receive(buffer, flags, operation, begun);
        match started {
            Ok(ReceiveStarted::Pending) => {}
            Ok(ReceiveStarted::Done(received)) => self.trace_at_once(begun, Ok(received.bytes)),
            Err(error) => self.trace_at_once(begun, Err(error)),
        }
        started
    }

    fn start_queued_receive(
        &self,
        buffer: &ReceiveBuffer,
        flags: ReceiveFlags,
        operation: u64,
        begun: Option<&Begun>,
    ) -> Result<ReceiveStarted, TransportError> {
        let taken = self
            .shared
            .guard
            .admit(Part::Receive(buffer.buffer().capacity()))?;
        {
            let policy = self.policy_on_senders();
            let mut receives = lock(&self.receives);
            let mut receive = Receive::begin(buffer.buffer(), flags)?;
            if receives.lane.is_empty()
                && let Attempt::Done { source, truncated } =
                    self.receive_first(policy.as_ref(), &mut receives, &mut receive)?
            {
                return Ok(ReceiveStarted::Done(received(&receive, source, truncated)));
            }
            self.shared.guard.witness().operation_pending();
            let place = Place::Receive(receives.lane.next_position());
            let traced = self.trace_pending(begun, 0);
            self.operations
                .begin(operation, place, taken.keep(), traced);
            receives.lane.push(PendingReceive {
                operation,
                receive,
                source: None,
            });
        }
        self.driver.kick();
        Ok(ReceiveStarted::Pending)
    }

    /// Receives what is there, before anything is pending.
    fn receive_first(
        &self,
        policy: Option<&InForce<'_>>,
        receives: &mut Receives,
        receive: &mut Receive,
    ) -> Result<Attempt, TransportError> {
        let (attempt, bytes) = self.receive_now(policy, &mut receives.front_is_allowed, receive);
        receives.lane.moved(bytes);
        attempt
    }

    /// Receives what is there, and says how many bytes that took from the kernel.
    fn receive_now(
        &self,
        policy: Option<&InForce<'_>>,
        front_is_allowed: &mut bool,
        receive: &mut Receive,
    ) -> (Result<Attempt, TransportError>, u64) {
        if let Some(error) = self.revoked() {
            return (Err(error), 0);
        }
        let before = receive.filled;
        let attempt = match self.protocol {
            Protocol::Tcp if receive.flags.contains(ReceiveFlags::PEEK) => {
                self.peek_at_stream(receive)
            }
            Protocol::Tcp => self.receive_stream(receive),
            Protocol::Udp => self.receive_datagram(policy, front_is_allowed, receive),
        };
        // What was only looked at is counted when it is taken.
        if receive.flags.contains(ReceiveFlags::PEEK) {
            return (attempt, 0);
        }
        let bytes = receive.filled.saturating_sub(before) as u64;
        self.shared.guard.witness().received(bytes);
        (attempt, bytes)
    }

    /// How many bytes to make ready for a receive: what the kernel has, because a
    /// large buffer costs the time that it takes to clear it.
    fn worthwhile(&self) -> usize {
        let there = self.socket.available().unwrap_or(0);
        READY.max(usize::try_from(there).unwrap_or(usize::MAX))
    }

    fn receive_stream(&self, receive: &mut Receive) -> Result<Attempt, TransportError> {
        let done = Attempt::Done {
            source: None,
            truncated: false,
        };
        for _ in 0..CALLS_AT_ONCE {
            if receive.is_full() {
                return Ok(done);
            }
            let ready = self.worthwhile_for(receive);
            let flags = receive.flags;
            match self.receive_message(receive.space(ready), flags) {
                Ok(Message { bytes: 0, .. }) => return self.lost().map_or(Ok(done), Err),
                Ok(Message { bytes, .. }) => {
                    receive.filled += bytes;
                    if !receive.flags.contains(ReceiveFlags::FILL) {
                        return Ok(done);
                    }
                }
                Err(Errno::AGAIN) => return Ok(Attempt::Blocked),
                Err(errno) => return Err(self.transfer_error(errno)),
            }
        }
        Ok(Attempt::Unfinished)
    }

    fn worthwhile_for(&self, receive: &Receive) -> usize {
        let capacity = receive.buffer.capacity();
        if capacity - receive.filled.min(capacity) > READY {
            self.worthwhile()
        } else {
            READY
        }
    }

    /// Looks at a stream, always from its beginning: one system call, whatever is asked for.
    fn peek_at_stream(&self, receive: &mut Receive) -> Result<Attempt, TransportError> {
        let done = Attempt::Done {
            source: None,
            truncated: false,
        };
        receive.filled = 0;
        if receive.is_full() {
            return Ok(done);
        }
        let ready = self.worthwhile_for(receive);
        let flags = receive.flags;
        match self.receive_message(receive.space(ready), flags) {
            Ok(Message { bytes: 0, .. }) => self.lost().map_or(Ok(done), Err),
            Ok(Message { bytes, .. }) => {
                receive.filled = bytes;
                let all = !receive.flags.contains(ReceiveFlags::FILL)
                    || receive.is_full()
                    // No more will come.
                    || self.has_ended();
                Ok(if all { done } else { Attempt::Blocked })
            }
            Err(Errno::AGAIN) => Ok(Attempt::Blocked),
            Err(errno) => Err(self.transfer_error(errno)),
        }
    }

    /// The next datagram of a sender that the policy allows; others are dropped unseen.
    fn receive_datagram(
        &self,
        policy: Option<&InForce<'_>>,
        front_is_allowed: &mut bool,
        receive: &mut Receive,
    ) -> Result<Attempt, TransportError> {
        let flags = receive.flags;
        for _ in 0..DROPPED_AT_ONCE {
            // No datagram is longer.
            let space = receive.space(READY);
            let (message, info) = match self.receive_told(space, flags) {
                Ok(told) => told,
                Err(Errno::AGAIN) => return Ok(Attempt::Blocked),
                // What ICMP said of a sent datagram is nothing that was received.
                Err(errno) if sys::is_about_another_datagram(errno) => continue,
                Err(errno) => return Err(self.transfer_error(errno)),
            };
            let Message {
                bytes,
                truncated,
                source,
            } = message;
            let peeked = flags.contains(ReceiveFlags::PEEK);
            if *front_is_allowed || self.allows_datagram_from(policy, source) {
                *front_is_allowed = peeked;
                receive.filled = bytes;
                receive.info = info;
                return Ok(Attempt::Done { source, truncated });
            }
            if peeked {
                self.drop_datagram();
            }
        }
        Ok(Attempt::Unfinished)
    }

    /// The policy that decides on the senders of datagrams.
    fn policy_on_senders(&self) -> Option<InForce<'_>> {
        (self.protocol == Protocol::Udp).then(|| self.policy())
    }

    fn allows_datagram_from(
        &self,
        policy: Option<&InForce<'_>>,
        source: Option<SocketAddr>,
    ) -> bool {
        let (Some(policy), Some(peer)) = (policy, source) else {
            return false;
        };
        let local = self.local_address().ok();
        let usage = Usage::DatagramFrom { local, peer };
        self.decide(policy, usage).is_ok()
    }

    /// Takes the datagram in front away, which was only looked at.
    fn drop_datagram(&self) {
        let _ = self.receive_message(&mut [], ReceiveFlags::empty());
    }

    /// What is in front, after the datagrams of denied senders were taken away, of
    /// which a program learns nothing: neither that they are there nor their lengths.
    fn front(&self) -> Front {
        if self.protocol == Protocol::Tcp {
            return Front::Allowed;
        }
        let policy = self.policy_on_senders();
        let mut receives = lock(&self.receives);
        for _ in 0..DROPPED_AT_ONCE {
            if receives.front_is_allowed {
                return Front::Allowed;
            }
            match self.receive_message(&mut [], ReceiveFlags::PEEK) {
                Ok(Message { source, .. })
                    if self.allows_datagram_from(policy.as_ref(), source) =>
                {
                    receives.front_is_allowed = true;
                }
                Ok(_) => self.drop_datagram(),
                Err(errno) if sys::is_about_another_datagram(errno) => {}
                Err(Errno::AGAIN) => return Front::Nothing,
                // The next receive tells what it is.
                Err(_) => return Front::Allowed,
            }
        }
        Front::Unknown
    }

    /// Whether what the kernel has to receive is for the program. What is behind many
    /// datagrams of denied senders is found by a look later.
    pub(super) fn takes_receives(&self) -> bool {
        self.front() == Front::Allowed
    }

    /// Bytes that a receive would find now.
    pub fn available(&self) -> Result<u64, TransportError> {
        self.shared.bursts.looked();
        if !self.takes_receives() {
            return Ok(0);
        }
        self.socket.available().map_err(super::error::from_errno)
    }

    pub(super) fn cancel_receive(&self, position: u64) {
        let cancelled = Some(TransportError::Cancelled);
        let ended = lock(&self.receives).lane.end(position, cancelled);
        self.finish(ended);
    }

    pub(super) fn cancel_all_receives(&self) -> Ended {
        lock(&self.receives).lane.end_all(TransportError::Cancelled)
    }

    /// Receives for those who wait and serves those who watch, as far as there is data.
    pub(super) fn poll_receiving(&self, pause: &mut Pause, cx: &mut Context<'_>) {
        while self.wants_data() {
            if pause.poll(cx).is_pending() {
                return;
            }
            let readiness = match self.readiness() {
                Ok(readiness) => readiness,
                Err(error) => return self.fail_receiving(error, cx),
            };
            let mut ready = match readiness.poll_read_ready(cx) {
                Poll::Pending => return,
                Poll::Ready(Ok(ready)) => ready,
                Poll::Ready(Err(_)) => return self.fail_receiving(TransportError::Other, cx),
            };
            let (served, progressed) = match self.serve_receives() {
                Turn::Empty => (true, true),
                Turn::Blocked { received } => (false, received),
                Turn::Yield => {
                    pause.progressed();
                    return cx.waker().wake_by_ref();
                }
            };
            let watched = self.is_watched(Wanted::Readable);
            let front = if watched && self.polls(Readiness::READABLE) {
                self.front()
            } else {
                Front::Nothing
            };
            match front {
                Front::Allowed => {
                    if !self.end_watches(Wanted::Readable, None) {
                        return cx.waker().wake_by_ref();
                    }
                }
                Front::Unknown => return cx.waker().wake_by_ref(),
                Front::Nothing if watched || !served => {
                    ready.clear_ready();
                    pause.blocked(progressed && !served);
                }
                Front::Nothing => {}
            }
        }
        pause.clear();
    }

    fn wants_data(&self) -> bool {
        !lock(&self.receives).lane.is_empty() || self.is_watched(Wanted::Readable)
    }

    /// One turn: as many receives as there is data for, within bounds.
    fn serve_receives(&self) -> Turn {
        let policy = self.policy_on_senders();
        let mut receives = lock(&self.receives);
        let Receives {
            lane,
            front_is_allowed,
        } = &mut *receives;
        let mut received = false;
        for _ in 0..RECEIVES_PER_TURN {
            let turn = lane.advance_front(|pending| {
                let (attempt, bytes) =
                    self.receive_now(policy.as_ref(), front_is_allowed, &mut pending.receive);
                if let Ok(Attempt::Done { source, .. }) = &attempt {
                    pending.source = *source;
                }
                (attempt, bytes)
            });
            let Some((attempt, bytes)) = turn else {
                return Turn::Empty;
            };
            lane.moved(bytes);
            let error = match attempt {
                Ok(Attempt::Blocked) => {
                    return Turn::Blocked {
                        received: received || bytes > 0,
                    };
                }
                Ok(Attempt::Unfinished) => return Turn::Yield,
                Ok(Attempt::Done { truncated, .. }) => {
                    truncated.then_some(TransportError::MessageTooLarge)
                }
                Err(error) => Some(error),
            };
            received = true;
            self.finish(lane.end_front(error));
        }
        Turn::Yield
    }

    fn fail_receiving(&self, error: TransportError, cx: &mut Context<'_>) {
        let failed = lock(&self.receives).lane.end_all(error);
        self.finish(failed);
        self.fail(&[Wanted::Readable], error, cx);
    }
}

fn received(receive: &Receive, source: Option<SocketAddr>, truncated: bool) -> Received {
    Received {
        bytes: receive.filled as u64,
        source,
        truncated,
    }
}

impl Endpoint {
    /// Receives a datagram, with what the system tells beside it if it is asked for.
    fn receive_told(
        &self,
        space: &mut [u8],
        flags: ReceiveFlags,
    ) -> Result<(Message, DatagramInfo), Errno> {
        if self.asks_for_info() {
            self.shared.system_call();
            return self.socket.receive_told(space, flags);
        }
        let message = self.receive_message(space, flags)?;
        Ok((message, DatagramInfo::default()))
    }

    fn receive_message(&self, space: &mut [u8], flags: ReceiveFlags) -> Result<Message, Errno> {
        self.shared.system_call();
        self.socket.receive(space, flags)
    }
}
