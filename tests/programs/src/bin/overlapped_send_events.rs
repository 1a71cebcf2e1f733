//! Posts several gathered sends at once and waits for the event of each.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Event, Overlapped, Socket, SocketOption, Winsock, println, wait_for_any};

wsp_sdk::command!(main);

const SENDS: u8 = 8;
const BODY: usize = 256 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    // Little room below, so that most of the sends stay pending for a while.
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;

    let mut outstanding = Vec::new();
    for number in 0..SENDS {
        let event = Event::new();
        let overlapped = Overlapped::with_event(&event);
        let head = format!("send {number}\n");
        let body = vec![b'a' + number; BODY];
        // The buffers end with this block: what stays pending has been captured.
        socket.send_overlapped(&[head.as_bytes(), &body], &overlapped)?;
        outstanding.push((event, overlapped));
    }
    println!("posted {SENDS} sends");

    for (number, (event, overlapped)) in outstanding.iter().enumerate() {
        wait_for_any(&[event], None, false)?;
        let sent = socket.overlapped_result(overlapped, false)?;
        println!("send {number}: {} bytes, event", sent.bytes);
    }
    Ok(())
}
