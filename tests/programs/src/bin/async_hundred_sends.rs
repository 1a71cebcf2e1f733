//! Has a hundred overlapped sends in flight and awaits them, as an asynchronous
//! command of WASI 0.3.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Overlapped, Socket, SocketOption, Winsock, println};

wsp_sdk::async_command!(main);

const SENDS: u8 = 100;
const LENGTH: usize = 16 * 1024;

async fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    // Little room below, so that most of the sends are in flight together.
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;

    let mut outstanding = Vec::new();
    for number in 0..SENDS {
        let overlapped = Overlapped::new();
        let buffer = vec![number; LENGTH];
        socket.send_overlapped(&[buffer.as_slice()], &overlapped)?;
        outstanding.push(overlapped);
    }
    println!("posted {SENDS} sends");

    let mut bytes = 0;
    for overlapped in &outstanding {
        bytes += socket.completed(overlapped).await?.bytes;
    }
    println!("completed {SENDS} sends, {bytes} bytes");
    Ok(())
}
