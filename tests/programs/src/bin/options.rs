//! Reads and sets every socket option, on a stream and on a datagram socket.
//! Needs no peer: the sockets are never used.

#![no_main]

use std::error::Error;

use wsp_sdk::{
    AddressFamily, Socket, SocketOption, SocketOptionName, SocketType, Winsock, println,
};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let _winsock = Winsock::startup()?;
    println!("stream");
    exercise(&Socket::tcp(AddressFamily::Inet)?);
    println!("datagram");
    exercise(&Socket::udp(AddressFamily::Inet)?);
    Ok(())
}

/// Prints each option as it is, then what setting it does, then what it is.
fn exercise(socket: &Socket) {
    for (name, value) in [
        (
            SocketOptionName::SoAcceptconn,
            SocketOption::SoAcceptconn(true),
        ),
        (
            SocketOptionName::SoBroadcast,
            SocketOption::SoBroadcast(true),
        ),
        (SocketOptionName::SoError, SocketOption::SoError(1)),
        (
            SocketOptionName::SoKeepalive,
            SocketOption::SoKeepalive(true),
        ),
        (SocketOptionName::SoLinger, SocketOption::SoLinger(Some(2))),
        (
            SocketOptionName::SoMaxMsgSize,
            SocketOption::SoMaxMsgSize(1),
        ),
        (
            SocketOptionName::SoOobinline,
            SocketOption::SoOobinline(true),
        ),
        (
            SocketOptionName::SoRcvbuf,
            SocketOption::SoRcvbuf(32 * 1024),
        ),
        (SocketOptionName::SoRcvtimeo, SocketOption::SoRcvtimeo(250)),
        (
            SocketOptionName::SoReuseaddr,
            SocketOption::SoReuseaddr(true),
        ),
        (
            SocketOptionName::SoSndbuf,
            SocketOption::SoSndbuf(32 * 1024),
        ),
        (SocketOptionName::SoSndtimeo, SocketOption::SoSndtimeo(250)),
        (
            SocketOptionName::SoType,
            SocketOption::SoType(SocketType::Stream),
        ),
        (SocketOptionName::TcpNodelay, SocketOption::TcpNodelay(true)),
    ] {
        let before = read(socket, name);
        let set = match socket.set_option(value) {
            Ok(()) => "set".to_owned(),
            Err(error) => error.name().to_owned(),
        };
        println!("{before}; {set}; {}", read(socket, name));
    }
    let told = socket.option(SocketOptionName::SoProtocolInfo);
    let told = told.map(|told| match told {
        SocketOption::SoProtocolInfo(info) => format!("{info:?}"),
        other => format!("{other:?}"),
    });
    let info = socket.protocol_info().map(|info| format!("{info:?}"));
    println!("the same information: {}", info.is_ok() && info == told);
}

fn read(socket: &Socket, name: SocketOptionName) -> String {
    match socket.option(name) {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{name:?}: {}", error.name()),
    }
}
