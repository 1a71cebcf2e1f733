//! Shuts one connection down and closes another with sends pending. The peer
//! accepts two connections: it reads the first to its end, and the second not at all.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use wsp_sdk::{
    Completion, Event, Overlapped, ShutdownHow, Socket, SocketOption, Started, Winsock, WsaError,
    println, sleep_ex, wait_for_any,
};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    shut_down(&connected(peer)?)?;
    close(&connected(peer)?)?;
    Ok(())
}

fn connected(peer: SocketAddr) -> Result<Socket, WsaError> {
    let socket = Socket::tcp(peer)?;
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;
    Ok(socket)
}

/// What was posted before still arrives; nothing can be sent after.
fn shut_down(socket: &Socket) -> Result<(), WsaError> {
    let event = Event::new();
    let overlapped = Overlapped::with_event(&event);
    let data = vec![b'a'; 1024 * 1024];
    socket.send_overlapped(&[data.as_slice()], &overlapped)?;
    socket.shutdown(ShutdownHow::Send)?;
    print("send after shutdown", socket.send(&[data.as_slice()]));
    wait_for_any(&[&event], None, false)?;
    let sent = socket.overlapped_result(&overlapped, false);
    print("send before shutdown", sent.map(|sent| sent.bytes));
    Ok(())
}

/// Pending operations are aborted, and say so in the way that they were to end.
fn close(socket: &Socket) -> Result<(), WsaError> {
    let event = Event::new();
    let (with_event, with_routine) = (Overlapped::with_event(&event), Overlapped::new());
    let data = vec![b'b'; 1024 * 1024];
    let first = socket.send_overlapped(&[data.as_slice()], &with_event)?;
    let routine = |completion: Completion| print("routine", completion.result());
    let second = socket.send_with_routine(&[data.as_slice()], &with_routine, routine)?;
    let both_pending = (first, second) == (Started::Pending, Started::Pending);
    println!("pending: {both_pending}, event set: {}", event.is_set());

    socket.close()?;
    println!(
        "closed, event set: {}, error: {}",
        event.is_set(),
        with_event.status().offset_high
    );
    sleep_ex(None, true)?;
    print("send after close", socket.send(&[data.as_slice()]));
    let result = socket.overlapped_result(&with_event, false);
    print("result after close", result.map(|result| result.bytes));
    Ok(())
}

fn print(what: &str, outcome: Result<u32, WsaError>) {
    match outcome {
        Ok(bytes) => println!("{what}: {bytes} bytes"),
        Err(error) => println!("{what}: {} ({})", error.name(), error.number()),
    }
}
