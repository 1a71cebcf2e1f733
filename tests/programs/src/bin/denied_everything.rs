//! Tries everything that reaches a network, for a host that grants nothing.

#![no_main]

use std::error::Error;

use wsp_sdk::{AddressFamily, ResolveError, Socket, Winsock, WsaError, println, resolve_name};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let _winsock = Winsock::startup()?;
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        for socket in [Socket::tcp(family), Socket::udp(family)] {
            println!("socket: {}", name(&socket));
        }
    }
    // As text, by a name, by one that only the local files have, too long, and empty.
    let long = "a.".repeat(200);
    for host in ["127.0.0.1", "example.com", "localhost", &long, ""] {
        println!("resolve: {}", resolved(resolve_name(host)));
    }
    Ok(())
}

fn name(outcome: &Result<Socket, WsaError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.name(),
    }
}

fn resolved<T>(outcome: Result<T, ResolveError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.winsock_name(),
    }
}
