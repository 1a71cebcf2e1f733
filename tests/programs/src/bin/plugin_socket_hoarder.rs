//! Wants 100,000 sockets, keeps those that it gets, and counts the rest.

#![no_main]

use std::collections::BTreeMap;

use wsp_sdk::{AddressFamily, Socket, Winsock, WsaError, println};

wsp_sdk::command!(main);

const WANTED: u32 = 100_000;

fn main() -> Result<(), WsaError> {
    let _winsock = Winsock::startup()?;
    let mut sockets = Vec::new();
    let mut refused = BTreeMap::new();
    for _ in 0..WANTED {
        match Socket::tcp(AddressFamily::Inet) {
            Ok(socket) => sockets.push(socket),
            Err(error) => *refused.entry(error.number()).or_insert(0_u32) += 1,
        }
    }
    println!("opened {}, refused {refused:?}", sockets.len());
    Ok(())
}
