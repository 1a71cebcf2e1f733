//! A blocking send that times out, and another on the same socket after it.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Socket, SocketFlags, SocketOption, SocketType, Winsock, WsaError, println};

wsp_sdk::command!(main);

const LENGTH: usize = 8 * 1024 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::new(peer, SocketType::Stream, SocketFlags::empty())?;
    socket.connect(peer)?;

    socket.set_option(SocketOption::SoSndtimeo(50))?;
    let much = vec![b'a'; LENGTH];
    match socket.send(&[much.as_slice()]) {
        Err(WsaError::TimedOut) => println!("timed out"),
        other => return Err(format!("the peer has not read, and yet: {other:?}").into()),
    }
    // Gone before the next send, which must not need it any more.
    drop(much);

    socket.set_option(SocketOption::SoSndtimeo(0))?;
    let sent = socket.send(&[b"the ".as_slice(), b"end"])?;
    println!("sent {sent} bytes");
    Ok(())
}
