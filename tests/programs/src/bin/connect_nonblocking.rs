//! Connects without blocking, once to a peer that listens and once to one that
//! does not.
//!
//! Arguments: ADDRESS:PORT of a peer that listens, ADDRESS:PORT of one that does not.

#![no_main]

use std::{error::Error, net::SocketAddr, time::Duration};

use wsp_sdk::{Socket, Winsock, WsaError, println, sleep_ex};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let listening: SocketAddr = wsp_sdk::argument(0, "LISTENING")?;
    let silent: SocketAddr = wsp_sdk::argument(1, "SILENT")?;
    let _winsock = Winsock::startup()?;

    let socket = Socket::tcp(listening)?;
    socket.set_nonblocking(true)?;
    let mut last = None;
    while last != Some(WsaError::IsConn) {
        let outcome = socket.connect(listening).err();
        if outcome != last {
            print("connect", outcome);
            last = outcome;
        }
        pause()?;
    }

    let socket = Socket::tcp(silent)?;
    socket.set_nonblocking(true)?;
    print("connect", socket.connect(silent).err());
    let error = loop {
        if let Some(error) = socket.take_error()? {
            break error;
        }
        pause()?;
    };
    print("SO_ERROR", Some(error));
    print("SO_ERROR", socket.take_error()?);
    Ok(())
}

fn pause() -> Result<(), WsaError> {
    sleep_ex(Some(Duration::from_millis(5)), false)?;
    Ok(())
}

fn print(what: &str, error: Option<WsaError>) {
    match error {
        None => println!("{what}: none"),
        Some(error) => println!("{what}: {} ({})", error.name(), error.number()),
    }
}
