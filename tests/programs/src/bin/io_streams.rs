//! Uses a socket as a `std::io` stream: a vectored write, then a copy of what
//! comes back, until the peer ends it.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{
    error::Error,
    io::{self, IoSlice, Write},
    net::SocketAddr,
};

use wsp_sdk::{ShutdownHow, Socket, Winsock, WsaError, println};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let mut socket = Socket::tcp(peer)?;
    let early = socket.write(b"x").err().ok_or("it is not connected")?;
    println!("not connected: {:?}: {early}", early.kind());
    socket.connect(peer)?;

    let parts = [
        IoSlice::new(b"head, "),
        IoSlice::new(b""),
        IoSlice::new(b"body\n"),
    ];
    println!("one gather: {} bytes", socket.write_vectored(&parts)?);
    println!("as a message: {} bytes", socket.send(&parts)?);
    writeln!(socket, "and a line")?;
    socket.shutdown(ShutdownHow::Send)?;

    let mut copied = Vec::new();
    let count = io::copy(&mut &socket, &mut copied)?;
    println!("copied {count} bytes: {}", String::from_utf8_lossy(&copied));
    let late = socket.write_all(b"x").err().ok_or("it was shut down")?;
    let code = late
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<WsaError>());
    println!("shut down: {:?}, {code:?}", late.kind());
    Ok(())
}
