//! Counts the allocations of sends with up to 16 parts.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

#[path = "../counting.rs"]
mod counting;

use std::{error::Error, io::IoSlice, net::SocketAddr};

use wsp_sdk::{Message, MessageFlags, Overlapped, Socket, Winsock, WsaError, println};

use counting::allocations;

wsp_sdk::command!(main);

/// The result of `call`, and how many allocations it made.
fn counted<T>(call: impl FnOnce() -> T) -> (T, usize) {
    let before = allocations();
    let result = call();
    (result, allocations() - before)
}

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;

    let parts = [b"part".as_slice(); 16];
    let slices = parts.map(IoSlice::new);
    let overlapped = Overlapped::new();
    let few = counted(|| socket.send(&parts));
    println!("16 parts: {few:?}");
    println!("16 slices: {:?}", counted(|| socket.send(&slices)));
    let one = [b"!".as_slice()];
    let message = Message::new(&one).flags(MessageFlags::DONT_ROUTE);
    println!("with flags: {:?}", counted(|| socket.send(message)));
    println!(
        "overlapped: {:?}",
        counted(|| socket.send_overlapped(&parts, &overlapped))
    );
    let none: [&[u8]; 0] = [];
    println!(
        "nothing: {:?}",
        counted(|| socket.send(&none)) == (Err(WsaError::Inval), 0)
    );
    let many = [b"part".as_slice(); 17];
    let (sent, allocations) = counted(|| socket.send(&many));
    println!("17 parts: {sent:?}, allocates: {}", allocations > 0);
    Ok(())
}
