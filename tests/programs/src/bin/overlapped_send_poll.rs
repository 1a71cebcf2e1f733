//! Posts sends without event or routine, and polls them, with a pause after each look
//! in vain, or without.
//!
//! Arguments: ADDRESS:PORT [spin].

#![no_main]

use std::{error::Error, net::SocketAddr, time::Duration};

use wsp_sdk::{Overlapped, Socket, SocketOption, Winsock, WsaError, println, sleep_ex};

wsp_sdk::command!(main);

const SENDS: u8 = 4;
const LENGTH: usize = 256 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let spins = wsp_sdk::argument::<String>(1, "spin").is_ok();
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;

    let mut outstanding = Vec::new();
    for number in 0..SENDS {
        let buffer = vec![b'a' + number; LENGTH];
        let overlapped = Overlapped::new();
        socket.send_overlapped(&[buffer.as_slice()], &overlapped)?;
        outstanding.push(overlapped);
    }
    println!("posted {SENDS} sends");

    for (number, overlapped) in outstanding.iter().enumerate() {
        let sent = loop {
            match socket.overlapped_result(overlapped, false) {
                Err(WsaError::IoIncomplete) => {
                    if !spins {
                        sleep_ex(Some(Duration::from_millis(1)), false)?;
                    }
                }
                sent => break sent?,
            };
        };
        println!("send {number}: {} bytes, poll", sent.bytes);
    }
    Ok(())
}
