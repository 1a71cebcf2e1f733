//! The loopback interface: peers with plain blocking sockets, whose waits have a bound, and
//! what a host is given to reach them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, sockopt};
use tokio::runtime::Runtime;
use wsp::Faults;
use wsp::policy::Policy;
use wsp_tests::LIMIT;

use crate::world::{End, Fault, Listener, Peer, Peers};

/// What a peer's system takes before the peer reads; it may double this.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// A runtime with a thread of its own, as a host has.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// What reaches every peer.
pub fn policy() -> Policy {
    let rule = |text: &str| text.parse().expect("a rule");
    Policy::default()
        .allow_outbound(rule("tcp://127.0.0.0/8:*"))
        .and_then(|policy| policy.allow_outbound(rule("udp://127.0.0.0/8:*")))
        .and_then(|policy| policy.allow_inbound(rule("tcp://127.0.0.1:*")))
        .and_then(|policy| policy.allow_inbound(rule("udp://127.0.0.1:*")))
        .expect("numeric rules")
}

/// Has the system call that sends fail, after so many that do not.
pub fn inject(faults: &Faults, after: usize, fault: Fault) {
    faults.fail_after(after, &error_of(fault)).unwrap();
}

/// What a system call answers for a fault.
fn error_of(fault: Fault) -> io::Error {
    let errno = match fault {
        Fault::NetworkDown => Errno::NETDOWN,
        Fault::OutOfBuffers => Errno::NOBUFS,
        Fault::WouldBlock => Errno::AGAIN,
        // Winsock says so itself.
        Fault::KeepAlive if cfg!(windows) => Errno::NETRESET,
        // Which of the two it is, the host finds out.
        Fault::TimedOut | Fault::KeepAlive => Errno::TIMEDOUT,
        Fault::Aborted => Errno::CONNABORTED,
    };
    errno.into()
}

/// Listens with a bounded receive buffer, which accepted sockets inherit.
fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    sockopt::set_socket_recv_buffer_size(&listener, RECEIVE_BUFFER).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address where nobody receives: its socket, which keeps others away,
/// receives from its own peer only.
fn dead_address() -> (UdpSocket, SocketAddr) {
    let keeper = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = keeper.local_addr().unwrap();
    keeper.connect(address).unwrap();
    (keeper, address)
}

/// The other end of a stream socket.
struct StreamPeer {
    stream: TcpStream,
    meanwhile: Option<Arc<Meanwhile>>,
}

/// What a thread reads while the case waits.
#[derive(Default)]
struct Meanwhile {
    bytes: Mutex<Vec<u8>>,
    more: Condvar,
}

impl StreamPeer {
    pub fn accepted(listener: &TcpListener) -> StreamPeer {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        StreamPeer {
            stream,
            meanwhile: None,
        }
    }

    pub fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        let read = self.stream.read_exact(&mut bytes);
        read.unwrap_or_else(|error| panic!("{count} bytes should arrive: {error}"));
        bytes
    }

    /// The thread ends with the connection.
    pub fn read_meanwhile(&mut self) {
        let meanwhile = Arc::new(Meanwhile::default());
        self.meanwhile = Some(Arc::clone(&meanwhile));
        let mut stream = self.stream.try_clone().unwrap();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                meanwhile.bytes.lock().unwrap().extend(&buffer[..count]);
                meanwhile.more.notify_all();
            }
        });
    }

    pub fn was_read_meanwhile(&mut self, count: usize) -> Vec<u8> {
        let meanwhile = self.meanwhile.as_ref().expect("a peer that reads");
        let bytes = meanwhile.bytes.lock().unwrap();
        let enough = |bytes: &mut Vec<u8>| bytes.len() < count;
        let (mut bytes, waited) = meanwhile
            .more
            .wait_timeout_while(bytes, LIMIT, enough)
            .unwrap();
        assert!(!waited.timed_out(), "{count} bytes should arrive");
        assert_eq!(bytes.len(), count, "no more should arrive");
        std::mem::take(&mut bytes)
    }

    pub fn read_to_end(&mut self) -> (Vec<u8>, End) {
        let mut bytes = Vec::new();
        let end = match self.stream.read_to_end(&mut bytes) {
            Ok(_) => End::Graceful,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
            Err(error) => panic!("the connection should end: {error}"),
        };
        (bytes, end)
    }

    pub fn read_urgent(&mut self) -> u8 {
        let urgent = match cfg!(windows) {
            true => PollFlags::RDBAND,
            false => PollFlags::PRI,
        };
        let mut descriptors = [PollFd::new(&self.stream, urgent)];
        let limit = Timespec {
            tv_sec: LIMIT.as_secs() as i64,
            tv_nsec: 0,
        };
        let found = poll(&mut descriptors, Some(&limit)).unwrap();
        assert_eq!(found, 1, "urgent data should arrive");
        let mut byte = [0];
        let (count, _) = rustix::net::recv(&self.stream, &mut byte, RecvFlags::OOB).unwrap();
        assert_eq!(count, 1);
        byte[0]
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn close(self) {
        drop(self.stream);
    }

    pub fn reset(self) {
        sockopt::set_socket_linger(&self.stream, Some(std::time::Duration::ZERO)).unwrap();
        drop(self.stream);
    }
}

/// A receiver of datagrams.
struct DatagramPeer {
    socket: UdpSocket,
}

impl DatagramPeer {
    pub fn new() -> (DatagramPeer, SocketAddr) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        let address = socket.local_addr().unwrap();
        (DatagramPeer { socket }, address)
    }

    pub fn receive(&self) -> Vec<u8> {
        let mut bytes = vec![0; 65_536];
        let count = self.socket.recv(&mut bytes);
        bytes.truncate(count.expect("a datagram should arrive"));
        bytes
    }
}

/// Peers that a case has.
#[derive(Default)]
pub struct Loopback {
    listeners: Vec<TcpListener>,
    peers: Vec<LoopbackPeer>,
    /// Sockets that keep addresses where nobody receives.
    dead: Vec<UdpSocket>,
}

enum LoopbackPeer {
    Stream(StreamPeer),
    Datagrams(DatagramPeer),
    Gone,
}

impl Loopback {
    fn stream(&mut self, peer: Peer) -> &mut StreamPeer {
        match &mut self.peers[peer.0] {
            LoopbackPeer::Stream(stream) => stream,
            LoopbackPeer::Datagrams(_) | LoopbackPeer::Gone => panic!("a stream's peer is needed"),
        }
    }

    fn take_stream(&mut self, peer: Peer) -> StreamPeer {
        match std::mem::replace(&mut self.peers[peer.0], LoopbackPeer::Gone) {
            LoopbackPeer::Stream(stream) => stream,
            LoopbackPeer::Datagrams(_) | LoopbackPeer::Gone => panic!("a stream's peer is needed"),
        }
    }

    fn push_peer(&mut self, peer: LoopbackPeer) -> Peer {
        self.peers.push(peer);
        Peer(self.peers.len() - 1)
    }
}

impl Peers for Loopback {
    fn stream_listener(&mut self) -> (Listener, SocketAddr) {
        let (listener, address) = listener();
        self.listeners.push(listener);
        (Listener(self.listeners.len() - 1), address)
    }

    fn accepted(&mut self, listener: Listener) -> Peer {
        let stream = StreamPeer::accepted(&self.listeners[listener.0]);
        self.push_peer(LoopbackPeer::Stream(stream))
    }

    fn datagram_peer(&mut self) -> (Peer, SocketAddr) {
        let (peer, address) = DatagramPeer::new();
        (self.push_peer(LoopbackPeer::Datagrams(peer)), address)
    }

    fn dead_address(&mut self) -> SocketAddr {
        let (keeper, address) = dead_address();
        self.dead.push(keeper);
        address
    }

    fn peer_reads(&mut self, peer: Peer, count: usize) -> Vec<u8> {
        self.stream(peer).read(count)
    }

    fn peer_reads_meanwhile(&mut self, peer: Peer) {
        self.stream(peer).read_meanwhile();
    }

    fn read_meanwhile(&mut self, peer: Peer, count: usize) -> Vec<u8> {
        self.stream(peer).was_read_meanwhile(count)
    }

    fn peer_reads_to_end(&mut self, peer: Peer) -> (Vec<u8>, End) {
        self.stream(peer).read_to_end()
    }

    fn peer_reads_urgent(&mut self, peer: Peer) -> u8 {
        self.stream(peer).read_urgent()
    }

    fn peer_receives(&mut self, peer: Peer) -> Vec<u8> {
        match &self.peers[peer.0] {
            LoopbackPeer::Datagrams(datagrams) => datagrams.receive(),
            _ => panic!("a peer of datagrams is needed"),
        }
    }

    fn peer_sends(&mut self, peer: Peer, bytes: &[u8]) {
        self.stream(peer).write(bytes);
    }

    fn peer_closes(&mut self, peer: Peer) {
        self.take_stream(peer).close();
    }

    fn peer_resets(&mut self, peer: Peer) {
        self.take_stream(peer).reset();
    }
}
