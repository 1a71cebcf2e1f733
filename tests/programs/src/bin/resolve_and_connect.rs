//! Resolves a name twice, and connects to every address that it was told.
//!
//! Arguments: NAME, PORT.

#![no_main]

use std::{error::Error, net::IpAddr};

use wsp_sdk::{Socket, Winsock, WsaError, println, resolve_name};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let name: String = wsp_sdk::argument(0, "NAME")?;
    let port: u16 = wsp_sdk::argument(1, "PORT")?;
    let _winsock = Winsock::startup()?;
    for _ in 0..2 {
        match resolve_name(&name) {
            Ok(addresses) => {
                for address in addresses {
                    match connect(address, port) {
                        Ok(()) => println!("{address}: ok"),
                        Err(error) => println!("{address}: {} ({})", error.name(), error.number()),
                    }
                }
            }
            Err(error) => println!("{} ({})", error.winsock_name(), error.number()),
        }
    }
    Ok(())
}

fn connect(address: IpAddr, port: u16) -> Result<(), WsaError> {
    let peer = (address, port).into();
    Socket::tcp(peer)?.connect(peer)
}
