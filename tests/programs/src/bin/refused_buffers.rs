//! Sends again after a send that was refused for its buffers.
//!
//! Arguments: ADDRESS:PORT. No more than four parts are allowed.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Socket, Winsock, println};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;

    let four = [b"four".as_slice(); 4];
    let five = [b"five".as_slice(); 5];
    let none: [&[u8]; 0] = [];
    println!("four: {:?}", socket.send(&four));
    println!("five: {:?}", socket.send(&five));
    println!("none: {:?}", socket.send(&none));
    println!("five: {:?}", socket.send(&five));
    println!("four: {:?}", socket.send(&four));
    Ok(())
}
