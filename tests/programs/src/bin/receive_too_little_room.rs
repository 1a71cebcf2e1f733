//! Receives datagrams of which only a part fits: one that comes while the receive is
//! pending, and one that is there when it starts. What is told beside the error is the
//! same. The peer answers each `go` with a datagram.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{
    Event, MessageFlags, Overlapped, ReceiveBuffer, Socket, Winsock, println, wait_for_any,
};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::udp(peer)?;
    socket.connect(peer)?;
    for is_there in [false, true] {
        let event = Event::new();
        let overlapped = Overlapped::with_event(&event);
        let room = ReceiveBuffer::new(3);
        if is_there {
            socket.send(&[b"go".as_slice()])?;
            // A look waits until it is there.
            socket.recv_into(&ReceiveBuffer::new(64), MessageFlags::PEEK)?;
        }
        let started = socket.recv_from_overlapped(&room, MessageFlags::empty(), &overlapped);
        println!("started: {started:?}, event set: {}", event.is_set());
        if !is_there {
            socket.send(&[b"go".as_slice()])?;
            wait_for_any(&[&event], None, false)?;
        }
        let status = overlapped.status();
        println!(
            "{} bytes {:?}, flags {:#x}, error {}, from the peer: {}",
            status.internal_high,
            String::from_utf8_lossy(&room.read(64)),
            status.offset,
            status.offset_high,
            overlapped.source() == Some(peer)
        );
    }
    Ok(())
}
