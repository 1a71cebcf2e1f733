//! Prints how a connect ended, for a host whose policy does not allow it.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Socket, Winsock, println};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    // A host that grants nothing to TCP refuses the socket itself.
    match Socket::tcp(peer).and_then(|socket| socket.connect(peer)) {
        Ok(()) => println!("connect: ok"),
        Err(error) => println!("connect: {} ({})", error.name(), error.number()),
    }
    Ok(())
}
