//! Peers that stall, reset, flood and send what they may not.

use std::net::SocketAddr;

use fastrand::Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// The peers of one sequence. They are gone when this is dropped.
pub(crate) struct Peers {
    /// Takes connections, and treats each as it likes.
    pub(crate) stream: SocketAddr,
    /// Answers datagrams; the policy allows it.
    pub(crate) datagrams: SocketAddr,
    /// Where nobody listens.
    pub(crate) refusing: SocketAddr,
    /// Where the guest may listen, and who listens there is called.
    pub(crate) guest: SocketAddr,
    tasks: JoinSet<()>,
}

/// The sockets that all sequences share.
pub(crate) struct Places {
    listener: TcpListener,
    datagrams: UdpSocket,
    denied: UdpSocket,
    refusing: SocketAddr,
    guest: SocketAddr,
}

impl Places {
    pub(crate) async fn new() -> Places {
        let unused = || async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        Places {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            datagrams: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            denied: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            refusing: unused().await,
            guest: unused().await,
        }
    }

    /// Peers whose behaviour follows from the seed.
    pub(crate) fn peers(places: &'static Places, seed: u64) -> Peers {
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(&places.listener, Rng::with_seed(seed)));
        tasks.spawn(answer(places, Rng::with_seed(seed)));
        tasks.spawn(call(places.guest, Rng::with_seed(seed)));
        Peers {
            stream: places.listener.local_addr().unwrap(),
            datagrams: places.datagrams.local_addr().unwrap(),
            refusing: places.refusing,
            guest: places.guest,
            tasks,
        }
    }
}

impl Peers {
    /// Ends them.
    pub(crate) async fn end(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn serve(listener: &TcpListener, mut random: Rng) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(treat(stream, random.fork()));
    }
}

/// One connection, from the reader who reads all to the one who resets at once.
async fn treat(mut stream: TcpStream, mut random: Rng) {
    let mut bytes = vec![b'y'; 64 * 1024];
    match random.u8(..8) {
        0 => while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {},
        1 => std::future::pending().await,
        2 => {
            let _ = stream.set_zero_linger();
        }
        3 => {
            let _ = stream.read(&mut bytes[..100]).await;
            let _ = stream.set_zero_linger();
        }
        4 => while stream.write_all(&bytes).await.is_ok() {},
        5 => {
            // Ten bytes and no more, for those who want to fill a buffer.
            let _ = stream.write_all(b"0123456789").await;
            std::future::pending::<()>().await;
        }
        6 => {
            let _ = rustix::net::send(&stream, b"!", rustix::net::SendFlags::OOB);
            let _ = stream.shutdown().await;
            while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        }
        _ => {
            while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                if stream.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Answers each datagram, and has a stranger send some too.
async fn answer(places: &Places, mut random: Rng) {
    let mut bytes = vec![0; 65_536];
    while let Ok((length, from)) = places.datagrams.recv_from(&mut bytes).await {
        for _ in 0..random.u8(..200) {
            let _ = places.denied.try_send_to(b"a stranger", from);
        }
        let _ = places.datagrams.send_to(&bytes[..length], from).await;
    }
}

/// Calls the guest, if it listens.
async fn call(guest: SocketAddr, mut random: Rng) {
    let mut connections = JoinSet::new();
    loop {
        match TcpStream::connect(guest).await {
            Ok(stream) if connections.len() < 20 => {
                connections.spawn(treat(stream, random.fork()));
            }
            Ok(_) | Err(_) => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
        }
    }
}
