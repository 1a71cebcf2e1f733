//! Connects again and again, and counts what is refused.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{collections::BTreeMap, error::Error, net::SocketAddr};

use wsp_sdk::{Socket, Winsock, println};

wsp_sdk::command!(main);

const CONNECTS: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let mut connected = 0;
    let mut refused = BTreeMap::new();
    for _ in 0..CONNECTS {
        match Socket::tcp(peer)?.connect(peer) {
            Ok(()) => connected += 1,
            Err(error) => *refused.entry(error.number()).or_insert(0_u32) += 1,
        }
    }
    println!("connected {connected}, refused {refused:?}");
    Ok(())
}
