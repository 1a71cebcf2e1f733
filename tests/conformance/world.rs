//! What a case needs: a provider under test, and a network with peers that do
//! what the case says. Cases are written once, against [`World`], and run in two:
//! [`crate::native`] and [`crate::component`].

use std::net::SocketAddr;

use wsp_core::{
    Configuration, MessageFlags, NetworkEvents, OverlappedStatus, RecordedEvents, SelectedSockets,
    ShutdownHow, SocketOption, SocketOptionName, SocketType, Transfer, Waited, WsaError,
};

/// The one thread of a program, unless a case names others.
pub const THREAD: u32 = 7;

/// Longer than whatever a peer's and a socket's system take before the peer
/// reads, so that one send of it stays pending.
pub const MORE_THAN_ROOM: usize = 1 << 20;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub usize);
    )*};
}

names! {
    /// A socket of the provider.
    Socket;
    /// An event of the provider.
    Event;
    /// An overlapped structure of the provider.
    Overlapped;
    /// A connection's or a datagram socket's other end, outside the provider.
    Peer;
    /// An address that peers listen on.
    Listener;
}

/// What a call of a completion routine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// `dwError`.
    pub error: Option<WsaError>,
    /// `cbTransferred`, in bytes.
    pub transferred: u32,
    /// `dwFlags`.
    pub flags: MessageFlags,
    /// The word given with the routine.
    pub context: u64,
    /// What [`World::routine_returned`] takes.
    pub token: usize,
}

/// How to send or receive, besides the buffers.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    pub flags: MessageFlags,
    pub overlapped: Option<Overlapped>,
    /// The thread and the context of a completion routine.
    pub routine: Option<(u32, u64)>,
}

impl How {
    /// Synchronously.
    pub const PLAIN: How = How {
        flags: MessageFlags::empty(),
        overlapped: None,
        routine: None,
    };

    pub fn flags(flags: MessageFlags) -> How {
        How {
            flags,
            ..How::PLAIN
        }
    }

    pub fn overlapped(overlapped: Overlapped) -> How {
        How {
            overlapped: Some(overlapped),
            ..How::PLAIN
        }
    }

    /// A routine of [`THREAD`].
    pub fn routine(overlapped: Overlapped, context: u64) -> How {
        How {
            routine: Some((THREAD, context)),
            ..How::overlapped(overlapped)
        }
    }
}

/// What is made to happen to the system calls of sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The network is down.
    NetworkDown,
    /// There is no memory for buffers.
    OutOfBuffers,
    /// There is no room now.
    WouldBlock,
    /// What was sent was never acknowledged.
    TimedOut,
    /// Nothing was unacknowledged, and keep-alive probes were not answered.
    KeepAlive,
    /// Somebody other than the caller ended the connection on this side.
    Aborted,
}

/// How a peer's stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Graceful,
    Reset,
}

/// A provider. Calls answer as it does.
pub trait Calls {
    /// Bounds the operations that are outstanding at once; before anything else.
    fn limit_operations(&mut self, operations: usize);

    fn configure(&mut self, configuration: Configuration) -> Result<(), WsaError>;
    fn startup(&mut self, version: u16) -> Result<u16, WsaError>;
    fn cleanup(&mut self) -> Result<(), WsaError>;
    fn socket(&mut self, kind: SocketType, overlapped: bool) -> Result<Socket, WsaError>;
    fn bind(&mut self, s: Socket, name: SocketAddr) -> Result<(), WsaError>;
    fn connect(&mut self, s: Socket, name: SocketAddr) -> Result<(), WsaError>;
    fn listen(&mut self, s: Socket) -> Result<(), WsaError>;
    fn send(&mut self, s: Socket, buffers: &[&[u8]], how: How) -> Result<u32, WsaError>;
    fn send_to(
        &mut self,
        s: Socket,
        buffers: &[&[u8]],
        to: Option<SocketAddr>,
        how: How,
    ) -> Result<u32, WsaError>;
    /// A synchronous receive of at most `capacity` bytes.
    fn receive(&mut self, s: Socket, capacity: u32) -> Result<Vec<u8>, WsaError>;
    fn overlapped_result(
        &mut self,
        s: Socket,
        overlapped: Overlapped,
        wait: bool,
    ) -> Result<Transfer, WsaError>;
    fn shutdown(&mut self, s: Socket, how: ShutdownHow) -> Result<(), WsaError>;
    fn close(&mut self, s: Socket) -> Result<(), WsaError>;
    fn local_address(&mut self, s: Socket) -> Result<SocketAddr, WsaError>;
    fn set_nonblocking(&mut self, s: Socket, nonblocking: bool) -> Result<(), WsaError>;
    fn event_select(
        &mut self,
        s: Socket,
        event: Event,
        events: NetworkEvents,
    ) -> Result<(), WsaError>;
    fn enum_network_events(
        &mut self,
        s: Socket,
        event: Option<Event>,
    ) -> Result<RecordedEvents, WsaError>;
    fn select(
        &mut self,
        read: &[Socket],
        write: &[Socket],
        except: &[Socket],
        timeout_ms: u32,
    ) -> Result<SelectedSockets, WsaError>;
    fn option(&mut self, s: Socket, name: SocketOptionName) -> Result<SocketOption, WsaError>;
    fn set_option(&mut self, s: Socket, option: SocketOption) -> Result<(), WsaError>;
    /// WSPSendDisconnect, WSPRecvDisconnect, WSPJoinLeaf and WSPDuplicateSocket.
    fn refused_slots(&mut self, s: Socket) -> [Result<(), WsaError>; 4];

    fn event(&mut self) -> Event;
    fn set_event(&mut self, event: Event);
    fn reset_event(&mut self, event: Event);
    fn is_set(&mut self, event: Event) -> bool;
    fn drop_event(&mut self, event: Event);
    fn overlapped(&mut self, event: Option<Event>) -> Overlapped;
    fn status(&mut self, overlapped: Overlapped) -> OverlappedStatus;

    fn wait(
        &mut self,
        events: &[Event],
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError>;
    fn sleep(
        &mut self,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<Waited, WsaError>;
    /// The next routine of `thread` to be run, and then to be returned from.
    fn next_completion(&mut self, thread: u32) -> Option<Call>;
    fn routine_returned(&mut self, call: Call);

    /// The clock that time-outs of calls are measured by, in milliseconds.
    fn now(&mut self) -> u64;
    /// What happens to the next system call that sends.
    fn inject(&mut self, s: Socket, fault: Fault);
    /// What happens to a send of `s` while somebody waits for it; `b` is the socket's peer.
    fn inject_meanwhile(&mut self, s: Socket, b: Peer, fault: Fault);
}

/// A network with peers. Everything about them succeeds, or the test fails.
pub trait Peers {
    /// Peers listen on an address of their own; what they take before they read is bounded.
    fn stream_listener(&mut self) -> (Listener, SocketAddr);
    /// The peer of a socket that connected there.
    fn accepted(&mut self, listener: Listener) -> Peer;
    /// Receives datagrams on an address of its own.
    fn datagram_peer(&mut self) -> (Peer, SocketAddr);
    /// An address where nobody receives datagrams.
    fn dead_address(&mut self) -> SocketAddr;
    /// Reads exactly `count` bytes of a stream. What is pending goes on meanwhile.
    fn peer_reads(&mut self, peer: Peer, count: usize) -> Vec<u8>;
    /// From now on reads whatever comes while somebody waits, on its own.
    fn peer_reads_meanwhile(&mut self, peer: Peer);
    /// What [`World::peer_reads_meanwhile`] has read, once it is `count` bytes.
    fn read_meanwhile(&mut self, peer: Peer, count: usize) -> Vec<u8>;
    /// Reads to the end of the stream.
    fn peer_reads_to_end(&mut self, peer: Peer) -> (Vec<u8>, End);
    /// The urgent byte, received out of band.
    fn peer_reads_urgent(&mut self, peer: Peer) -> u8;
    /// The next datagram.
    fn peer_receives(&mut self, peer: Peer) -> Vec<u8>;
    fn peer_sends(&mut self, peer: Peer, bytes: &[u8]);
    /// Closes the connection gracefully.
    fn peer_closes(&mut self, peer: Peer);
    /// Resets the connection.
    fn peer_resets(&mut self, peer: Peer);
}

/// What has a network around it.
pub trait Surrounded {
    fn peers(&mut self) -> &mut dyn Peers;

    /// Lets peers do something, while the provider goes on with what is pending.
    fn meanwhile(&mut self, call: &mut (dyn FnMut(&mut dyn Peers) + Send)) {
        call(self.peers());
    }
}

/// A provider and a network.
pub trait World: Calls + Peers {}

impl<W: Calls + Peers> World for W {}

impl<W: Surrounded> Peers for W {
    fn stream_listener(&mut self) -> (Listener, SocketAddr) {
        self.peers().stream_listener()
    }

    fn accepted(&mut self, listener: Listener) -> Peer {
        self.peers().accepted(listener)
    }

    fn datagram_peer(&mut self) -> (Peer, SocketAddr) {
        self.peers().datagram_peer()
    }

    fn dead_address(&mut self) -> SocketAddr {
        self.peers().dead_address()
    }

    fn peer_reads(&mut self, peer: Peer, count: usize) -> Vec<u8> {
        let mut answer = None;
        self.meanwhile(&mut |peers| answer = Some(peers.peer_reads(peer, count)));
        answer.expect("it was called")
    }

    fn peer_reads_meanwhile(&mut self, peer: Peer) {
        self.peers().peer_reads_meanwhile(peer);
    }

    fn read_meanwhile(&mut self, peer: Peer, count: usize) -> Vec<u8> {
        let mut answer = None;
        self.meanwhile(&mut |peers| answer = Some(peers.read_meanwhile(peer, count)));
        answer.expect("it was called")
    }

    fn peer_reads_to_end(&mut self, peer: Peer) -> (Vec<u8>, End) {
        let mut answer = None;
        self.meanwhile(&mut |peers| answer = Some(peers.peer_reads_to_end(peer)));
        answer.expect("it was called")
    }

    fn peer_reads_urgent(&mut self, peer: Peer) -> u8 {
        self.peers().peer_reads_urgent(peer)
    }

    fn peer_receives(&mut self, peer: Peer) -> Vec<u8> {
        self.peers().peer_receives(peer)
    }

    fn peer_sends(&mut self, peer: Peer, bytes: &[u8]) {
        self.peers().peer_sends(peer, bytes);
    }

    fn peer_closes(&mut self, peer: Peer) {
        self.peers().peer_closes(peer);
    }

    fn peer_resets(&mut self, peer: Peer) {
        self.peers().peer_resets(peer);
    }
}

/// A stream socket connected to a peer.
#[derive(Clone, Debug)]
pub struct Pair {
    pub a: Socket,
    pub b: Peer,
    /// What the peer has to read, as far as the case knows.
    pub expected: Vec<u8>,
}

/// Whether a socket has `WSA_FLAG_OVERLAPPED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    Overlapped,
    Plain,
}

/// An overlapped-capable stream pair in a provider that is started now.
pub fn stream_pair(world: &mut dyn World) -> Pair {
    start(world);
    another_pair(world, Attribute::Overlapped)
}

/// The same without `WSA_FLAG_OVERLAPPED`.
pub fn plain_pair(world: &mut dyn World) -> Pair {
    start(world);
    another_pair(world, Attribute::Plain)
}

pub fn start(world: &mut dyn World) {
    assert_eq!(world.startup(wsp_core::VERSION), Ok(wsp_core::VERSION));
}

/// A stream pair in a provider that was started.
pub fn another_pair(world: &mut dyn World, attribute: Attribute) -> Pair {
    let (listener, address) = world.stream_listener();
    let overlapped = attribute == Attribute::Overlapped;
    let a = world.socket(SocketType::Stream, overlapped).unwrap();
    // The system answers for room, so it must not grow as it likes.
    world
        .set_option(a, SocketOption::SndBuf(64 * 1024))
        .unwrap();
    world.connect(a, address).unwrap();
    let b = world.accepted(listener);
    Pair {
        a,
        b,
        expected: Vec::new(),
    }
}

/// A nonblocking send of as much as there is room for, until there is none.
pub fn stalled_pair(world: &mut dyn World, attribute: Attribute) -> Pair {
    start(world);
    let mut pair = another_pair(world, attribute);
    pair.fill(world);
    pair
}

impl Pair {
    /// Uses all the room up, by nonblocking sends; the socket blocks afterwards.
    pub fn fill(&mut self, world: &mut dyn World) {
        world.set_nonblocking(self.a, true).unwrap();
        self.send_until_no_room(world);
        world.set_nonblocking(self.a, false).unwrap();
    }

    /// Sends on a nonblocking socket until there is no room.
    pub fn send_until_no_room(&mut self, world: &mut dyn World) {
        let piece = pattern(8 * 1024, 0);
        loop {
            match world.send(self.a, &[&piece], How::PLAIN) {
                Ok(sent) => self.expected.extend(&piece[..sent as usize]),
                Err(WsaError::WouldBlock) => return,
                Err(error) => panic!("while filling the room: {error}"),
            }
        }
    }

    /// An overlapped send that stays pending, because it is more than the room.
    pub fn post(&mut self, world: &mut dyn World, how: How, seed: u8) -> usize {
        let bytes = pattern(MORE_THAN_ROOM, seed);
        let posted = world.send(self.a, &[&bytes], how);
        assert_eq!(posted, Err(WsaError::IoPending));
        self.expected.extend(&bytes);
        bytes.len()
    }

    /// Reads what was sent, which makes whatever was pending finish.
    pub fn drain(&mut self, world: &mut dyn World) {
        let read = world.peer_reads(self.b, self.expected.len());
        crate::same(&read, &self.expected);
        self.expected.clear();
    }

    /// Proves that nothing was sent that the case does not know of.
    pub fn nothing_else_arrives(&mut self, world: &mut dyn World) {
        assert_eq!(world.send(self.a, &[b"!"], How::PLAIN), Ok(1));
        self.expected.push(b'!');
        self.drain(world);
    }
}

/// Bytes that tell where they come from.
pub fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|at| (at % 251) as u8 ^ (at / 251 % 256) as u8 ^ seed)
        .collect()
}

/// A datagram socket connected to a peer, in a provider that is started now.
pub fn datagram_pair(world: &mut dyn World) -> (Socket, Peer) {
    start(world);
    let (b, address) = world.datagram_peer();
    let a = world.socket(SocketType::Datagram, true).unwrap();
    world.connect(a, address).unwrap();
    (a, b)
}

/// Waits, without a limit of the case's, until the operation has ended.
pub fn ends(
    world: &mut dyn World,
    s: Socket,
    overlapped: Overlapped,
) -> Result<Transfer, WsaError> {
    loop {
        match world.overlapped_result(s, overlapped, false) {
            Err(WsaError::IoIncomplete) => {}
            other => return other,
        }
        // Gives the network time; nothing is measured by it.
        world.sleep(Some(1), None).unwrap();
    }
}

/// An alertable wait that runs one routine, and returns from it.
pub fn run_routine(world: &mut dyn World) -> Call {
    let waited = world.sleep(Some(30_000), Some(THREAD));
    assert_eq!(waited, Ok(Waited::IoCompletion));
    let call = world.next_completion(THREAD).unwrap();
    world.routine_returned(call);
    call
}

/// Waits for the event, and then proves that the wait was not by chance.
pub fn signalled(world: &mut dyn World, event: Event) {
    let waited = world.wait(&[event], Some(30_000), None);
    assert_eq!(waited, Ok(Waited::Signalled(0)));
}

/// Waits until the socket has noticed what its peer did.
pub fn notices(world: &mut dyn World, s: Socket) {
    let selected = world.select(&[s], &[], &[], 30_000).unwrap();
    assert_eq!(selected.read, [0]);
}

/// What an operation transferred.
pub fn transferred(bytes: usize) -> Result<Transfer, WsaError> {
    Ok(Transfer {
        bytes: bytes as u32,
        flags: MessageFlags::empty(),
    })
}
