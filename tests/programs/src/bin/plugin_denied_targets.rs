//! Tries to connect where it may not, and counts what it is told.

#![no_main]

use std::{collections::BTreeMap, error::Error, net::SocketAddr};

use wsp_sdk::{AddressFamily, Socket, Winsock, println};

wsp_sdk::command!(main);

const TARGETS: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let _winsock = Winsock::startup()?;
    let mut refused = BTreeMap::new();
    for number in 0..TARGETS {
        let [.., low] = number.to_be_bytes();
        for address in [[169, 254, 169, 254], [10, 0, 0, low], [203, 0, 113, low]] {
            let socket = Socket::tcp(AddressFamily::Inet)?;
            match socket.connect(SocketAddr::from((address, 80))) {
                Ok(()) => return Err(format!("{address:?} can be reached").into()),
                Err(error) => *refused.entry(error.number()).or_insert(0_u32) += 1,
            }
        }
    }
    println!("refused {refused:?}");
    Ok(())
}
