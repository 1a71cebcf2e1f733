//! Peers for programs and providers: plain sockets on the loopback interface.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use crate::limit::within;

/// 127.0.0.1.
pub const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// ::1.
pub const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// What a peer's system takes before the peer reads: it may double this, and
/// takes no more, so that longer sends stay pending until the peer does.
const RECEIVE_BUFFER: u32 = 64 * 1024;

/// A stream peer that listens on a port of the system's choice.
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on `ip`.
    pub fn on(ip: IpAddr) -> Listener {
        Listener::of(bound(ip), 128)
    }

    /// Listens on 127.0.0.1, with room for exactly one connection that nobody has accepted.
    pub fn with_room_for_one() -> Listener {
        // The system takes one more than the backlog says.
        Listener::of(bound(V4), 0)
    }

    fn of(socket: TcpSocket, backlog: u32) -> Listener {
        let address = socket.local_addr().expect("bound");
        let listener = socket.listen(backlog).expect("a bound socket listens");
        Listener { listener, address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection.
    pub async fn accept(&self) -> TcpStream {
        let accepted = within("somebody should connect", self.listener.accept()).await;
        accepted.expect("a connection").0
    }
}

/// An address of 127.0.0.1 that refuses connections for as long as the socket lives.
pub fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = bound(V4);
    let address = socket.local_addr().expect("bound");
    (socket, address)
}

fn bound(ip: IpAddr) -> TcpSocket {
    let socket = match ip {
        IpAddr::V4(_) => TcpSocket::new_v4(),
        IpAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.expect("a socket");
    let limited = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    limited.expect("a socket has a receive buffer");
    socket.bind((ip, 0).into()).expect("loopback");
    socket
}

/// A stream that has an address before it connects.
pub fn bound_stream(ip: IpAddr) -> TcpSocket {
    bound(ip)
}

/// Connects to `address`.
pub async fn connect(address: SocketAddr) -> TcpStream {
    let connected = within("the connection should be made", TcpStream::connect(address)).await;
    connected.expect("somebody listens")
}

/// Everything up to the end of the stream.
pub async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let read = within("the stream should end", read).await;
    read.expect("the stream should end gracefully");
    bytes
}

/// Everything up to the end of the connection, and whether that was graceful
/// (the end of the stream) or not (a reset).
pub async fn read_until_gone(stream: &mut TcpStream) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let read = within("the connection should end", read).await;
    (bytes, read.map(drop))
}

/// Exactly `count` bytes.
pub async fn read_exactly(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let what = format!("{count} bytes should arrive");
    let read = within(&what, stream.read_exact(&mut bytes)).await;
    read.expect("the bytes before the end");
    bytes
}

/// Sends all of `bytes`.
pub async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    let written = within("the bytes should leave", stream.write_all(bytes)).await;
    written.expect("a connection that takes bytes");
}

/// Ends a connection with a reset.
pub fn reset(stream: TcpStream) {
    stream.set_zero_linger().expect("a stream");
}

/// A datagram peer on a port of the system's choice.
pub struct Datagrams {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Datagrams {
    /// Receives on `ip`.
    pub async fn on(ip: IpAddr) -> Datagrams {
        let socket = UdpSocket::bind((ip, 0)).await.expect("loopback");
        let address = socket.local_addr().expect("bound");
        Datagrams { socket, address }
    }

    /// Where it receives.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next datagram, and who sent it.
    pub async fn receive(&self) -> (Vec<u8>, SocketAddr) {
        let mut bytes = vec![0; 65_536];
        let received = self.socket.recv_from(&mut bytes);
        let received = within("a datagram should arrive", received).await;
        let (length, source) = received.expect("a datagram");
        bytes.truncate(length);
        (bytes, source)
    }

    /// Sends a datagram.
    pub async fn send(&self, bytes: &[u8], to: SocketAddr) {
        let sent = within("a datagram should leave", self.socket.send_to(bytes, to)).await;
        assert_eq!(sent.expect("a datagram"), bytes.len());
    }
}
