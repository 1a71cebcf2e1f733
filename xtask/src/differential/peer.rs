//! The other ends of those programs that do not have both ends themselves.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

/// No peer waits longer for a program.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a waiting peer looks whether the program is still there.
const MOMENT: Duration = Duration::from_millis(5);

/// What a program talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Nobody but itself.
    None,
    /// A server that sends back what it receives from one connection.
    Echo,
    /// The same for datagrams.
    DatagramEcho,
    /// A server that receives slowly to the end of one connection, and then
    /// says how many bytes that were and their sum.
    Digest,
    /// A server that closes one connection with bytes unread, which resets it.
    Unread,
    /// Three clients of the program, one after the other.
    ClientsInTurn,
    /// Three clients of the program at the same time.
    ClientsTogether,
}

/// A peer that a program can reach.
#[derive(Debug)]
pub(super) enum Ready {
    Nobody,
    Stream(Peer, TcpListener),
    Datagrams(UdpSocket),
    Clients(Peer),
}

impl Peer {
    /// Opens what the program is to reach.
    pub(super) fn open(self) -> Result<Ready> {
        let any = (Ipv4Addr::LOCALHOST, 0);
        Ok(match self {
            Peer::None => Ready::Nobody,
            Peer::Echo | Peer::Digest | Peer::Unread => {
                let listener = TcpListener::bind(any)?;
                listener.set_nonblocking(true)?;
                Ready::Stream(self, listener)
            }
            Peer::DatagramEcho => {
                let socket = UdpSocket::bind(any)?;
                socket.set_read_timeout(Some(MOMENT))?;
                Ready::Datagrams(socket)
            }
            Peer::ClientsInTurn | Peer::ClientsTogether => Ready::Clients(self),
        })
    }
}

impl Ready {
    /// What the program gets as its argument.
    pub(super) fn address(&self) -> Result<Option<SocketAddr>> {
        Ok(match self {
            Ready::Nobody | Ready::Clients(_) => None,
            Ready::Stream(_, listener) => Some(listener.local_addr()?),
            Ready::Datagrams(socket) => Some(socket.local_addr()?),
        })
    }

    /// Serves the program. `port` is where it says it listens; `gone` is set
    /// when it has ended.
    pub(super) fn serve(self, port: &Receiver<u16>, gone: &AtomicBool) -> Result<()> {
        match self {
            Ready::Nobody => Ok(()),
            Ready::Stream(peer, listener) => {
                let Some(stream) = accept(&listener, gone)? else {
                    return Ok(());
                };
                match peer {
                    Peer::Digest => digest(stream),
                    Peer::Unread => unread(&stream),
                    _ => echo(stream),
                }
            }
            Ready::Datagrams(socket) => echo_datagrams(&socket, gone),
            Ready::Clients(peer) => {
                let Ok(port) = port.recv_timeout(PATIENCE) else {
                    // It ended before it listened, which its transcript shows.
                    return Ok(());
                };
                let server = (Ipv4Addr::LOCALHOST, port).into();
                match peer {
                    Peer::ClientsInTurn => clients_in_turn(server),
                    _ => clients_together(server),
                }
            }
        }
    }
}

fn accept(listener: &TcpListener, gone: &AtomicBool) -> Result<Option<TcpStream>> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(Some(stream));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if gone.load(Ordering::Acquire) {
                    return Ok(None);
                }
                thread::sleep(MOMENT);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn echo(mut stream: TcpStream) -> Result<()> {
    let mut receiving = stream.try_clone()?;
    io::copy(&mut receiving, &mut stream).context("the echo ended early")?;
    Ok(())
}

fn digest(mut stream: TcpStream) -> Result<()> {
    let mut bytes = vec![0; 65_536];
    let mut total = 0usize;
    let mut sum = 2_166_136_261u32;
    loop {
        let received = match stream.read(&mut bytes)? {
            0 => break,
            received => bytes.get(..received).unwrap_or_default(),
        };
        total += received.len();
        for byte in received {
            sum = (sum ^ u32::from(*byte)).wrapping_mul(16_777_619);
        }
        // Slower than any sender, so that sends have to wait for room.
        thread::sleep(Duration::from_millis(1));
    }
    // At once: not every system's MSG_WAITALL waits for more.
    let answer = format!("{total} bytes, checksum {sum:08x}");
    stream.write_all(answer.as_bytes())?;
    Ok(())
}

fn unread(stream: &TcpStream) -> Result<()> {
    stream.peek(&mut [0])?;
    Ok(())
}

fn echo_datagrams(socket: &UdpSocket, gone: &AtomicBool) -> Result<()> {
    let mut bytes = [0; 2048];
    while !gone.load(Ordering::Acquire) {
        match socket.recv_from(&mut bytes) {
            Ok((received, from)) => {
                socket.send_to(bytes.get(..received).unwrap_or_default(), from)?;
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// One client of a program that echoes.
struct Client(TcpStream);

impl Client {
    fn connect(server: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect_timeout(&server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Client(stream))
    }

    fn exchange(&mut self, text: &str) -> Result<()> {
        self.0.write_all(text.as_bytes())?;
        let mut answer = vec![0; text.len()];
        self.0.read_exact(&mut answer)?;
        ensure!(answer == text.as_bytes(), "a client got another echo");
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        self.0.shutdown(Shutdown::Write)?;
        ensure!(
            self.0.read(&mut [0])? == 0,
            "a client got more than its echo"
        );
        Ok(())
    }
}

fn clients_in_turn(server: SocketAddr) -> Result<()> {
    for (number, length) in [1, 200, 5000].into_iter().enumerate() {
        let mut client = Client::connect(server)?;
        client.exchange(&format!("hello from client {number}"))?;
        client.exchange(&"x".repeat(length))?;
        client.end()?;
    }
    Ok(())
}

fn clients_together(server: SocketAddr) -> Result<()> {
    let mut clients = Vec::new();
    for number in 0..3 {
        let mut client = Client::connect(server)?;
        client.exchange(&format!("hello from client {number}"))?;
        clients.push(client);
    }
    for (client, length) in clients.iter_mut().zip([1, 200, 700]) {
        client.exchange(&"x".repeat(length))?;
    }
    for client in clients {
        client.end()?;
    }
    Ok(())
}
