//! Accepts one connection and sends back what comes, until the peer ends it.
//! Prints the port that it listens on.
//!
//! Arguments: optionally ADDRESS:PORT to listen on, instead of a free port of 127.0.0.1.

#![no_main]

use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr},
};

use wsp_sdk::{Socket, Winsock, println};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let address = match wsp_sdk::arguments().is_empty() {
        true => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        false => wsp_sdk::argument(0, "ADDRESS:PORT")?,
    };
    let _winsock = Winsock::startup()?;
    let listener = Socket::tcp(address)?;
    listener.bind(address)?;
    listener.listen(1)?;
    println!("listening {}", listener.local_addr()?.port());

    let (client, peer) = listener.accept()?;
    println!("accepted from the same host: {}", peer.ip().is_loopback());
    let mut room = vec![0; 64 * 1024];
    let mut echoed = 0;
    loop {
        let count = client.recv(&mut room)?;
        let received = room.get(..count).unwrap_or_default();
        if received.is_empty() {
            break;
        }
        echoed += client.send(&[received])?;
    }
    println!("echoed {echoed} bytes");
    Ok(())
}
