//! What the sends go to: threads that read and forget.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::thread;

use anyhow::{Context, bail};
use rustix::net::sockopt;

use super::cores::Cores;

/// Read at once.
const AT_ONCE: usize = 256 << 10;

/// What a reader lets the system keep for it, in bytes. Left to itself, the system takes
/// more and more, up to what no cache holds, and a send of the same bytes takes thrice
/// as long after a while.
const KEPT: usize = 2 << 20;

/// A receiver of streams and one of datagrams, on the loopback interface, for as
/// long as the process lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receivers {
    pub(super) tcp: SocketAddrV4,
    pub(super) udp: SocketAddrV4,
    /// Sends back what it gets.
    pub(super) echo: SocketAddrV4,
}

impl Receivers {
    pub(super) fn start(cores: Cores) -> anyhow::Result<Receivers> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen")?;
        let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen")?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot bind")?;
        // What it accepts inherits it.
        sockopt::set_socket_recv_buffer_size(&listener, KEPT)?;
        let receivers = Receivers {
            tcp: v4(listener.local_addr()?)?,
            udp: v4(socket.local_addr()?)?,
            echo: v4(echo.local_addr()?)?,
        };
        thread::spawn(move || {
            // With the threads that it starts.
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
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut bytes = vec![0; AT_ONCE];
                    while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
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
}

pub(super) fn v4(address: SocketAddr) -> anyhow::Result<SocketAddrV4> {
    match address {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(_) => bail!("{address} is no IPv4 address"),
    }
}
