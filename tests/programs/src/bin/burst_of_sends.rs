//! Posts short overlapped sends one after the other, and then waits for the event of each.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Event, Overlapped, Socket, Winsock, println, wait_for_any};

wsp_sdk::command!(main);

const SENDS: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;

    let posted: Vec<(Event, Overlapped)> = (0..SENDS)
        .map(|_| {
            let event = Event::new();
            let overlapped = Overlapped::with_event(&event);
            (event, overlapped)
        })
        .collect();
    for (_, overlapped) in &posted {
        socket.send_overlapped(&[b"one ".as_slice(), b"of many\n"], overlapped)?;
    }
    let mut sent = 0;
    for (event, overlapped) in &posted {
        wait_for_any(&[event], None, false)?;
        sent += socket.overlapped_result(overlapped, false)?.bytes;
    }
    println!("{sent} bytes in {SENDS} sends");
    Ok(())
}
