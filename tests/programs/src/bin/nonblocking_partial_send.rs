//! Sends on a nonblocking socket: what there is room for, until there is none,
//! and the rest once the peer reads.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr, time::Duration};

use wsp_sdk::{Socket, Winsock, WsaError, println, sleep_ex};

wsp_sdk::command!(main);

const LENGTH: usize = 32 * 1024 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.connect(peer)?;
    socket.set_nonblocking(true)?;

    let data: Vec<u8> = (0..LENGTH).map(|offset| (offset / 4096) as u8).collect();
    let mut rest = data.as_slice();
    let mut full = false;
    while !rest.is_empty() {
        match socket.send(&[rest]) {
            Ok(sent) => {
                if !full {
                    println!("sent {sent} of {} bytes", rest.len());
                }
                rest = rest.get(sent as usize..).unwrap_or_default();
            }
            Err(error @ WsaError::WouldBlock) => {
                if !full {
                    println!("send: {} ({})", error.name(), error.number());
                    full = true;
                }
                sleep_ex(Some(Duration::from_millis(5)), false)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    println!("sent {LENGTH} bytes in all");
    Ok(())
}
