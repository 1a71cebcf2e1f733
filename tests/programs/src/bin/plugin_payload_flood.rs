//! Posts far more payload than anybody takes, and counts what is refused.
//!
//! Arguments: anything, ADDRESS:PORT of a peer that never reads.

#![no_main]

use std::{collections::BTreeMap, error::Error, net::SocketAddr};

use wsp_sdk::{Overlapped, Socket, SocketOption, Winsock, println};

wsp_sdk::command!(main);

const SENDS: u32 = 1000;
const LENGTH: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(1, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    // Little room below, so that every send stays pending.
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;

    let body = vec![b'x'; LENGTH];
    let mut posted = Vec::new();
    let mut refused = BTreeMap::new();
    for _ in 0..SENDS {
        let overlapped = Overlapped::new();
        match socket.send_overlapped(&[body.as_slice()], &overlapped) {
            Ok(_) => posted.push(overlapped),
            Err(error) => *refused.entry(error.number()).or_insert(0_u32) += 1,
        }
    }
    println!("posted {}, refused {refused:?}", posted.len());
    Ok(())
}
