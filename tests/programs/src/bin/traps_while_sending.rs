//! Panics, which traps, while sends are pending.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]
#![allow(clippy::panic, reason = "it is what this program is for")]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Overlapped, Socket, SocketOption, Winsock, println};

wsp_sdk::command!(main);

const SENDS: u8 = 8;
const BODY: usize = 256 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    // Little room below, so that most of the sends stay pending.
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;

    let body = vec![b'a'; BODY];
    let mut outstanding = Vec::new();
    for number in 0..SENDS {
        let overlapped = Overlapped::new();
        let head = format!("send {number}\n");
        socket.send_overlapped(&[head.as_bytes(), &body], &overlapped)?;
        outstanding.push(overlapped);
    }
    println!("posted {SENDS} sends");
    panic!("this program panics with {SENDS} sends posted")
}
