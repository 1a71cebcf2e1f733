//! Sends several MiB in one blocking call, on a socket that is not overlapped,
//! to a peer that takes its time.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Socket, SocketFlags, SocketType, Winsock, println};

wsp_sdk::command!(main);

const PART: usize = 4 * 1024 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::new(peer, SocketType::Stream, SocketFlags::empty())?;
    socket.connect(peer)?;

    let (first, second) = (vec![b'a'; PART], vec![b'b'; PART]);
    println!("sending {} bytes", 2 * PART);
    let sent = socket.send(&[first.as_slice(), &second])?;
    println!("sent {sent} bytes");
    Ok(())
}
