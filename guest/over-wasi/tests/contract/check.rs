//! A machine with a record of what it has promised.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, Finished, Interest, ReceiveFlags, ReceiveStarted, Rest, SendFlags, SendOutcome,
    ShutdownHow, SocketType, Started, TransportError, WaitOutcome,
};
use wsp_over_wasi::{EndpointId, LAST_WAIT, Limits, Machine, Payload, Room, TicketedSend};

use super::host::{Host, Kind, STEP, World};

/// Operations that may be pending at once.
const OPERATIONS: usize = 6;

pub fn peer() -> SocketAddr {
    "192.0.2.1:9".parse().unwrap()
}

/// A stream, and what was promised of it.
struct Stream {
    id: EndpointId,
    /// Its number in the world; it is another one after a failed attempt to connect.
    number: usize,
    connected: bool,
    open: bool,
    shut_down: bool,
    /// The sends that were accepted, in their order, with the bytes that count.
    sends: Vec<Sent>,
    /// What was received, in order of the receives that were posted.
    receives: Vec<Received>,
    /// Bytes that its peer has sent.
    incoming: usize,
}

struct Sent {
    data: Vec<u8>,
    /// None while it is pending.
    counted: Option<usize>,
}

struct Received {
    room: Room,
    peeks: bool,
    fills: bool,
    bytes: Option<Vec<u8>>,
}

/// What a pending operation belongs to.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Connect(usize),
    Send(usize, usize),
    Receive(usize, usize),
    Watch(usize),
}

pub struct Check {
    machine: Machine<Host>,
    pub world: Rc<RefCell<World>>,
    streams: Vec<Stream>,
    pending: HashMap<u64, Purpose>,
    operations: u64,
    sent: usize,
}

impl Check {
    pub fn new(kind: Kind) -> Check {
        let host = Host::new(kind);
        let world = Rc::clone(&host.0);
        let limits = Limits {
            endpoints: 4,
            operations: OPERATIONS,
            ..Limits::default()
        };
        let mut machine = Machine::new(host, limits);
        machine.expect_finish();
        Check {
            machine,
            world,
            streams: Vec::new(),
            pending: HashMap::new(),
            operations: 0,
            sent: 0,
        }
    }

    /// Lets one call wait.
    fn waiting<R>(&mut self, call: impl FnOnce(&mut Machine<Host>) -> R) -> R {
        self.world.borrow_mut().may_wait = true;
        let answer = call(&mut self.machine);
        self.world.borrow_mut().may_wait = false;
        answer
    }

    fn operation(&mut self) -> u64 {
        self.operations += 1;
        self.operations
    }

    /// Connecting is not counted: an endpoint does it once.
    fn counted(&self) -> usize {
        let counts = |purpose: &&Purpose| !matches!(purpose, Purpose::Connect(_));
        self.pending.values().filter(counts).count()
    }

    /// What was started is pending, if there was room for it.
    fn begins(&mut self, operation: u64, purpose: Purpose) {
        self.pending.insert(operation, purpose);
        if self.counted() > OPERATIONS {
            // Some may have finished before.
            self.take();
        }
        assert!(self.counted() <= OPERATIONS, "beyond the limit");
    }

    fn refused(&self, error: TransportError, s: usize) {
        let failed = self.world.borrow().tcp[self.streams[s].number].failed;
        match error {
            TransportError::TooManyOperations => assert!(self.counted() >= OPERATIONS),
            TransportError::WouldBlock => {}
            TransportError::NotConnected => assert!(!self.streams[s].connected),
            TransportError::ConnectionReset => {
                assert!(failed || self.streams[s].shut_down, "it is connected");
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn pick(&self, s: u8) -> Option<usize> {
        let open: Vec<usize> = (0..self.streams.len())
            .filter(|s| self.streams[*s].open)
            .collect();
        open.get(usize::from(s) % open.len().max(1)).copied()
    }

    pub fn connect(&mut self, refused: bool) {
        let number = self.world.borrow().tcp.len();
        let created = self.machine.create(AddressFamily::Inet, SocketType::Stream);
        let id = match created {
            Ok(id) => id,
            Err(error) => {
                assert_eq!(error, TransportError::TooManyEndpoints);
                return;
            }
        };
        self.world.borrow_mut().refuses = refused;
        let operation = self.operation();
        let started = self.machine.start_connect(id, peer(), operation);
        assert_eq!(started, Ok(Started::Pending));
        let again = self.machine.start_watch(id, Interest::Writable, operation);
        assert_eq!(
            again,
            Err(TransportError::InvalidArgument),
            "a number in use"
        );
        self.streams.push(Stream {
            id,
            number,
            connected: false,
            open: true,
            shut_down: false,
            sends: Vec::new(),
            receives: Vec::new(),
            incoming: 0,
        });
        let s = self.streams.len() - 1;
        self.pending.insert(operation, Purpose::Connect(s));
    }

    /// Every byte that is sent says which it is.
    fn data(&mut self, length: usize) -> Vec<u8> {
        let from = self.sent;
        self.sent += length;
        (from..self.sent).map(|byte| (byte % 251) as u8).collect()
    }

    fn accepted(&mut self, s: usize, data: Vec<u8>, counted: Option<usize>) {
        self.streams[s].sends.push(Sent { data, counted });
    }

    /// A send in one of the forms: as bytes 0 to 4, in words 5 to 7.
    pub fn send(&mut self, s: usize, lengths: &[u8], form: u8) {
        let id = self.streams[s].id;
        let in_words = form > 4;
        let form = if in_words { form - 3 } else { form };
        let parts: Vec<Vec<u8>> = lengths
            .iter()
            .map(|length| self.data((*length).into()))
            .collect();
        let data = parts.concat();
        let none = SendFlags::empty();
        let operation = self.operation();
        let ticket = |rest| TicketedSend {
            endpoint: id,
            operation,
            flags: none,
            to: None,
            rest,
        };
        let payload = |data: &[u8]| {
            if in_words {
                words(data)
            } else {
                Payload::of_parts(parts.clone())
            }
        };
        let outcome = match form {
            0 => {
                let array = self.machine.array(parts.clone());
                let sent = self.machine.try_send(id, &array, none, None);
                sent.map_or_else(SendOutcome::Failed, SendOutcome::Done)
            }
            1 => {
                let array = self.machine.array(parts.clone());
                match self.machine.start_send(id, &array, none, None, operation) {
                    Ok(Started::Done(bytes)) => SendOutcome::Done(bytes),
                    Ok(Started::Pending) => SendOutcome::Pending,
                    Err(error) => SendOutcome::Failed(error),
                }
            }
            2 => self.machine.send(ticket(Rest::Refused), payload(&data)),
            3 => self.machine.send(ticket(Rest::Captured), payload(&data)),
            _ => {
                let send = ticket(Rest::Awaited);
                match self.machine.send(send, payload(&data)) {
                    SendOutcome::Blocked(sent) => {
                        // Nothing else would end it.
                        let pace = self.world.borrow().kind.pace;
                        self.world.borrow_mut().kind.pace = pace.max(1);
                        let outcome = self.waiting(|machine| {
                            if in_words {
                                machine.send_blocked_rest(None)
                            } else {
                                machine.send_rest(send, &payload(&data), sent, None)
                            }
                        });
                        self.world.borrow_mut().kind.pace = pace;
                        outcome
                    }
                    outcome => outcome,
                }
            }
        };
        match outcome {
            SendOutcome::Done(bytes) => {
                let bytes = usize::try_from(bytes).unwrap();
                assert!(bytes <= data.len());
                assert!(bytes > 0 || data.is_empty(), "nothing is no success");
                // What is refused is not sent at all; all else is sent whole.
                assert!(matches!(form, 0 | 2) || bytes == data.len());
                let world = self.world.borrow();
                let tcp = &world.tcp[self.streams[s].number];
                let is_out = bytes == 0 || tcp.held() == 0;
                assert!(matches!(form, 0 | 2) || is_out, "done, and in flight");
                drop(world);
                self.accepted(s, data, Some(bytes));
            }
            SendOutcome::Pending => {
                self.accepted(s, data, None);
                let number = self.streams[s].sends.len() - 1;
                self.begins(operation, Purpose::Send(s, number));
            }
            SendOutcome::Failed(error) => {
                self.refused(error, s);
                if self.world.borrow().tcp[self.streams[s].number].failed {
                    // Some of it may have gone out.
                    self.accepted(s, data, None);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn receive(&mut self, s: usize, length: u8, form: u8) {
        let id = self.streams[s].id;
        let room = self.machine.room(length.into());
        let mut flags = ReceiveFlags::empty();
        flags.set(ReceiveFlags::PEEK, form & 1 != 0);
        flags.set(ReceiveFlags::FILL, form & 2 != 0);
        let posts = form & 4 != 0;
        let operation = self.operation();
        let answer = if posts {
            self.machine.start_receive(id, &room, flags, operation)
        } else {
            let received = self.machine.try_receive(id, &room, flags);
            received.map(ReceiveStarted::Done)
        };
        let mut received = Received {
            room,
            peeks: form & 1 != 0,
            fills: posts && form & 2 != 0,
            bytes: None,
        };
        match answer {
            Ok(ReceiveStarted::Done(done)) => {
                let bytes = received.room.read(0, u32::MAX);
                assert_eq!(bytes.len() as u64, done.bytes);
                let (words, count) = received.room.read_words(0, u32::MAX);
                assert_eq!(u64::from(count), done.bytes);
                assert_eq!(words.len(), bytes.len().div_ceil(64));
                let words = words.iter().flatten().flat_map(|word| word.to_le_bytes());
                assert!(words.take(bytes.len()).eq(bytes.iter().copied()));
                received.bytes = Some(bytes);
                self.check_received(s, &received, length.into());
                self.streams[s].receives.push(received);
            }
            Ok(ReceiveStarted::Pending) => {
                assert!(received.room.read(0, u32::MAX).is_empty());
                self.streams[s].receives.push(received);
                let number = self.streams[s].receives.len() - 1;
                self.begins(operation, Purpose::Receive(s, number));
            }
            Err(error) => self.refused(error, s),
        }
    }

    /// A receive ends with less than it may hold only for a reason.
    fn check_received(&self, s: usize, received: &Received, capacity: usize) {
        let bytes = received.bytes.as_ref().unwrap().len();
        let world = self.world.borrow();
        let tcp = &world.tcp[self.streams[s].number];
        let over = tcp.peer_ended || tcp.failed || self.streams[s].shut_down;
        assert!(bytes > 0 || capacity == 0 || over, "the end, too early");
        assert!(!received.fills || bytes == capacity || over, "not full");
    }

    pub fn watch(&mut self, s: usize, interest: Interest) {
        let operation = self.operation();
        let id = self.streams[s].id;
        match self.machine.start_watch(id, interest, operation) {
            Ok(started) => {
                assert_eq!(started, Started::Pending);
                self.begins(operation, Purpose::Watch(s));
            }
            Err(error) => self.refused(error, s),
        }
    }

    /// Afterwards the operation has finished.
    pub fn cancel(&mut self, s: usize, which: u8) {
        let of = |purpose: &Purpose| match *purpose {
            Purpose::Connect(of) | Purpose::Watch(of) => of == s,
            Purpose::Send(of, _) | Purpose::Receive(of, _) => of == s,
        };
        let mut operations: Vec<u64> = self
            .pending
            .iter()
            .filter(|(_, purpose)| of(purpose))
            .map(|(operation, _)| *operation)
            .collect();
        operations.sort_unstable();
        let Some(operation) = operations.get(usize::from(which)).copied() else {
            // Of nothing.
            self.machine.cancel(self.streams[s].id, u64::MAX);
            return;
        };
        self.machine.cancel(self.streams[s].id, operation);
        self.take();
        assert!(!self.pending.contains_key(&operation), "it goes on");
    }

    pub fn shutdown(&mut self, s: usize, how: ShutdownHow) {
        match self.machine.shutdown(self.streams[s].id, how) {
            Ok(()) => self.streams[s].shut_down = true,
            Err(error) => assert_eq!(error, TransportError::NotConnected),
        }
    }

    pub fn close(&mut self, s: usize) {
        self.machine.close(self.streams[s].id);
        self.streams[s].open = false;
        self.take();
        let left = self.pending.values().any(|purpose| match *purpose {
            Purpose::Connect(of) | Purpose::Watch(of) => of == s,
            Purpose::Send(of, _) | Purpose::Receive(of, _) => of == s,
        });
        assert!(!left, "something is pending on what was closed");
    }

    pub fn peer_sends(&mut self, s: usize, count: usize) {
        let stream = &mut self.streams[s];
        let tcp = &mut self.world.borrow_mut().tcp[stream.number];
        if stream.connected && !tcp.peer_ended && !tcp.failed {
            let bytes = stream.incoming..stream.incoming + count;
            tcp.incoming.extend(bytes.map(|byte| (byte % 249) as u8));
            stream.incoming += count;
        }
    }

    pub fn peer_ends(&mut self, s: usize) {
        let stream = &self.streams[s];
        if stream.connected {
            self.world.borrow_mut().tcp[stream.number].peer_ended = true;
        }
    }

    pub fn fails(&mut self, s: usize) {
        let stream = &self.streams[s];
        if stream.connected {
            self.world.borrow_mut().fail(stream.number);
        }
    }

    pub fn peer_reads(&mut self, s: usize, most: usize) {
        let number = self.streams[s].number;
        self.world.borrow_mut().tcp[number].peer_reads(most);
    }

    /// None of these waits, or changes what is promised.
    pub fn look(&mut self, s: usize) {
        let id = self.streams[s].id;
        let ready = self.machine.ready(id);
        let available = self.machine.available(id).unwrap();
        self.machine.unacknowledged(id);
        let world = self.world.borrow();
        let tcp = &world.tcp[self.streams[s].number];
        if !self.streams[s].connected || tcp.failed {
            return;
        }
        let waits = |purpose: &Purpose| matches!(*purpose, Purpose::Receive(of, _) if of == s);
        if !self.pending.values().any(waits) && !self.streams[s].shut_down {
            use wsp_core::Readiness;
            let readable = available > 0 || tcp.peer_ended;
            assert_eq!(ready.contains(Readiness::READABLE), readable, "{ready:?}");
            assert_eq!(
                ready.contains(Readiness::ENDED),
                tcp.peer_ended,
                "{ready:?}"
            );
        }
    }

    pub fn take(&mut self) {
        loop {
            let taken = self.machine.take_finished(3);
            if taken.is_empty() {
                return;
            }
            for finished in taken {
                self.ended(finished);
            }
        }
    }

    fn ended(&mut self, finished: Finished) {
        let Finished {
            operation,
            bytes,
            error,
            ..
        } = finished;
        let purpose = self.pending.remove(&operation);
        let bytes = usize::try_from(bytes).unwrap();
        match purpose.expect("an operation that is not pending has finished") {
            Purpose::Connect(s) => match error {
                None => self.streams[s].connected = true,
                Some(TransportError::ConnectionRefused | TransportError::Cancelled) => {
                    // The endpoint has a new socket.
                    self.streams[s].number = self.world.borrow().tcp.len() - 1;
                }
                other => panic!("{other:?}"),
            },
            Purpose::Send(s, number) => {
                let sent = &mut self.streams[s].sends[number];
                assert!(bytes <= sent.data.len());
                assert!(error.is_some() || bytes == sent.data.len());
                sent.counted = Some(bytes);
                let failed = self.world.borrow().tcp[self.streams[s].number].failed;
                let is_known = match error {
                    None | Some(TransportError::Cancelled) => true,
                    Some(TransportError::ConnectionReset) => failed,
                    Some(_) => false,
                };
                assert!(is_known, "{error:?}");
            }
            Purpose::Receive(s, number) => {
                let received = &mut self.streams[s].receives[number];
                let read = received.room.read(0, u32::MAX);
                assert_eq!(read.len(), bytes);
                received.bytes = Some(read);
                assert!(error.is_none() || bytes == 0);
            }
            Purpose::Watch(..) => assert_eq!(bytes, 0),
        }
    }

    /// A wait ends because something has finished, or when its time is over.
    pub fn wait(&mut self, milliseconds: u64) {
        let before = self.world.borrow().now;
        let outcome = self.waiting(|machine| machine.wait_finished(Some(milliseconds)));
        let waited = (self.world.borrow().now - before) / 1_000_000;
        match outcome {
            WaitOutcome::Finished => {
                let count = self.pending.len();
                self.take();
                assert!(self.pending.len() < count, "nothing had finished");
            }
            WaitOutcome::TimedOut => assert!(waited >= milliseconds, "{waited}"),
            WaitOutcome::CannotBlock => panic!("it can"),
        }
    }

    /// Peers read and end, and then nothing may be left pending.
    pub fn settle(&mut self) {
        self.world.borrow_mut().kind.pace = 1 << 20;
        for s in 0..self.streams.len() {
            if self.streams[s].open && !self.streams[s].connected {
                self.wait(200);
            }
            self.peer_ends(s);
            if !self.streams[s].connected && self.streams[s].open {
                self.close(s);
            }
        }
        for _ in 0..100 {
            self.take();
            if self.pending.is_empty() {
                return;
            }
            self.wait(1000);
        }
        panic!("left pending: {:?}", self.pending);
    }

    /// The program ends. Peers that read get everything that was accepted.
    pub fn finish(mut self) {
        let before = self.world.borrow().now;
        self.waiting(Machine::finish);
        self.take();
        let took = self.world.borrow().now - before;
        let world = self.world.borrow();
        // The host says so for every chunk, and all that was sent may be one.
        let pace = world.kind.pace;
        let may_be_late = LAST_WAIT / 1_000_000 * pace as u64 <= self.sent as u64;
        let late = took >= LAST_WAIT && may_be_late;
        let idle = world.now - world.moved.max(before);
        // What has moved in a step is noticed in the next one.
        assert!(idle <= LAST_WAIT + STEP, "{idle}");
        for stream in &self.streams {
            let tcp = &world.tcp[stream.number];
            if !stream.connected {
                continue;
            }
            stream.check_received();
            let arrived = tcp.arrived();
            if tcp.failed {
                let all: Vec<u8> = stream
                    .sends
                    .iter()
                    .flat_map(|sent| &sent.data)
                    .copied()
                    .collect();
                // What was lost with the connection is a tail.
                assert!(is_subsequence(&arrived, &all));
                continue;
            }
            let promised: Vec<u8> = stream.sends.iter().flat_map(Sent::counted).collect();
            if late {
                assert!(promised.starts_with(&arrived) || arrived.starts_with(&promised));
                continue;
            }
            assert_eq!(tcp.lost, 0, "bytes were thrown away");
            assert_eq!(arrived, promised);
        }
        drop(world);
        drop(self.machine);
    }
}

/// These bytes as a payload in words.
fn words(data: &[u8]) -> Payload {
    let words = data.chunks(64).map(|chunk| {
        let mut bytes = chunk.to_vec();
        bytes.resize(64, 0xA5);
        let mut eights = bytes.chunks(8);
        std::array::from_fn(|_| u64::from_le_bytes(eights.next().unwrap().try_into().unwrap()))
    });
    Payload::of_words(words.collect(), data.len() as u32).unwrap()
}

impl Sent {
    /// At the end of the program, a pending send has gone out too.
    fn counted(&self) -> Vec<u8> {
        let counted = self.counted.unwrap_or(self.data.len());
        self.data[..counted].to_vec()
    }
}

impl Stream {
    /// What was received is what the peer has sent, without gap or repetition.
    fn check_received(&self) {
        let mut at = 0;
        for received in &self.receives {
            let Some(bytes) = &received.bytes else {
                continue;
            };
            let expected: Vec<u8> = (at..at + bytes.len())
                .map(|byte| (byte % 249) as u8)
                .collect();
            assert_eq!(*bytes, expected);
            if !received.peeks {
                at += bytes.len();
            }
        }
        assert!(at <= self.incoming);
    }
}

fn is_subsequence(some: &[u8], all: &[u8]) -> bool {
    let mut all = all.iter();
    some.iter().all(|byte| all.any(|other| other == byte))
}
