//! Sends, receives, closes and exits at random, and says before its end what it was told
//! is sent. Its peer sends `GREETING` bytes on each connection.
//!
//! Arguments: ADDRESS:PORT SEED.

#![no_main]

use std::{error::Error, mem, net::SocketAddr};

use wsp_sdk::{
    Event, Overlapped, ShutdownHow, Socket, SocketOption, Started, Winsock, WsaError, println,
};

wsp_sdk::command!(main);

/// Bytes that the peer sends on each connection.
const GREETING: usize = 100;

/// A generator of Marsaglia's.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }
}

struct Connection {
    socket: Socket,
    /// Bytes that were given to sends.
    offered: usize,
    greeted: usize,
    /// Sends that may still be pending, with their lengths.
    outstanding: Vec<(Overlapped, Event)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let seed: u64 = wsp_sdk::argument(1, "SEED")?;
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let winsock = Winsock::startup()?;
    let mut connections = Vec::new();
    let count = 1 + random.below(3);
    println!("connections {count}");
    for _ in 0..count {
        let socket = Socket::tcp(peer)?;
        socket.connect(peer)?;
        if random.below(2) == 0 {
            socket.set_option(SocketOption::SoSndbuf(4096))?;
        }
        connections.push(Connection {
            socket,
            offered: 0,
            greeted: 0,
            outstanding: Vec::new(),
        });
    }
    for _ in 0..random.below(20) {
        let which = random.below(connections.len());
        if let Some(connection) = connections.get_mut(which) {
            connection.step(&mut random)?;
        }
    }
    let mut pends = false;
    for connection in connections {
        pends |= connection.end(&mut random)?;
    }
    // WSACleanup cancels what is pending.
    if pends || random.below(2) == 0 {
        mem::forget(winsock);
    }
    match random.below(3) {
        0 => wasi::cli::exit::exit(Ok(())),
        1 => wasi::cli::exit::exit(Err(())),
        _ => {}
    }
    Ok(())
}

impl Connection {
    /// The next bytes of the connection, in parts.
    fn parts(&self, random: &mut Random) -> Vec<Vec<u8>> {
        let mut from = self.offered;
        let longest = if random.below(4) == 0 { 200_000 } else { 3000 };
        let parts = 0..1 + random.below(3);
        let parts = parts.map(|_| {
            let part = from..from + random.below(longest);
            from = part.end;
            part.map(|offset| (offset % 251) as u8).collect()
        });
        parts.collect()
    }

    fn step(&mut self, random: &mut Random) -> Result<(), WsaError> {
        let what = random.below(5);
        if what == 0 {
            return self.receive(1 + random.below(GREETING));
        }
        let parts = self.parts(random);
        let buffers: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let length: usize = parts.iter().map(Vec::len).sum();
        if what == 1 {
            self.socket.set_nonblocking(true)?;
            match self.socket.send(&buffers) {
                Ok(sent) => self.offered += sent as usize,
                Err(WsaError::WouldBlock) => {}
                Err(error) => return Err(error),
            }
            return self.socket.set_nonblocking(false);
        }
        self.offered += length;
        if what == 2 {
            self.socket.send(&buffers)?;
            return Ok(());
        }
        let event = Event::new();
        let overlapped = Overlapped::with_event(&event);
        match self.socket.send_overlapped(&buffers, &overlapped)? {
            Started::Pending => self.outstanding.push((overlapped, event)),
            Started::Done(_) => {}
        }
        Ok(())
    }

    fn receive(&mut self, most: usize) -> Result<(), WsaError> {
        let mut bytes = [0; GREETING];
        let room = bytes.get_mut(..most.min(GREETING - self.greeted));
        let room = room.filter(|room| !room.is_empty());
        if let Some(room) = room {
            self.greeted += self.socket.recv(room)?;
        }
        Ok(())
    }

    /// What the peer sends is received, because a connection that is closed before is reset.
    /// Whether sends may be pending afterwards.
    fn end(mut self, random: &mut Random) -> Result<bool, WsaError> {
        while self.greeted < GREETING {
            self.receive(GREETING)?;
        }
        let how = random.below(5);
        if how > 0 {
            for (overlapped, _) in &self.outstanding {
                self.socket.overlapped_result(overlapped, true)?;
            }
            self.outstanding.clear();
        }
        println!("sent {}", self.offered);
        match how {
            0 => {
                mem::forget(self.outstanding);
                mem::forget(self.socket);
                return Ok(true);
            }
            1 => mem::forget(self.socket),
            2 => drop(self.socket),
            3 => self.socket.close()?,
            _ => {
                self.socket.shutdown(ShutdownHow::Send)?;
                if random.below(2) == 0 {
                    self.socket.close()?;
                }
            }
        }
        Ok(false)
    }
}
