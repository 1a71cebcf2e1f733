//! A simulated host of WASI 0.2, of several kinds, with a network of its own. It fails the
//! test if it is called in a way that makes a real host trap.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use wsp_core::{AddressFamily, TransportError};
use wsp_over_wasi::wasi::{Accepted, Incoming, NextAddress, Setting, StreamError, Wasi};

/// A step of time, in nanoseconds.
pub const STEP: u64 = 1_000_000;

/// How a host does what WASI leaves open.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The most bytes that `check-write` permits.
    pub permit: u64,
    /// The most bytes that `read` gives at once.
    pub read: usize,
    /// Bytes that the system takes before the peer reads.
    pub buffer: usize,
    /// A write reaches the system at once, if there is room, and not only in the next step.
    pub eager: bool,
    /// `check-write` does not see that a write has ended before `ready` or `poll` does.
    pub lazy: bool,
    /// Steps that an attempt to connect takes.
    pub connects_in: u32,
    /// Bytes that every peer reads in each step.
    pub pace: usize,
}

/// Everything that the host knows.
pub struct World {
    pub kind: Kind,
    pub now: u64,
    /// A call that waits is under way.
    pub may_wait: bool,
    /// When a system last took something from the host.
    pub moved: u64,
    /// Calls of `poll`.
    pub polls: u64,
    /// The next attempts to connect are refused.
    pub refuses: bool,
    /// The host knows that as soon as they begin.
    pub refuses_at_once: bool,
    pub tcp: Vec<Tcp>,
    pub udp: Vec<Udp>,
    /// What is said to be the addresses of every name, with a delay before each.
    pub names: Vec<IpAddr>,
    next_handle: u64,
    /// Living handles, with what they came of.
    handles: HashMap<u64, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Binding(SocketAddr),
    Bound,
    /// After so many steps.
    Connecting(u32),
    Listening,
    Connected,
    /// An attempt to connect has failed.
    Dead,
}

/// A stream of the network, and its end here.
pub struct Tcp {
    phase: Phase,
    refused: bool,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    settings: Vec<(Setting, u32)>,
    permit: u64,
    /// A write has not been seen to end.
    stuck: bool,
    /// What the host has and its system not.
    held: VecDeque<u8>,
    /// What the system has and the peer has not read.
    sent: VecDeque<u8>,
    /// The system has taken something in this step.
    moved: bool,
    /// What the peer has read.
    pub read: Vec<u8>,
    /// Bytes that the host was given and threw away.
    pub lost: usize,
    /// The peer sees an end behind what was sent.
    pub ended: bool,
    pub incoming: VecDeque<u8>,
    pub peer_ended: bool,
    pub failed: bool,
    /// Connections that wait to be accepted, of a listener.
    pub waiting: usize,
}

#[derive(Default)]
pub struct Udp {
    bound: Option<SocketAddr>,
    permits: u64,
    /// What has gone out, and where to.
    pub sent: Vec<(Vec<u8>, SocketAddr)>,
    /// How many more the system takes.
    pub room: usize,
    pub incoming: VecDeque<Incoming>,
}

impl Tcp {
    fn new() -> Tcp {
        Tcp {
            phase: Phase::Fresh,
            refused: false,
            local: None,
            peer: None,
            settings: Vec::new(),
            permit: 0,
            stuck: false,
            held: VecDeque::new(),
            sent: VecDeque::new(),
            moved: false,
            read: Vec::new(),
            lost: 0,
            ended: false,
            incoming: VecDeque::new(),
            peer_ended: false,
            failed: false,
            waiting: 0,
        }
    }

    fn push(&mut self, buffer: usize) {
        let room = buffer.saturating_sub(self.sent.len()).min(self.held.len());
        self.moved |= room > 0;
        self.sent.extend(self.held.drain(..room));
    }

    /// Bytes that the system has not got.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    pub fn peer_reads(&mut self, most: usize) {
        let count = most.min(self.sent.len());
        self.read.extend(self.sent.drain(..count));
    }

    /// What has left the host, whether the peer has read it or not.
    pub fn arrived(&self) -> Vec<u8> {
        self.read.iter().chain(&self.sent).copied().collect()
    }

    fn throws_away(&mut self) {
        self.lost += self.held.len();
        self.held.clear();
    }
}

impl World {
    fn step(&mut self) {
        for tcp in &mut self.tcp {
            if mem::take(&mut tcp.moved) {
                self.moved = self.now;
            }
        }
        self.now += STEP;
        for tcp in &mut self.tcp {
            tcp.peer_reads(self.kind.pace);
            tcp.push(self.kind.buffer);
            if let Phase::Connecting(steps) = &mut tcp.phase {
                *steps = steps.saturating_sub(1);
            }
        }
        for udp in &mut self.udp {
            udp.room = udp.room.max(1);
        }
    }

    /// The connection is lost.
    pub fn fail(&mut self, number: usize) {
        let tcp = &mut self.tcp[number];
        tcp.failed = true;
        tcp.sent.clear();
        tcp.held.clear();
        tcp.incoming.clear();
    }

    fn handle(&mut self, of: u64) -> u64 {
        self.next_handle += 1;
        self.handles.insert(self.next_handle, of);
        self.next_handle
    }
}

/// A handle; it must live no longer than what it came of, nor shorter than what came of it.
pub struct Handle {
    number: usize,
    id: u64,
    kind: What,
    world: Rc<RefCell<World>>,
    /// Of `resolve-address-stream`.
    next: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Tcp,
    Input,
    Output,
    Udp,
    Arrivals,
    Departures,
    Names,
}

/// What is waited for.
pub enum Pollable {
    At(u64),
    Of(Handle, What),
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut world = self.world.borrow_mut();
        world.handles.remove(&self.id);
        let has_children = world.handles.values().any(|of| *of == self.id);
        assert!(
            !has_children || std::thread::panicking(),
            "{:?} was dropped before what came of it",
            self.kind
        );
        if self.kind == What::Output {
            world.tcp[self.number].throws_away();
        }
        if self.kind == What::Tcp {
            world.tcp[self.number].ended = true;
        }
    }
}

/// The host.
pub struct Host(pub Rc<RefCell<World>>);

impl Host {
    pub fn new(kind: Kind) -> Host {
        Host(Rc::new(RefCell::new(World {
            kind,
            now: 1,
            may_wait: false,
            moved: 0,
            polls: 0,
            refuses: false,
            refuses_at_once: false,
            tcp: Vec::new(),
            udp: Vec::new(),
            names: Vec::new(),
            next_handle: 0,
            handles: HashMap::new(),
        })))
    }

    fn handle(&self, number: usize, kind: What, of: u64) -> Handle {
        Handle {
            number,
            id: self.0.borrow_mut().handle(of),
            kind,
            world: Rc::clone(&self.0),
            next: Cell::new(0),
        }
    }

    fn tcp<R>(&self, handle: &Handle, call: impl FnOnce(&mut Tcp, Kind) -> R) -> R {
        let mut world = self.0.borrow_mut();
        let kind = world.kind;
        let tcp = &mut world.tcp[handle.number];
        assert_ne!(tcp.phase, Phase::Dead, "of no use after a failed attempt");
        call(tcp, kind)
    }

    fn streams(&self, number: usize, of: &Handle) -> (Handle, Handle) {
        (
            self.handle(number, What::Input, of.id),
            self.handle(number, What::Output, of.id),
        )
    }

    fn pollable(&self, of: &Handle) -> Pollable {
        Pollable::Of(self.handle(of.number, What::Names, of.id), of.kind)
    }

    fn is_ready_now(&self, pollable: &Pollable) -> bool {
        let mut world = self.0.borrow_mut();
        let (handle, what) = match pollable {
            Pollable::At(at) => return world.now >= *at,
            Pollable::Of(handle, what) => (handle, *what),
        };
        match what {
            What::Tcp => {
                let tcp = &world.tcp[handle.number];
                match tcp.phase {
                    Phase::Connecting(steps) => steps == 0,
                    Phase::Listening => tcp.waiting > 0,
                    _ => true,
                }
            }
            What::Input => {
                let tcp = &world.tcp[handle.number];
                !tcp.incoming.is_empty() || tcp.peer_ended || tcp.failed
            }
            What::Output => {
                let tcp = &mut world.tcp[handle.number];
                let is_ready = tcp.held.is_empty() || tcp.failed;
                if is_ready {
                    tcp.stuck = false;
                }
                is_ready
            }
            What::Arrivals => !world.udp[handle.number].incoming.is_empty(),
            What::Departures => world.udp[handle.number].room > 0,
            What::Udp | What::Names => true,
        }
    }
}

fn failed() -> StreamError {
    StreamError::Failed("ConnectionReset".to_owned())
}

impl Wasi for Host {
    type Tcp = Handle;
    type Input = Handle;
    type Output = Handle;
    type Udp = Handle;
    type Arrivals = Handle;
    type Departures = Handle;
    type Names = Handle;
    type Pollable = Pollable;

    fn create_tcp(&self, _: AddressFamily) -> Result<Handle, TransportError> {
        let number = {
            let mut world = self.0.borrow_mut();
            world.tcp.push(Tcp::new());
            world.tcp.len() - 1
        };
        Ok(self.handle(number, What::Tcp, 0))
    }

    fn start_bind(&self, socket: &Handle, local: SocketAddr) -> Result<(), TransportError> {
        self.tcp(socket, |tcp, _| {
            if tcp.phase != Phase::Fresh {
                return Err(TransportError::InvalidArgument);
            }
            tcp.phase = Phase::Binding(local);
            Ok(())
        })
    }

    fn finish_bind(&self, socket: &Handle) -> Result<(), TransportError> {
        self.tcp(socket, |tcp, _| {
            let Phase::Binding(mut local) = tcp.phase else {
                panic!("nothing is being bound");
            };
            if local.port() == 0 {
                local.set_port(49_152);
            }
            tcp.local = Some(local);
            tcp.phase = Phase::Bound;
            Ok(())
        })
    }

    fn start_connect(&self, socket: &Handle, peer: SocketAddr) -> Result<(), TransportError> {
        let (refuses, at_once) = {
            let world = self.0.borrow();
            (world.refuses, world.refuses_at_once)
        };
        self.tcp(socket, |tcp, kind| {
            assert!(matches!(tcp.phase, Phase::Fresh | Phase::Bound));
            if refuses && at_once {
                tcp.phase = Phase::Dead;
                return Err(TransportError::ConnectionRefused);
            }
            tcp.phase = Phase::Connecting(kind.connects_in);
            tcp.refused = refuses;
            tcp.peer = Some(peer);
            Ok(())
        })
    }

    fn finish_connect(&self, socket: &Handle) -> Result<(Handle, Handle), TransportError> {
        self.tcp(socket, |tcp, _| match tcp.phase {
            Phase::Connecting(0) if tcp.refused => {
                tcp.phase = Phase::Dead;
                Err(TransportError::ConnectionRefused)
            }
            Phase::Connecting(0) => {
                tcp.phase = Phase::Connected;
                Ok(())
            }
            Phase::Connecting(_) => Err(TransportError::WouldBlock),
            phase => panic!("no attempt is under way: {phase:?}"),
        })?;
        Ok(self.streams(socket.number, socket))
    }

    fn set_backlog(&self, _: &Handle, backlog: u64) -> Result<(), TransportError> {
        assert!(backlog > 0, "hosts refuse it");
        Ok(())
    }

    fn start_listen(&self, socket: &Handle) -> Result<(), TransportError> {
        self.tcp(socket, |tcp, _| match tcp.phase {
            Phase::Bound => Ok(()),
            _ => Err(TransportError::InvalidArgument),
        })
    }

    fn finish_listen(&self, socket: &Handle) -> Result<(), TransportError> {
        self.tcp(socket, |tcp, _| tcp.phase = Phase::Listening);
        Ok(())
    }

    fn accept(&self, socket: &Handle) -> Result<Accepted<Host>, TransportError> {
        self.tcp(socket, |tcp, _| {
            tcp.waiting = tcp
                .waiting
                .checked_sub(1)
                .ok_or(TransportError::WouldBlock)?;
            Ok(())
        })?;
        let accepted = self.create_tcp(AddressFamily::Inet)?;
        self.tcp(&accepted, |tcp, _| {
            tcp.phase = Phase::Connected;
            tcp.peer = Some(SocketAddr::from(([192, 0, 2, 7], 7)));
        });
        let (input, output) = self.streams(accepted.number, &accepted);
        Ok((accepted, input, output))
    }

    fn shutdown(&self, socket: &Handle, sends: bool) -> Result<(), TransportError> {
        self.tcp(socket, |tcp, _| {
            assert_eq!(tcp.phase, Phase::Connected);
            if sends {
                tcp.throws_away();
                tcp.ended = true;
            }
        });
        Ok(())
    }

    fn local_address(&self, socket: &Handle) -> Result<SocketAddr, TransportError> {
        self.tcp(socket, |tcp, _| {
            tcp.local.ok_or(TransportError::InvalidArgument)
        })
    }

    fn remote_address(&self, socket: &Handle) -> Result<SocketAddr, TransportError> {
        self.tcp(socket, |tcp, _| match tcp.phase {
            Phase::Connected => tcp.peer.ok_or(TransportError::Other),
            _ => Err(TransportError::InvalidArgument),
        })
    }

    fn get(&self, socket: &Handle, setting: Setting) -> Result<u32, TransportError> {
        self.tcp(socket, |tcp, _| {
            let known = tcp.settings.iter().find(|(known, _)| *known == setting);
            Ok(known.map_or(0, |(_, value)| *value))
        })
    }

    fn set(&self, socket: &Handle, setting: Setting, value: u32) -> Result<(), TransportError> {
        self.tcp(socket, |tcp, _| {
            tcp.settings.retain(|(known, _)| *known != setting);
            tcp.settings.push((setting, value));
            Ok(())
        })
    }

    fn subscribe(&self, socket: &Handle) -> Pollable {
        self.pollable(socket)
    }

    fn read(&self, input: &Handle, length: u64) -> Result<Vec<u8>, StreamError> {
        self.tcp(input, |tcp, kind| {
            if tcp.failed {
                return Err(failed());
            }
            if tcp.incoming.is_empty() && tcp.peer_ended {
                return Err(StreamError::Closed);
            }
            let most = usize::try_from(length).unwrap().min(kind.read);
            let count = most.min(tcp.incoming.len());
            Ok(tcp.incoming.drain(..count).collect())
        })
    }

    fn subscribe_input(&self, input: &Handle) -> Pollable {
        self.pollable(input)
    }

    fn check_write(&self, output: &Handle) -> Result<u64, StreamError> {
        self.tcp(output, |tcp, kind| {
            tcp.permit = 0;
            if tcp.failed {
                return Err(failed());
            }
            if tcp.ended {
                return Err(StreamError::Closed);
            }
            if tcp.held.is_empty() && !tcp.stuck {
                tcp.permit = kind.permit;
            }
            Ok(tcp.permit)
        })
    }

    fn write(&self, output: &Handle, bytes: &[u8]) -> Result<(), StreamError> {
        self.tcp(output, |tcp, kind| {
            let length = bytes.len() as u64;
            assert!(length <= tcp.permit, "{length} of {} bytes", tcp.permit);
            tcp.permit = 0;
            if tcp.failed {
                return Err(failed());
            }
            tcp.held.extend(bytes);
            tcp.stuck = kind.lazy;
            if kind.eager {
                tcp.push(kind.buffer);
            }
            Ok(())
        })
    }

    fn flush(&self, output: &Handle) -> Result<(), StreamError> {
        self.tcp(output, |tcp, _| {
            tcp.permit = 0;
            if tcp.failed { Err(failed()) } else { Ok(()) }
        })
    }

    fn subscribe_output(&self, output: &Handle) -> Pollable {
        self.pollable(output)
    }

    fn create_udp(&self, _: AddressFamily) -> Result<Handle, TransportError> {
        let number = {
            let mut world = self.0.borrow_mut();
            world.udp.push(Udp {
                room: 2,
                ..Udp::default()
            });
            world.udp.len() - 1
        };
        Ok(self.handle(number, What::Udp, 0))
    }

    fn start_bind_udp(&self, socket: &Handle, local: SocketAddr) -> Result<(), TransportError> {
        let udp = &mut self.0.borrow_mut().udp[socket.number];
        assert_eq!(udp.bound, None);
        udp.bound = Some(local);
        Ok(())
    }

    fn finish_bind_udp(&self, _: &Handle) -> Result<(), TransportError> {
        Ok(())
    }

    fn datagrams(&self, socket: &Handle) -> Result<(Handle, Handle), TransportError> {
        assert!(self.0.borrow().udp[socket.number].bound.is_some());
        Ok((
            self.handle(socket.number, What::Arrivals, socket.id),
            self.handle(socket.number, What::Departures, socket.id),
        ))
    }

    fn local_address_udp(&self, socket: &Handle) -> Result<SocketAddr, TransportError> {
        let bound = self.0.borrow().udp[socket.number].bound;
        bound.ok_or(TransportError::InvalidArgument)
    }

    fn get_udp(&self, _: &Handle, _: Setting) -> Result<u32, TransportError> {
        Ok(0)
    }

    fn set_udp(&self, _: &Handle, _: Setting, _: u32) -> Result<(), TransportError> {
        Ok(())
    }

    fn subscribe_udp(&self, socket: &Handle) -> Pollable {
        self.pollable(socket)
    }

    fn receive(&self, arrivals: &Handle, most: u64) -> Result<Vec<Incoming>, TransportError> {
        let incoming = &mut self.0.borrow_mut().udp[arrivals.number].incoming;
        let count = incoming.len().min(usize::try_from(most).unwrap());
        Ok(incoming.drain(..count).collect())
    }

    fn subscribe_arrivals(&self, arrivals: &Handle) -> Pollable {
        self.pollable(arrivals)
    }

    fn check_send(&self, departures: &Handle) -> Result<u64, TransportError> {
        let udp = &mut self.0.borrow_mut().udp[departures.number];
        udp.permits = udp.room as u64;
        Ok(udp.permits)
    }

    fn send(
        &self,
        departures: &Handle,
        bytes: &[u8],
        to: SocketAddr,
    ) -> Result<bool, TransportError> {
        let udp = &mut self.0.borrow_mut().udp[departures.number];
        assert!(udp.permits > 0, "more than check-send has permitted");
        udp.permits -= 1;
        udp.room -= 1;
        udp.sent.push((bytes.to_vec(), to));
        Ok(true)
    }

    fn subscribe_departures(&self, departures: &Handle) -> Pollable {
        self.pollable(departures)
    }

    fn resolve(&self, name: &str) -> Result<Handle, TransportError> {
        if name.starts_with("denied") {
            return Err(TransportError::AccessDenied);
        }
        Ok(self.handle(0, What::Names, 0))
    }

    fn next_address(&self, names: &Handle) -> NextAddress {
        // Every other call finds nothing yet.
        let calls = names.next.get();
        names.next.set(calls + 1);
        if calls.is_multiple_of(2) {
            return Err(TransportError::WouldBlock);
        }
        Ok(self.0.borrow().names.get(calls / 2).copied())
    }

    fn subscribe_names(&self, names: &Handle) -> Pollable {
        self.pollable(names)
    }

    fn now(&self) -> u64 {
        self.0.borrow().now
    }

    fn at(&self, nanoseconds: u64) -> Pollable {
        Pollable::At(nanoseconds)
    }

    fn after(&self, nanoseconds: u64) -> Pollable {
        Pollable::At(self.0.borrow().now + nanoseconds)
    }

    fn is_ready(&self, pollable: &Pollable) -> bool {
        self.is_ready_now(pollable)
    }

    fn poll(&self, pollables: &[&Pollable]) {
        assert!(!pollables.is_empty(), "an empty list");
        assert!(self.0.borrow().may_wait, "a call waits that must not");
        self.0.borrow_mut().polls += 1;
        // What nothing but time ends is not waited for step by step.
        for _ in 0..100_000 {
            let mut ready = pollables.iter().map(|pollable| self.is_ready_now(pollable));
            if ready.any(|ready| ready) {
                return;
            }
            self.0.borrow_mut().step();
        }
        let times = pollables.iter().filter_map(|pollable| match pollable {
            Pollable::At(at) => Some(*at),
            Pollable::Of(..) => None,
        });
        let first = times.min().expect("a wait that nothing ends");
        let mut world = self.0.borrow_mut();
        world.now = world.now.max(first);
    }
}
