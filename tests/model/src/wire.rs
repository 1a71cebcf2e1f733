//! The transport: connections with a bounded room, whose peers read when the
//! check says so and while the provider waits. It keeps everything that a peer
//! got, and fails the check when the provider breaks the transport's contract.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use wsp_core::{
    AddressFamily, EndpointOption, Finished, GroupInterface, Interest, Readiness, ReceiveFlags,
    ReceiveStarted, ReceivedNow, Rest, SendFlags, SendOutcome, ShutdownHow, SocketType, Started,
    Ticket, Transport, TransportError, WaitOutcome,
};

use crate::{LONGEST, STEP, Token, operation::Setting};

/// A captured WSABUF array.
pub type Buffers = Vec<Vec<u8>>;

/// Everything behind the endpoints.
pub struct World {
    pub setting: Setting,
    ends: Vec<End>,
    finished: Vec<Finished>,
    /// Operations that were started and not reported as finished yet.
    under_way: BTreeSet<u64>,
    now: u64,
    /// Connection attempts stay pending.
    pub hold_connects: bool,
    /// Makes the next send fail, once all else is right.
    pub fail_next_send: Option<TransportError>,
    /// After so many steps of waiting the connection of that endpoint fails.
    pub fails_later: Option<(usize, usize, TransportError)>,
}

/// One endpoint and what its peer got.
#[derive(Default)]
struct End {
    open: bool,
    message: bool,
    peer: Option<SocketAddr>,
    /// What the peer got and has read, of a stream.
    read: Vec<Token>,
    /// What the peer can read, of a stream.
    unread: VecDeque<Token>,
    /// What the peer got and has read, of datagrams.
    messages_read: Vec<Vec<Token>>,
    messages_unread: VecDeque<Vec<Token>>,
    /// A datagram that goes on with the next send.
    assembling: Vec<Token>,
    sends: VecDeque<Pending>,
    receives: VecDeque<(u64, usize)>,
    /// Receives that there was no room for, of which a watch may follow.
    without_room: BTreeSet<u64>,
    watches: Vec<(u64, Interest)>,
    connecting: Option<u64>,
    incoming: usize,
    peer_ended: bool,
    listening: bool,
    end_after: bool,
    /// The peer sees the end of the stream.
    ended: bool,
    abort_on_drop: bool,
    failure: Option<TransportError>,
}

struct Pending {
    operation: u64,
    rest: VecDeque<Token>,
    sent: u64,
    more: bool,
}

impl World {
    fn end(&mut self, finished: Finished) {
        assert!(
            self.under_way.remove(&finished.operation),
            "the wire reports an operation twice"
        );
        self.finished.push(finished);
    }

    fn begin(&mut self, operation: u64) {
        assert!(
            self.under_way.insert(operation),
            "an operation was started under a number in use"
        );
    }

    /// Sends and receives that are pending.
    fn pending(&self) -> usize {
        let of = |end: &End| end.sends.len() + end.receives.len();
        self.ends.iter().map(of).sum()
    }

    pub fn endpoints(&self) -> usize {
        self.ends.len()
    }

    pub fn open_endpoints(&self) -> usize {
        self.ends.iter().filter(|end| end.open).count()
    }

    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Everything that the peer has read.
    pub fn read(&self, number: usize) -> (&[Token], &[Vec<Token>]) {
        let end = &self.ends[number];
        (&end.read, &end.messages_read)
    }

    /// Whether the peer sees the end of the stream.
    pub fn ended(&self, number: usize) -> bool {
        self.ends[number].ended
    }

    /// The peer reads up to `most` bytes or datagrams.
    pub fn peer_reads(&mut self, number: usize, most: usize) {
        let end = &mut self.ends[number];
        let bytes = most.min(end.unread.len());
        end.read.extend(end.unread.drain(..bytes));
        let messages = most.min(end.messages_unread.len());
        end.messages_read
            .extend(end.messages_unread.drain(..messages));
        self.advance(number);
    }

    /// The peer sends.
    pub fn peer_sends(&mut self, number: usize, bytes: usize) {
        let end = &mut self.ends[number];
        if end.open && end.failure.is_none() && !end.peer_ended {
            end.incoming += bytes;
            self.advance(number);
        }
    }

    /// The peer ends its direction of the stream.
    pub fn peer_ends(&mut self, number: usize) {
        self.ends[number].peer_ended = true;
        self.advance(number);
    }

    /// The connection fails: what is pending ends, what is unread is lost.
    pub fn fails(&mut self, number: usize, error: TransportError) {
        let end = &mut self.ends[number];
        if end.failure.is_some() || (!end.open && end.sends.is_empty()) {
            return;
        }
        end.failure = Some(error);
        end.unread.clear();
        end.incoming = 0;
        for ended in end.cancel_all(error) {
            self.end(ended);
        }
    }

    pub fn connects(&mut self, number: usize, outcome: Result<(), TransportError>) {
        if let Some(operation) = self.ends[number].connecting.take() {
            self.end(finished(operation, 0, outcome.err()));
        }
    }

    /// One step of time, while somebody waits. Where nothing else would end the
    /// wait, `forced` makes the peers do it.
    fn step(&mut self, forced: bool) {
        self.now += STEP;
        if let Some((steps, number, error)) = self.fails_later.take() {
            if steps == 0 {
                self.fails(number, error);
            } else {
                self.fails_later = Some((steps - 1, number, error));
            }
        }
        let pace = self.setting.pace.max(usize::from(forced));
        for number in 0..self.ends.len() {
            self.peer_reads(number, pace);
            if forced && self.ends[number].receives_anything() {
                self.peer_sends(number, 1);
            }
        }
    }

    /// Moves everything on that can be.
    fn advance(&mut self, number: usize) {
        let setting = self.setting;
        let end = &mut self.ends[number];
        let mut done = Vec::new();
        if end.failure.is_none() {
            while let Some(mut send) = end.sends.pop_front() {
                if !end.takes(&mut send, setting) {
                    end.sends.push_front(send);
                    break;
                }
                done.push(finished(send.operation, send.sent, None));
            }
            // What has no room is done when its turn comes, as systems do it.
            while let Some((operation, room)) = end.receives.front().copied()
                && (room == 0 || end.incoming > 0 || end.peer_ended)
            {
                let bytes = room.min(end.incoming);
                end.incoming -= bytes;
                end.receives.pop_front();
                if room == 0 {
                    end.without_room.insert(operation);
                }
                done.push(finished(operation, bytes as u64, None));
            }
        }
        end.ended |= end.open && end.end_after && end.sends.is_empty();
        let ready = end.readiness(setting);
        let drained = end.unacknowledged() == 0;
        let holds = |watch: &mut (u64, Interest)| match watch.1 {
            Interest::Readable => {
                ready.intersects(Readiness::READABLE | Readiness::ENDED | Readiness::FAILED)
            }
            Interest::Writable => ready.intersects(Readiness::WRITABLE | Readiness::FAILED),
            Interest::Urgent => ready.contains(Readiness::FAILED),
            Interest::Drained => drained,
        };
        let held = end.watches.extract_if(.., holds);
        done.extend(held.map(|(operation, _)| finished(operation, 0, None)));
        for ended in done {
            self.end(ended);
        }
    }
}

impl End {
    /// Hands over what there is room for; whether that was all of it.
    fn takes(&mut self, send: &mut Pending, setting: Setting) -> bool {
        if self.message {
            if !send.more && self.messages_unread.len() >= setting.datagrams {
                return false;
            }
            send.sent = send.rest.len() as u64;
            self.assembling.extend(send.rest.drain(..));
            if !send.more {
                self.messages_unread
                    .push_back(mem::take(&mut self.assembling));
            }
            return true;
        }
        let room = setting.capacity.saturating_sub(self.unread.len());
        let now = room.min(send.rest.len());
        self.unread.extend(send.rest.drain(..now));
        send.sent += now as u64;
        send.rest.is_empty()
    }

    /// A receive is pending, or a watch in place of one.
    fn receives_anything(&self) -> bool {
        let instead = |watch: &(u64, Interest)| self.without_room.contains(&watch.0);
        !self.receives.is_empty() || self.watches.iter().any(instead)
    }

    fn unacknowledged(&self) -> usize {
        let queued: usize = self.sends.iter().map(|send| send.rest.len()).sum();
        self.unread.len() + queued
    }

    /// What a receive would find.
    fn looks(&self) -> Result<(), TransportError> {
        match self.failure {
            Some(failure) => Err(failure),
            None if self.incoming == 0 && !self.peer_ended => Err(TransportError::WouldBlock),
            None => Ok(()),
        }
    }

    fn readiness(&self, setting: Setting) -> Readiness {
        let room = if self.message {
            self.messages_unread.len() < setting.datagrams
        } else {
            self.unread.len() < setting.capacity
        };
        let mut ready = Readiness::empty();
        ready.set(Readiness::READABLE, self.incoming > 0);
        let writable = self.sends.is_empty() && room && !self.listening;
        ready.set(Readiness::WRITABLE, writable);
        ready.set(Readiness::ENDED, self.peer_ended);
        ready.set(Readiness::FAILED, self.failure.is_some());
        ready
    }

    /// Ends everything that is pending.
    fn cancel_all(&mut self, error: TransportError) -> Vec<Finished> {
        let sends = self.sends.drain(..);
        let mut ended: Vec<Finished> = sends
            .map(|send| finished(send.operation, send.sent, Some(error)))
            .collect();
        let others = self.receives.drain(..).map(|receive| receive.0);
        let others = others.chain(self.watches.drain(..).map(|watch| watch.0));
        let others = others.chain(self.connecting.take());
        ended.extend(others.map(|operation| finished(operation, 0, Some(error))));
        ended
    }
}

fn finished(operation: u64, bytes: u64, error: Option<TransportError>) -> Finished {
    Finished {
        operation,
        bytes,
        error,
        source: None,
    }
}

/// An endpoint; dropping it cancels what is pending.
pub struct Endpoint {
    number: usize,
    world: Rc<RefCell<World>>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let mut world = self.world.borrow_mut();
        let end = &mut world.ends[self.number];
        assert!(mem::take(&mut end.open), "an endpoint was dropped twice");
        let ended = end.cancel_all(TransportError::Cancelled);
        end.ended = !end.abort_on_drop && end.failure.is_none();
        if end.abort_on_drop {
            end.unread.clear();
        }
        for ended in ended {
            world.end(ended);
        }
    }
}

/// The transport over a [`World`].
pub struct Wire(pub Rc<RefCell<World>>);

impl Wire {
    pub fn new(setting: Setting) -> Wire {
        Wire(Rc::new(RefCell::new(World {
            setting,
            ends: Vec::new(),
            finished: Vec::new(),
            under_way: BTreeSet::new(),
            now: 0,
            hold_connects: false,
            fail_next_send: None,
            fails_later: None,
        })))
    }

    /// What must hold before a send takes anything.
    fn check_send(
        world: &mut World,
        number: usize,
        buffers: &Buffers,
        keeps: bool,
    ) -> Result<(), TransportError> {
        let pending = world.pending();
        let limit = world.setting.limit;
        let end = &world.ends[number];
        let total: usize = buffers.iter().map(Vec::len).sum();
        if buffers.is_empty() {
            return Err(TransportError::InvalidArgument);
        }
        if let Some(failure) = end.failure {
            return Err(failure);
        }
        if end.message && total > LONGEST {
            return Err(TransportError::MessageTooLarge);
        }
        if keeps && pending >= limit {
            return Err(TransportError::TooManyOperations);
        }
        match world.fail_next_send.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// What the host does with a ticket.
impl Wire {
    /// Sends as the ticket says; the caller of a send that is awaited waits here.
    pub fn send(
        &mut self,
        endpoint: &Endpoint,
        buffers: &Buffers,
        ticket: Ticket,
        timeout_ms: Option<u32>,
    ) -> SendOutcome {
        let Ticket {
            operation,
            flags,
            to,
            rest,
            ..
        } = ticket;
        let operation = match rest {
            Rest::Refused => {
                let sent = self.try_send(endpoint, buffers, flags, to);
                return sent.map_or_else(SendOutcome::Failed, SendOutcome::Done);
            }
            Rest::Captured => operation,
            Rest::Awaited => AWAITED,
        };
        match (
            self.start_send(endpoint, buffers, flags, to, operation),
            rest,
        ) {
            (Err(error), _) => SendOutcome::Failed(error),
            (Ok(Started::Done(bytes)), _) => SendOutcome::Done(bytes),
            (Ok(Started::Pending), Rest::Awaited) => self.send_rest(endpoint, timeout_ms),
            (Ok(Started::Pending), _) => SendOutcome::Pending,
        }
    }

    fn send_rest(&mut self, endpoint: &Endpoint, timeout_ms: Option<u32>) -> SendOutcome {
        let cannot_block = self.0.borrow().setting.cannot_block;
        let deadline = timeout_ms.map(|timeout| self.now() + u64::from(timeout));
        // As often as for a wait, which every forced step brings nearer to its end.
        for _ in 0..LONGEST {
            if let Some(end) = self.take_awaited() {
                return match end.error {
                    None => SendOutcome::Done(end.bytes),
                    Some(error) => SendOutcome::Failed(error),
                };
            }
            let is_late = deadline.is_some_and(|deadline| self.now() >= deadline);
            if cannot_block || is_late {
                self.cancel(endpoint, AWAITED);
                let end = self.take_awaited().expect("it was pending");
                return if cannot_block {
                    SendOutcome::Blocked(end.bytes)
                } else {
                    SendOutcome::TimedOut
                };
            }
            self.0.borrow_mut().step(deadline.is_none());
        }
        panic!("a send that nothing ends");
    }

    /// The end of the send that somebody waits for, which the provider never hears of.
    fn take_awaited(&mut self) -> Option<Finished> {
        let finished = &mut self.0.borrow_mut().finished;
        let awaited = finished.iter().position(|end| end.operation == AWAITED)?;
        Some(finished.remove(awaited))
    }
}

/// The number of the send that its caller waits for; the provider has no operation of it.
const AWAITED: u64 = u64::MAX;

fn pending(buffers: &Buffers, flags: SendFlags, operation: u64) -> Pending {
    let bits = (flags - SendFlags::MORE).bits();
    Pending {
        operation,
        rest: buffers.iter().flatten().map(|byte| (*byte, bits)).collect(),
        sent: 0,
        more: flags.contains(SendFlags::MORE),
    }
}

impl Transport for Wire {
    type Endpoint = Endpoint;
    type Buffers = Buffers;
    /// The length of the buffer in bytes.
    type Room = usize;

    fn count(&mut self, buffers: &Buffers) -> u32 {
        u32::try_from(buffers.len()).unwrap()
    }

    fn total_length(&mut self, buffers: &Buffers) -> u64 {
        buffers.iter().map(|part| part.len() as u64).sum()
    }

    fn create(&mut self, _: AddressFamily, kind: SocketType) -> Result<Endpoint, TransportError> {
        let mut world = self.0.borrow_mut();
        let number = world.ends.len();
        world.ends.push(End {
            open: true,
            message: kind == SocketType::Datagram,
            ..End::default()
        });
        Ok(Endpoint {
            number,
            world: Rc::clone(&self.0),
        })
    }

    fn bind(&mut self, _: &Endpoint, _: SocketAddr) -> Result<(), TransportError> {
        Ok(())
    }

    fn start_connect(
        &mut self,
        endpoint: &Endpoint,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let mut world = self.0.borrow_mut();
        let end = &mut world.ends[endpoint.number];
        end.peer = Some(peer);
        if end.message || !world.hold_connects {
            return Ok(Started::Done(0));
        }
        world.ends[endpoint.number].connecting = Some(operation);
        world.begin(operation);
        Ok(Started::Pending)
    }

    fn listen(&mut self, endpoint: &Endpoint, _: u32) -> Result<(), TransportError> {
        self.0.borrow_mut().ends[endpoint.number].listening = true;
        Ok(())
    }

    fn accept(&mut self, _: &Endpoint) -> Result<(Endpoint, SocketAddr), TransportError> {
        Err(TransportError::WouldBlock)
    }

    fn try_send(
        &mut self,
        endpoint: &Endpoint,
        buffers: &Buffers,
        flags: SendFlags,
        _: Option<SocketAddr>,
    ) -> Result<u64, TransportError> {
        let mut world = self.0.borrow_mut();
        Wire::check_send(&mut world, endpoint.number, buffers, false)?;
        let setting = world.setting;
        let end = &mut world.ends[endpoint.number];
        if !end.sends.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        let mut send = pending(buffers, flags, 0);
        if end.takes(&mut send, setting) || send.sent > 0 {
            return Ok(send.sent);
        }
        Err(TransportError::WouldBlock)
    }

    fn start_send(
        &mut self,
        endpoint: &Endpoint,
        buffers: &Buffers,
        flags: SendFlags,
        _: Option<SocketAddr>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let mut world = self.0.borrow_mut();
        Wire::check_send(&mut world, endpoint.number, buffers, true)?;
        let setting = world.setting;
        let end = &mut world.ends[endpoint.number];
        let mut send = pending(buffers, flags, operation);
        if end.sends.is_empty() && end.takes(&mut send, setting) {
            return Ok(Started::Done(send.sent));
        }
        end.sends.push_back(send);
        world.begin(operation);
        Ok(Started::Pending)
    }

    fn try_receive(
        &mut self,
        endpoint: &Endpoint,
        room: &usize,
        _: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        let mut world = self.0.borrow_mut();
        let end = &mut world.ends[endpoint.number];
        if !end.receives.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        // Systems put nothing into no room without looking at anything.
        if *room > 0 {
            end.looks()?;
        }
        let bytes = end.incoming.min(*room);
        end.incoming -= bytes;
        Ok(ReceivedNow {
            bytes: bytes as u64,
            source: None,
            truncated: false,
        })
    }

    fn start_receive(
        &mut self,
        endpoint: &Endpoint,
        room: &usize,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        match self.try_receive(endpoint, room, flags) {
            Err(TransportError::WouldBlock) => {
                let mut world = self.0.borrow_mut();
                if world.pending() >= world.setting.limit {
                    return Err(TransportError::TooManyOperations);
                }
                world.begin(operation);
                let end = &mut world.ends[endpoint.number];
                end.receives.push_back((operation, *room));
                Ok(ReceiveStarted::Pending)
            }
            other => {
                if *room == 0 {
                    let mut world = self.0.borrow_mut();
                    world.ends[endpoint.number].without_room.insert(operation);
                }
                other.map(ReceiveStarted::Done)
            }
        }
    }

    fn look(&mut self, endpoint: &Endpoint) -> Result<(), TransportError> {
        self.0.borrow().ends[endpoint.number].looks()
    }

    fn start_watch(
        &mut self,
        endpoint: &Endpoint,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let mut world = self.0.borrow_mut();
        if !world.setting.watches && interest != Interest::Drained {
            return Err(TransportError::TooManyOperations);
        }
        world.begin(operation);
        let end = &mut world.ends[endpoint.number];
        end.watches.push((operation, interest));
        world.advance(endpoint.number);
        Ok(Started::Pending)
    }

    fn ready(&mut self, endpoint: &Endpoint) -> Readiness {
        let world = self.0.borrow();
        world.ends[endpoint.number].readiness(world.setting)
    }

    fn cancel(&mut self, endpoint: &Endpoint, operation: u64) {
        let mut world = self.0.borrow_mut();
        let end = &mut world.ends[endpoint.number];
        let cancelled = Some(TransportError::Cancelled);
        let mut ended = Vec::new();
        end.sends.retain(|send| {
            if send.operation == operation {
                ended.push(finished(operation, send.sent, cancelled));
            }
            send.operation != operation
        });
        let others = end.receives.len() + end.watches.len();
        end.receives.retain(|receive| receive.0 != operation);
        end.watches.retain(|watch| watch.0 != operation);
        if end.receives.len() + end.watches.len() < others {
            ended.push(finished(operation, 0, cancelled));
        }
        for ended in ended {
            world.end(ended);
        }
        world.advance(endpoint.number);
    }

    fn shutdown(&mut self, endpoint: &Endpoint, how: ShutdownHow) -> Result<(), TransportError> {
        let mut world = self.0.borrow_mut();
        let end = &mut world.ends[endpoint.number];
        if end.failure.is_some() {
            return Err(TransportError::NotConnected);
        }
        if how != ShutdownHow::Receive {
            end.end_after = true;
            world.advance(endpoint.number);
        }
        Ok(())
    }

    fn abort_on_drop(&mut self, endpoint: &Endpoint, on: bool) {
        self.0.borrow_mut().ends[endpoint.number].abort_on_drop = on;
    }

    fn unacknowledged(&mut self, endpoint: &Endpoint) -> u64 {
        self.0.borrow().ends[endpoint.number].unacknowledged() as u64
    }

    fn available(&mut self, endpoint: &Endpoint) -> Result<u64, TransportError> {
        Ok(self.0.borrow().ends[endpoint.number].incoming as u64)
    }

    fn local_address(&mut self, _: &Endpoint) -> Result<SocketAddr, TransportError> {
        Err(TransportError::InvalidArgument)
    }

    fn peer_address(&mut self, endpoint: &Endpoint) -> Result<SocketAddr, TransportError> {
        let peer = self.0.borrow().ends[endpoint.number].peer;
        peer.ok_or(TransportError::NotConnected)
    }

    fn get_option(&mut self, _: &Endpoint, _: EndpointOption) -> Result<u32, TransportError> {
        Ok(0)
    }

    fn set_option(
        &mut self,
        _: &Endpoint,
        _: EndpointOption,
        _: u32,
    ) -> Result<(), TransportError> {
        Ok(())
    }

    /// Nobody sends to a group in this network.
    fn join_group(
        &mut self,
        _: &Endpoint,
        _: IpAddr,
        _: GroupInterface,
    ) -> Result<(), TransportError> {
        Err(TransportError::NotSupported)
    }

    fn leave_group(
        &mut self,
        _: &Endpoint,
        _: IpAddr,
        _: GroupInterface,
    ) -> Result<(), TransportError> {
        Err(TransportError::NotSupported)
    }

    fn set_group_interface(
        &mut self,
        _: &Endpoint,
        _: GroupInterface,
    ) -> Result<(), TransportError> {
        Err(TransportError::NotSupported)
    }

    fn take_finished(&mut self, taken: &mut Vec<Finished>) {
        taken.append(&mut self.0.borrow_mut().finished);
    }

    fn wait_finished(&mut self, timeout_ms: Option<u64>) -> WaitOutcome {
        let mut world = self.0.borrow_mut();
        if world.setting.cannot_block {
            return WaitOutcome::CannotBlock;
        }
        let deadline = timeout_ms.map(|timeout| world.now + timeout);
        // A forced step moves every pending operation on by a byte at least.
        for _ in 0..LONGEST {
            if !world.finished.is_empty() {
                return WaitOutcome::Finished;
            }
            if deadline.is_some_and(|deadline| world.now >= deadline) {
                return WaitOutcome::TimedOut;
            }
            world.step(deadline.is_none());
        }
        panic!("a wait that nothing ends");
    }

    fn now(&mut self) -> u64 {
        self.0.borrow().now
    }
}
