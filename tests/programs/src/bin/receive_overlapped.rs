//! Posts receives before there is anything to receive: one with an event, one
//! with a completion routine. The peer answers each `go` with some bytes, and
//! ends the stream when this side has.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr, rc::Rc};

use wsp_sdk::{
    Event, MessageFlags, Overlapped, ReceiveBuffer, ShutdownHow, Socket, Winsock, println,
    sleep_ex, wait_for_any,
};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;
    let none = MessageFlags::empty();

    let event = Event::new();
    let overlapped = Overlapped::with_event(&event);
    let room = ReceiveBuffer::new(64);
    let started = socket.recv_overlapped(&room, none, &overlapped)?;
    println!("with an event: {started:?}");
    socket.send(&[b"go".as_slice()])?;
    wait_for_any(&[&event], None, false)?;
    let received = socket.overlapped_result(&overlapped, false)?;
    let bytes = room.read(received.bytes);
    println!("event: {}", String::from_utf8_lossy(&bytes));

    let room = Rc::new(room);
    let filled = Rc::clone(&room);
    let started = socket.recv_with_routine(&room, none, &overlapped, move |completion| {
        let bytes = filled.read(completion.transferred);
        println!("routine: {}", String::from_utf8_lossy(&bytes));
    })?;
    println!("with a routine: {started:?}");
    socket.send(&[b"go".as_slice()])?;
    sleep_ex(None, true)?;

    socket.shutdown(ShutdownHow::Send)?;
    println!("end: {} bytes", socket.recv(&mut [0; 64])?);
    Ok(())
}
