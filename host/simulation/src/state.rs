//! The state of a network, which one lock guards.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use wsp_guard::sync::lock;
use wsp_transport::{AddressFamily, EndpointOption, Protocol, TransportError};

use crate::chance::{Chance, Draws};
use crate::config::NetworkConfig;
use crate::connection::{Connection, Side};
use crate::datagrams::Datagrams;
use crate::events::{Event, Log, Queue};
use crate::hosts::Hosts;

/// The sockets that a network has at most, whoever has them.
const MOST_SOCKETS: usize = 1 << 20;

/// What the parts of a network share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Told that something is due sooner than was known.
    pub(crate) sooner: Arc<Notify>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Shared {
        Shared {
            state: Mutex::new(state),
            sooner: Arc::default(),
        }
    }

    /// Does something, and wakes who waited for it once the lock is open again.
    pub(crate) fn with<R>(&self, call: impl FnOnce(&mut State) -> R) -> R {
        let (result, woken, is_sooner) = {
            let mut state = lock(&self.state);
            let result = call(&mut state);
            let woken = std::mem::take(&mut state.woken);
            let is_sooner = std::mem::take(&mut state.queue.is_sooner);
            (result, woken, is_sooner)
        };
        woken.into_iter().for_each(Waker::wake);
        if is_sooner {
            self.sooner.notify_one();
        }
        result
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Who moves the network ends.
        self.sooner.notify_one();
    }
}

/// All of a network.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: NetworkConfig,
    pub(crate) draws: Draws,
    pub(crate) queue: Queue,
    pub(crate) hosts: Hosts,
    pub(crate) sockets: BTreeMap<u64, Socket>,
    pub(crate) connections: BTreeMap<u64, Connection>,
    pub(crate) log: Log,
    woken: Vec<Waker>,
    numbers: u64,
    origin: Instant,
}

/// A socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) host: usize,
    pub(crate) family: AddressFamily,
    pub(crate) protocol: Protocol,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) shares: bool,
    /// How large its buffers are: for what it sends, and for what it receives.
    pub(crate) buffers: (usize, usize),
    pub(crate) options: Vec<(EndpointOption, u32)>,
    pub(crate) aborts: bool,
    pub(crate) wakers: Vec<Waker>,
    pub(crate) role: Role,
}

/// What a socket is used for.
#[derive(Debug)]
pub(crate) enum Role {
    /// A stream without a connection.
    Fresh,
    /// A stream that takes connections.
    Listening(Backlog),
    /// A stream with a connection, or an attempt to make one.
    Connected { connection: u64, side: Side },
    /// Datagrams.
    Datagrams(Datagrams),
}

/// Connections that wait to be accepted.
#[derive(Debug)]
pub(crate) struct Backlog {
    pub(crate) most: usize,
    pub(crate) ready: VecDeque<u64>,
    pub(crate) arriving: Vec<u64>,
}

impl State {
    pub(crate) fn new(config: NetworkConfig, draws: Draws) -> State {
        State {
            config,
            draws,
            queue: Queue::default(),
            hosts: Hosts::default(),
            sockets: BTreeMap::new(),
            connections: BTreeMap::new(),
            log: Log::default(),
            woken: Vec::new(),
            numbers: 0,
            origin: Instant::now(),
        }
    }

    /// The time since the network was made.
    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    pub(crate) fn instant(&self, at: Duration) -> Instant {
        self.origin + at
    }

    /// A number that nothing else has.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn socket(&self, number: u64) -> Result<&Socket, TransportError> {
        self.sockets.get(&number).ok_or(TransportError::Other)
    }

    pub(crate) fn socket_mut(&mut self, number: u64) -> Result<&mut Socket, TransportError> {
        self.sockets.get_mut(&number).ok_or(TransportError::Other)
    }

    /// Makes a socket of a host.
    pub(crate) fn create(
        &mut self,
        host: usize,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Result<u64, TransportError> {
        if self.sockets.len() >= MOST_SOCKETS {
            return Err(TransportError::TooManyEndpoints);
        }
        let send = self.draws.size(Chance::Buffers, self.config.send_buffer);
        let receive = self.draws.size(Chance::Buffers, self.config.receive_buffer);
        let number = self.number();
        self.sockets.insert(
            number,
            Socket {
                host,
                family,
                protocol,
                local: None,
                shares: false,
                buffers: (send, receive),
                options: Vec::new(),
                aborts: false,
                wakers: Vec::new(),
                role: match protocol {
                    Protocol::Tcp => Role::Fresh,
                    Protocol::Udp => Role::Datagrams(Datagrams::default()),
                },
            },
        );
        Ok(number)
    }

    /// Wakes who waits for a socket.
    pub(crate) fn wake(&mut self, socket: u64) {
        if let Some(socket) = self.sockets.get_mut(&socket) {
            self.woken.append(&mut socket.wakers);
        }
    }

    /// Wakes who waits for an end of a connection.
    pub(crate) fn wake_end(&mut self, connection: u64, side: Side) {
        let connection = self.connections.get(&connection);
        if let Some(socket) = connection.and_then(|connection| connection.end(side).socket) {
            self.wake(socket);
        }
    }

    /// How long something takes to the other end.
    pub(crate) fn delay(&mut self, is_local: bool) -> Duration {
        // Drawn in any case, so that the others are the same.
        let delay = self.draws.delay(self.config.delay);
        if is_local { Duration::ZERO } else { delay }
    }

    /// Has an event happen after a delay.
    pub(crate) fn plan(&mut self, after: Duration, event: Event) {
        let at = self.now().saturating_add(after);
        self.queue.plan(at, event);
    }

    /// Has everything happen that is due, and says when the next thing is.
    pub(crate) fn move_on(&mut self) -> Option<Instant> {
        let now = self.now();
        while let Some(event) = self.queue.take_due(now) {
            self.log.tell(now, &event);
            self.happens(event);
        }
        self.queue.next().map(|at| self.instant(at))
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Attempt { connection, tries } => self.attempted(connection, tries),
            Event::Answered { connection, error } => self.answered(connection, error),
            Event::Acceptable { connection } => self.acceptable(connection),
            Event::Segment {
                connection,
                to,
                bytes,
                urgent,
            } => self.arrived(connection, to, &bytes.0, urgent),
            Event::Ended { connection, to } => self.ended(connection, to),
            Event::Acknowledged {
                connection,
                to,
                bytes,
            } => self.acknowledged(connection, to, bytes),
            Event::Received { connection, to } => self.pump(connection, to),
            Event::GoesOn { connection, of } => self.pump(connection, of),
            Event::Reset { connection, to } if self.comes_through(connection) => {
                self.fail(connection, to, TransportError::ConnectionReset);
            }
            Event::Reset { .. } => {}
            Event::GivesUp { connection, of } => self.gives_up(connection, of),
            Event::Datagram {
                sender,
                from,
                to,
                host,
                bytes,
            } => self.datagram_arrived(sender, (from, to), host, bytes.0),
        }
    }
}

/// Everybody's address, of a family.
pub(crate) fn unspecified(family: AddressFamily) -> IpAddr {
    match family {
        AddressFamily::Inet => Ipv4Addr::UNSPECIFIED.into(),
        AddressFamily::Inet6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}
