//! A transport without a network: connections with a bounded room, whose peers
//! read when a test says so.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and this is part of tests"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use wsp_core::{
    AddressFamily, EndpointOption, Finished, GroupInterface, Interest, Readiness, ReceiveFlags,
    ReceiveStarted, ReceivedNow, SendFlags, ShutdownHow, SocketType, Started, Transport,
    TransportError, WaitOutcome,
};

/// A captured WSABUF array.
pub type Buffers = Vec<Vec<u8>>;

/// Room for a receive.
pub type Room = RefCell<Vec<u8>>;

/// What happens while somebody waits.
type Step = Box<dyn FnOnce(&mut Network)>;

/// The network behind all endpoints of a test.
#[derive(Default)]
pub struct Network {
    endpoints: BTreeMap<u32, Connection>,
    finished: Vec<Finished>,
    now: u64,
    /// One is taken for each wait.
    steps: VecDeque<Step>,
    /// The room that new connections have for sends.
    pub room: usize,
    /// Whether waiting is possible at all.
    pub cannot_block: bool,
    /// Makes the next `start-send` or `try-send` fail.
    pub fail_next_send: Option<TransportError>,
    /// The operations that may be pending at once; unlimited unless set.
    pub maximum_operations: Option<usize>,
    /// Addresses where connections are taken, and those that were, oldest first.
    listening: BTreeMap<SocketAddr, VecDeque<u32>>,
    /// What peers have read that read while somebody waits.
    reading: BTreeMap<u32, Vec<u8>>,
    /// Ports that were given away.
    ports: u16,
}

/// One endpoint.
#[derive(Default)]
struct Connection {
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    datagram: bool,
    room: usize,
    /// What the peer can read.
    in_flight: VecDeque<u8>,
    datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    /// The beginning of a datagram of which more follows.
    partial: Vec<u8>,
    urgent: Vec<u8>,
    sends: VecDeque<PendingSend>,
    connecting: Option<u64>,
    watches: Vec<(u64, Interest)>,
    incoming: VecDeque<u8>,
    receives: VecDeque<u64>,
    failure: Option<TransportError>,
    end_after: bool,
    ended: bool,
    /// Connections that wait to be accepted.
    arriving: usize,
    /// The peer has ended its direction.
    peer_ended: bool,
    abort_on_drop: bool,
    /// The connection was reset from this side.
    reset: bool,
    options: BTreeMap<u8, u32>,
}

struct PendingSend {
    operation: u64,
    rest: VecDeque<u8>,
    sent: u64,
}

impl Network {
    fn of(&mut self, endpoint: u32) -> &mut Connection {
        self.endpoints.get_mut(&endpoint).unwrap()
    }

    /// Everything that the peer of `endpoint` can read now; that makes room.
    pub fn peer_reads(&mut self, endpoint: u32) -> Vec<u8> {
        self.peer_reads_at_most(endpoint, usize::MAX)
    }

    pub fn peer_reads_at_most(&mut self, endpoint: u32, mut most: usize) -> Vec<u8> {
        let mut read = Vec::new();
        loop {
            let connection = self.of(endpoint);
            let count = connection.in_flight.len().min(most);
            if count == 0 {
                break;
            }
            most -= count;
            connection.room += count;
            read.extend(connection.in_flight.drain(..count));
            // What is pending goes on when it must, or when the transport is asked:
            // between the two there is room that nobody has used yet.
            if most > 0 {
                self.advance(endpoint);
            }
        }
        read
    }

    /// What is pending goes on, as far as there is room.
    fn advance_all(&mut self) {
        let endpoints: Vec<u32> = self.endpoints.keys().copied().collect();
        for endpoint in endpoints {
            self.advance(endpoint);
        }
    }

    /// The peer of `endpoint` reads on its own while somebody waits.
    pub fn peer_reads_meanwhile(&mut self, endpoint: u32) {
        self.reading.entry(endpoint).or_default();
    }

    /// What such a peer has read so far.
    pub fn read_meanwhile(&mut self, endpoint: u32) -> &mut Vec<u8> {
        self.reading.get_mut(&endpoint).unwrap()
    }

    fn peers_read(&mut self) -> bool {
        let endpoints: Vec<u32> = self.reading.keys().copied().collect();
        let mut any = false;
        for endpoint in endpoints {
            let read = self.peer_reads(endpoint);
            any |= !read.is_empty();
            self.read_meanwhile(endpoint).extend(read);
        }
        any
    }

    pub fn datagrams(&mut self, endpoint: u32) -> Vec<Vec<u8>> {
        let datagrams = std::mem::take(&mut self.of(endpoint).datagrams);
        datagrams.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// The oldest datagram that any endpoint has sent there.
    pub fn datagram_to(&mut self, address: SocketAddr) -> Option<Vec<u8>> {
        self.endpoints.values_mut().find_map(|connection| {
            let sent = &mut connection.datagrams;
            let position = sent.iter().position(|(to, _)| *to == address)?;
            sent.remove(position).map(|(_, bytes)| bytes)
        })
    }

    /// A new address of the loopback interface.
    pub fn address(&mut self) -> SocketAddr {
        self.ports += 1;
        SocketAddr::from(([127, 0, 0, 1], 40_000 + self.ports))
    }

    /// Takes connections on a new address from now on.
    pub fn listen(&mut self) -> SocketAddr {
        let address = self.address();
        self.listening.insert(address, VecDeque::new());
        address
    }

    /// The endpoint of the oldest connection to that address that was not asked for yet.
    pub fn accepted(&mut self, address: SocketAddr) -> Option<u32> {
        self.listening.get_mut(&address)?.pop_front()
    }

    /// Bytes from the peer of `endpoint`.
    pub fn peer_sends(&mut self, endpoint: u32, bytes: &[u8]) {
        self.of(endpoint).incoming.extend(bytes);
        self.settle(endpoint);
    }

    /// The peer of `endpoint` ends its direction.
    pub fn peer_ends(&mut self, endpoint: u32) {
        self.of(endpoint).peer_ended = true;
        self.settle(endpoint);
    }

    /// A connection for a listening endpoint.
    pub fn arrives(&mut self, endpoint: u32) {
        self.of(endpoint).arriving += 1;
        self.settle(endpoint);
    }

    /// Whether the peer of `endpoint` sees a reset after what it can read.
    pub fn was_reset(&mut self, endpoint: u32) -> bool {
        self.of(endpoint).reset
    }

    fn pending(&self) -> usize {
        let pending = |connection: &Connection| {
            connection.sends.len()
                + connection.receives.len()
                + connection.watches.len()
                + usize::from(connection.connecting.is_some())
        };
        self.endpoints.values().map(pending).sum()
    }

    fn admit_operation(&self) -> Result<(), TransportError> {
        match self.maximum_operations {
            Some(maximum) if self.pending() >= maximum => Err(TransportError::TooManyOperations),
            _ => Ok(()),
        }
    }

    pub fn urgent(&mut self, endpoint: u32) -> Vec<u8> {
        self.of(endpoint).urgent.clone()
    }

    pub fn ended(&mut self, endpoint: u32) -> bool {
        self.of(endpoint).ended
    }

    /// The connection fails: pending sends end with the error, and so does every later one.
    pub fn fails(&mut self, endpoint: u32, error: TransportError) {
        let connection = self.of(endpoint);
        connection.failure = Some(error);
        for send in std::mem::take(&mut connection.sends) {
            self.finished
                .push(finished(send.operation, send.sent, Some(error)));
        }
        for operation in std::mem::take(&mut self.of(endpoint).receives) {
            self.finished.push(finished(operation, 0, Some(error)));
        }
        self.settle(endpoint);
    }

    /// The connection attempt of `endpoint` ends.
    pub fn connects(&mut self, endpoint: u32, outcome: Result<(), TransportError>) {
        let operation = self.of(endpoint).connecting.take().unwrap();
        self.finished.push(finished(operation, 0, outcome.err()));
    }

    fn advance(&mut self, endpoint: u32) {
        let connection = self.endpoints.get_mut(&endpoint).unwrap();
        while let Some(send) = connection.sends.front_mut() {
            let count = connection.room.min(send.rest.len());
            connection.in_flight.extend(send.rest.drain(..count));
            connection.room -= count;
            send.sent += count as u64;
            if !send.rest.is_empty() {
                return;
            }
            self.finished
                .push(finished(send.operation, send.sent, None));
            connection.sends.pop_front();
        }
        connection.ended |= connection.end_after;
        self.settle(endpoint);
    }

    /// Finishes the watches that have what they wait for.
    fn settle(&mut self, endpoint: u32) {
        let connection = self.endpoints.get_mut(&endpoint).unwrap();
        let ready = connection.ready();
        let drained = connection.sends.is_empty() && connection.in_flight.is_empty();
        let holds = |watch: &mut (u64, Interest)| match watch.1 {
            _ if ready.contains(Readiness::FAILED) => true,
            Interest::Readable => ready.intersects(Readiness::READABLE | Readiness::ENDED),
            Interest::Writable => ready.contains(Readiness::WRITABLE),
            Interest::Urgent => ready.contains(Readiness::URGENT),
            Interest::Drained => drained,
        };
        for (operation, _) in connection.watches.extract_if(.., holds) {
            self.finished.push(finished(operation, 0, None));
        }
    }
}

impl Connection {
    fn ready(&self) -> Readiness {
        let mut ready = Readiness::empty();
        let readable = !self.incoming.is_empty() || self.peer_ended || self.arriving > 0;
        ready.set(Readiness::READABLE, readable);
        let writable = self.sends.is_empty() && self.room > 0;
        ready.set(Readiness::WRITABLE, writable || self.datagram);
        ready.set(Readiness::ENDED, self.peer_ended);
        ready.set(Readiness::FAILED, self.failure.is_some());
        ready
    }

    /// Where datagrams of this endpoint may not go: broadcast without permission.
    fn forbids(&self, to: SocketAddr) -> bool {
        let broadcast = match to {
            SocketAddr::V4(to) => {
                to.ip().is_broadcast() || to.ip().octets() == [127, 255, 255, 255]
            }
            SocketAddr::V6(_) => false,
        };
        let permitted = self.options.get(&(EndpointOption::Broadcast as u8));
        broadcast && permitted.copied().unwrap_or(0) == 0
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
    pub number: u32,
    network: Rc<RefCell<Network>>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let mut network = self.network.borrow_mut();
        let connection = network.of(self.number);
        let mut cancelled: Vec<Finished> = connection
            .sends
            .drain(..)
            .map(|send| finished(send.operation, send.sent, Some(TransportError::Cancelled)))
            .collect();
        let rest = connection
            .receives
            .drain(..)
            .chain(connection.connecting.take());
        let rest = rest.chain(connection.watches.drain(..).map(|watch| watch.0));
        cancelled.extend(rest.map(|op| finished(op, 0, Some(TransportError::Cancelled))));
        connection.ended = true;
        if connection.abort_on_drop {
            connection.reset = true;
            connection.in_flight.clear();
        }
        network.finished.extend(cancelled);
    }
}

/// The transport over a [`Network`].
pub struct Simulated(pub Rc<RefCell<Network>>);

impl Simulated {
    pub fn new(room: usize) -> Simulated {
        Simulated(Rc::new(RefCell::new(Network {
            room,
            ..Network::default()
        })))
    }

    /// Something to happen in the next wait, after those that are queued already.
    pub fn during_a_wait(&self, step: impl FnOnce(&mut Network) + 'static) {
        self.0.borrow_mut().steps.push_back(Box::new(step));
    }
}

impl Transport for Simulated {
    type Endpoint = Endpoint;
    type Buffers = Buffers;
    type Room = Room;

    fn count(&mut self, buffers: &Buffers) -> u32 {
        buffers.len() as u32
    }

    fn total_length(&mut self, buffers: &Buffers) -> u64 {
        buffers.iter().map(|part| part.len() as u64).sum()
    }

    fn create(&mut self, _: AddressFamily, kind: SocketType) -> Result<Endpoint, TransportError> {
        let mut network = self.0.borrow_mut();
        let number = network.endpoints.len() as u32;
        let connection = Connection {
            room: network.room,
            datagram: kind == SocketType::Datagram,
            ..Connection::default()
        };
        network.endpoints.insert(number, connection);
        Ok(Endpoint {
            number,
            network: Rc::clone(&self.0),
        })
    }

    fn bind(&mut self, endpoint: &Endpoint, local: SocketAddr) -> Result<(), TransportError> {
        let mut network = self.0.borrow_mut();
        let local = match local.port() {
            0 => network.address(),
            _ => local,
        };
        network.of(endpoint.number).local = Some(local);
        Ok(())
    }

    fn start_connect(
        &mut self,
        endpoint: &Endpoint,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let mut network = self.0.borrow_mut();
        network.admit_operation()?;
        let local = network.address();
        let connection = network.of(endpoint.number);
        if connection.datagram && connection.forbids(peer) {
            return Err(TransportError::NeedsBroadcast);
        }
        connection.peer = Some(peer);
        connection.local.get_or_insert(local);
        if connection.datagram {
            return Ok(Started::Done(0));
        }
        connection.connecting = Some(operation);
        if let Some(connections) = network.listening.get_mut(&peer) {
            connections.push_back(endpoint.number);
            network.connects(endpoint.number, Ok(()));
        }
        Ok(Started::Pending)
    }

    fn listen(&mut self, _: &Endpoint, _: u32) -> Result<(), TransportError> {
        Ok(())
    }

    fn accept(&mut self, endpoint: &Endpoint) -> Result<(Endpoint, SocketAddr), TransportError> {
        let (local, peer) = {
            let mut network = self.0.borrow_mut();
            let peer = network.address();
            let listening = network.of(endpoint.number);
            if listening.arriving == 0 {
                return Err(TransportError::WouldBlock);
            }
            listening.arriving -= 1;
            (listening.local, peer)
        };
        let accepted = self.create(AddressFamily::Inet, SocketType::Stream)?;
        let mut network = self.0.borrow_mut();
        let connection = network.of(accepted.number);
        connection.local = local;
        connection.peer = Some(peer);
        drop(network);
        Ok((accepted, peer))
    }

    fn try_send(
        &mut self,
        endpoint: &Endpoint,
        buffers: &Buffers,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<u64, TransportError> {
        let mut network = self.0.borrow_mut();
        if let Some(error) = network.fail_next_send.take() {
            return Err(error);
        }
        let connection = network.of(endpoint.number);
        if let Some(error) = connection.failure {
            return Err(error);
        }
        if buffers.is_empty() {
            return Err(TransportError::InvalidArgument);
        }
        let bytes = buffers.concat();
        if connection.datagram {
            let to = to.or(connection.peer);
            let to = to.expect("a datagram without a destination");
            // A connected socket was allowed when it was connected.
            if Some(to) != connection.peer && connection.forbids(to) {
                return Err(TransportError::AccessDenied);
            }
            connection.partial.extend(&bytes);
            if connection.partial.len() > 65_507 {
                connection.partial.clear();
                return Err(TransportError::MessageTooLarge);
            }
            if !flags.contains(SendFlags::MORE) {
                let datagram = std::mem::take(&mut connection.partial);
                connection.datagrams.push_back((to, datagram));
            }
            if connection.local.is_none() {
                let local = network.address();
                network.of(endpoint.number).local = Some(local);
            }
            return Ok(bytes.len() as u64);
        }
        if !connection.sends.is_empty() || (connection.room == 0 && !bytes.is_empty()) {
            return Err(TransportError::WouldBlock);
        }
        let taken = bytes.len().min(connection.room);
        connection.room -= taken;
        let (mut now, _) = bytes.split_at(taken);
        // The last byte is the urgent one, and stays out of the stream.
        if flags.contains(SendFlags::URGENT)
            && let Some((urgent, before)) = now.split_last()
        {
            connection.urgent.push(*urgent);
            now = before;
        }
        connection.in_flight.extend(now);
        Ok(taken as u64)
    }

    fn start_send(
        &mut self,
        endpoint: &Endpoint,
        buffers: &Buffers,
        flags: SendFlags,
        to: Option<SocketAddr>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        {
            // Refused before anything is consumed.
            let network = self.0.borrow();
            let connection = &network.endpoints[&endpoint.number];
            let total: usize = buffers.iter().map(Vec::len).sum();
            let pends = !connection.sends.is_empty() || total > connection.room;
            if pends && !connection.datagram {
                network.admit_operation()?;
            }
        }
        let sent = match self.try_send(endpoint, buffers, flags, to) {
            Ok(sent) => sent,
            Err(TransportError::WouldBlock) => 0,
            Err(error) => return Err(error),
        };
        let bytes = buffers.concat();
        if sent == bytes.len() as u64 {
            return Ok(Started::Done(sent));
        }
        let rest = bytes.into_iter().skip(sent as usize).collect();
        let mut network = self.0.borrow_mut();
        network.of(endpoint.number).sends.push_back(PendingSend {
            operation,
            rest,
            sent,
        });
        Ok(Started::Pending)
    }

    fn try_receive(
        &mut self,
        endpoint: &Endpoint,
        room: &Room,
        _: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        let mut network = self.0.borrow_mut();
        let connection = network.of(endpoint.number);
        if let Some(error) = connection.failure {
            return Err(error);
        }
        if connection.incoming.is_empty() && !connection.peer_ended {
            return Err(TransportError::WouldBlock);
        }
        let bytes: Vec<u8> = connection.incoming.drain(..).collect();
        let received = ReceivedNow {
            bytes: bytes.len() as u64,
            source: None,
            truncated: false,
        };
        *room.borrow_mut() = bytes;
        Ok(received)
    }

    fn look(&mut self, endpoint: &Endpoint) -> Result<(), TransportError> {
        let network = self.0.borrow();
        let connection = &network.endpoints[&endpoint.number];
        match connection.failure {
            Some(error) => Err(error),
            None if connection.incoming.is_empty() && !connection.peer_ended => {
                Err(TransportError::WouldBlock)
            }
            None => Ok(()),
        }
    }

    fn start_receive(
        &mut self,
        endpoint: &Endpoint,
        room: &Room,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        match self.try_receive(endpoint, room, flags) {
            Err(TransportError::WouldBlock) => {
                let mut network = self.0.borrow_mut();
                network.admit_operation()?;
                network.of(endpoint.number).receives.push_back(operation);
                Ok(ReceiveStarted::Pending)
            }
            other => other.map(ReceiveStarted::Done),
        }
    }

    fn start_watch(
        &mut self,
        endpoint: &Endpoint,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let mut network = self.0.borrow_mut();
        network.admit_operation()?;
        let watches = &mut network.of(endpoint.number).watches;
        watches.push((operation, interest));
        network.settle(endpoint.number);
        Ok(Started::Pending)
    }

    fn ready(&mut self, endpoint: &Endpoint) -> Readiness {
        self.0.borrow_mut().of(endpoint.number).ready()
    }

    fn cancel(&mut self, endpoint: &Endpoint, operation: u64) {
        let mut network = self.0.borrow_mut();
        let connection = network.of(endpoint.number);
        let mut cancelled = Vec::new();
        connection.sends.retain(|send| {
            let keep = send.operation != operation;
            if !keep {
                cancelled.push(finished(
                    operation,
                    send.sent,
                    Some(TransportError::Cancelled),
                ));
            }
            keep
        });
        let others = connection.receives.iter().copied();
        let others = others.chain(connection.watches.iter().map(|watch| watch.0));
        if others.clone().any(|other| other == operation) {
            cancelled.push(finished(operation, 0, Some(TransportError::Cancelled)));
        }
        connection.receives.retain(|other| *other != operation);
        connection.watches.retain(|other| other.0 != operation);
        network.finished.extend(cancelled);
    }

    fn shutdown(&mut self, endpoint: &Endpoint, how: ShutdownHow) -> Result<(), TransportError> {
        if how != ShutdownHow::Receive {
            let mut network = self.0.borrow_mut();
            network.of(endpoint.number).end_after = true;
            network.advance(endpoint.number);
        }
        Ok(())
    }

    fn abort_on_drop(&mut self, endpoint: &Endpoint, on: bool) {
        self.0.borrow_mut().of(endpoint.number).abort_on_drop = on;
    }

    fn unacknowledged(&mut self, endpoint: &Endpoint) -> u64 {
        let mut network = self.0.borrow_mut();
        let connection = network.of(endpoint.number);
        let queued: usize = connection.sends.iter().map(|send| send.rest.len()).sum();
        (connection.in_flight.len() + queued) as u64
    }

    fn available(&mut self, endpoint: &Endpoint) -> Result<u64, TransportError> {
        Ok(self.0.borrow_mut().of(endpoint.number).incoming.len() as u64)
    }

    fn local_address(&mut self, endpoint: &Endpoint) -> Result<SocketAddr, TransportError> {
        let local = self.0.borrow_mut().of(endpoint.number).local;
        local.ok_or(TransportError::InvalidArgument)
    }

    fn peer_address(&mut self, endpoint: &Endpoint) -> Result<SocketAddr, TransportError> {
        let peer = self.0.borrow_mut().of(endpoint.number).peer;
        peer.ok_or(TransportError::NotConnected)
    }

    fn get_option(
        &mut self,
        endpoint: &Endpoint,
        option: EndpointOption,
    ) -> Result<u32, TransportError> {
        let mut network = self.0.borrow_mut();
        let options = &network.of(endpoint.number).options;
        Ok(options.get(&(option as u8)).copied().unwrap_or(0))
    }

    fn set_option(
        &mut self,
        endpoint: &Endpoint,
        option: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        let mut network = self.0.borrow_mut();
        network
            .of(endpoint.number)
            .options
            .insert(option as u8, value);
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
        let mut network = self.0.borrow_mut();
        network.advance_all();
        taken.append(&mut network.finished);
    }

    fn wait_finished(&mut self, timeout_ms: Option<u64>) -> WaitOutcome {
        let mut network = self.0.borrow_mut();
        if network.cannot_block {
            return WaitOutcome::CannotBlock;
        }
        loop {
            network.advance_all();
            if !network.finished.is_empty() {
                return WaitOutcome::Finished;
            }
            match network.steps.pop_front() {
                Some(step) => step(&mut network),
                None if network.peers_read() => {}
                None => {
                    let timeout = timeout_ms.expect("a wait that nothing ends");
                    network.now += timeout;
                    return WaitOutcome::TimedOut;
                }
            }
        }
    }

    fn now(&mut self) -> u64 {
        self.0.borrow().now
    }
}
