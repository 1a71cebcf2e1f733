//! What the sends go to: threads that read and forget.

use std::hint;
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::net::sockopt;

use crate::place::cores::Cores;
use crate::shape::{Shape, Sink};

/// Read at once.
const AT_ONCE: usize = 256 << 10;

/// What a reader lets the system keep for it, in bytes. Left to itself, the system takes
/// more and more, up to what no cache holds, and a send of the same bytes takes thrice
/// as long after a while.
const KEPT: usize = 2 << 20;

/// How long a reader that is awake leaves an empty socket to the sender: who asks holds
/// its lock.
const PAUSE: Duration = Duration::from_micros(5);

/// Receivers of streams and one of datagrams, on the loopback interface, for as
/// long as the process lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receivers {
    /// Of streams, by readers that sleep as long as there is nothing.
    pub(crate) sleeping: SocketAddrV4,
    /// Of streams, by readers that stay awake, where they have a core to themselves.
    awake: SocketAddrV4,
    pub(crate) udp: SocketAddrV4,
    /// Sends back what it gets.
    pub(crate) echo: SocketAddrV4,
}

impl Receivers {
    pub(crate) fn start(cores: Cores) -> anyhow::Result<Receivers> {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen");
        let (sleeping, awake, echo) = (listen()?, listen()?, listen()?);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot bind")?;
        let receivers = Receivers {
            sleeping: v4(sleeping.local_addr()?)?,
            awake: v4(awake.local_addr()?)?,
            udp: v4(socket.local_addr()?)?,
            echo: v4(echo.local_addr()?)?,
        };
        for (listener, awake) in [(sleeping, false), (awake, cores.are_apart())] {
            // What it accepts inherits it.
            sockopt::set_socket_recv_buffer_size(&listener, KEPT)?;
            thread::spawn(move || {
                // With the threads that it starts.
                cores.read_here();
                for stream in listener.incoming().flatten() {
                    thread::spawn(move || read(stream, awake));
                }
            });
        }
        thread::spawn(move || {
            cores.read_here();
            for stream in echo.incoming().flatten() {
                thread::spawn(move || {
                    // The sender learns of an error itself.
                    let _ = stream.set_nodelay(true);
                    std::io::copy(&mut &stream, &mut &stream)
                });
            }
        });
        thread::spawn(move || {
            cores.read_here();
            let mut bytes = vec![0; AT_ONCE];
            loop {
                // What ICMP says of others does not concern a receiver.
                let _ = socket.recv(&mut bytes);
            }
        });
        Ok(receivers)
    }

    /// Where a shape goes to.
    pub(crate) fn of(&self, shape: &Shape) -> SocketAddrV4 {
        match shape.sink {
            Sink::Udp => self.udp,
            _ if shape.reply => self.echo,
            Sink::Tcp => self.awake,
            Sink::Null | Sink::TcpSleeping => self.sleeping,
        }
    }
}

/// Reads to the end of a stream. A reader that is awake asks again and again, so that
/// no send has to wake it.
fn read(mut stream: TcpStream, awake: bool) {
    let mut bytes = vec![0; AT_ONCE];
    let set = stream.set_nonblocking(awake);
    // The sender learns of an error itself.
    while set.is_ok() {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => pause(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn pause() {
    let begin = Instant::now();
    while begin.elapsed() < PAUSE {
        hint::spin_loop();
    }
}

pub(crate) fn v4(address: SocketAddr) -> anyhow::Result<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(_) => bail!("{address} is no IPv4 address"),
    }
}
