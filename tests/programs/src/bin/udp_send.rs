//! Sends datagrams: to a default peer, to an address, an empty one, and one
//! that is too long. The peer receives three.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{Message, Socket, SocketOption, SocketOptionName, Winsock, WsaError, println};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;

    let connected = Socket::udp(peer)?;
    connected.connect(peer)?;
    // A gather is one datagram.
    let buffers = [b"one ".as_slice(), b"", b"datagram"];
    print("send", connected.send(&buffers));
    print("empty", connected.send(&[b"".as_slice()]));

    let limit = connected.option(SocketOptionName::SoMaxMsgSize)?;
    if let SocketOption::SoMaxMsgSize(limit) = limit {
        let long = vec![b'x'; limit as usize + 1];
        print("too long", connected.send(&[long.as_slice()]));
    }

    let unconnected = Socket::udp(peer)?;
    print("no destination", unconnected.send(&buffers));
    print(
        "send to",
        unconnected.send(Message::new(&[b"addressed".as_slice()]).to(peer)),
    );
    println!("bound: {}", unconnected.local_addr()?.port() != 0);
    Ok(())
}

fn print(what: &str, outcome: Result<u32, WsaError>) {
    match outcome {
        Ok(bytes) => println!("{what}: {bytes} bytes"),
        Err(error) => println!("{what}: {} ({})", error.name(), error.number()),
    }
}
