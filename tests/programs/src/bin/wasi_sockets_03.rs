//! As `wasi_sockets`, with sockets of wasi:sockets 0.3.

#![no_main]

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "generated code"
)]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "wasi-03", generate_all });
}

use std::error::Error;
use std::net::SocketAddrV4;

use bindings::wasi::cli::environment::get_arguments;
use bindings::wasi::sockets::ip_name_lookup::{self, resolve_addresses};
use bindings::wasi::sockets::types::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket, UdpSocket,
};
use wit_bindgen::{FutureReader, StreamReader};
use wsp_sdk::println;

/// Connections that [`lend`] makes at most.
const MOST_LENT: usize = 8;

/// What a peer sends, and how it ended.
type Received = (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>);

wsp_sdk::async_command!(main);

async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = get_arguments();
    for pair in arguments.get(1..).unwrap_or_default().chunks(2) {
        let [what, with] = pair else {
            return Err("every command has one argument".into());
        };
        let answer = match what.as_str() {
            "resolve" => resolve(with).await,
            "sockets" => sockets(with.parse()?),
            "connect" => said(connect(with.parse()?).await),
            "lend" => lend(with.parse()?).await,
            "hold" => said(hold(with.parse()?).await),
            "listen" => said(listen(with.parse()?)),
            "send" => said(send(with.parse()?).await),
            _ => return Err(format!("there is no {what}").into()),
        };
        println!("{what} {with}: {answer}");
    }
    Ok(())
}

fn said(answer: Result<(), ErrorCode>) -> String {
    match answer {
        Ok(()) => "ok".to_owned(),
        Err(code) => format!("{code:?}"),
    }
}

fn wasi_address(address: SocketAddrV4) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: address.port(),
        address: address.ip().octets().into(),
    })
}

async fn connect(peer: SocketAddrV4) -> Result<(), ErrorCode> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4)?;
    socket.connect(wasi_address(peer)).await
}

/// Connects, and waits for what the peer sends.
async fn hold(peer: SocketAddrV4) -> Result<(), ErrorCode> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4)?;
    socket.connect(wasi_address(peer)).await?;
    println!("holding {peer}");
    let (mut input, _ended) = socket.receive();
    // Its stream is enough.
    drop(socket);
    input.read(Vec::with_capacity(64)).await;
    Ok(())
}

/// Keeps the streams of connections whose sockets it drops: how many there are, why there are
/// no more, and how many sockets there are again once the streams have ended.
async fn lend(peer: SocketAddrV4) -> String {
    let mut streams = Vec::new();
    let why = loop {
        match lent(peer).await {
            Ok(stream) if streams.len() < MOST_LENT => streams.push(stream),
            Ok(_) => break "no end".to_owned(),
            Err(code) => break format!("{code:?}"),
        }
    };
    let there = streams.len();
    for (stream, ended) in streams {
        drop(stream);
        let _ = ended.await;
    }
    format!("{there}, then {why}, then {}", made(MOST_LENT))
}

async fn lent(peer: SocketAddrV4) -> Result<Received, ErrorCode> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4)?;
    socket.connect(wasi_address(peer)).await?;
    Ok(socket.receive())
}

fn listen(local: SocketAddrV4) -> Result<(), ErrorCode> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4)?;
    socket.bind(wasi_address(local))?;
    socket.listen().map(drop)
}

async fn send(peer: SocketAddrV4) -> Result<(), ErrorCode> {
    let socket = UdpSocket::create(IpAddressFamily::Ipv4)?;
    socket
        .send(b"four".to_vec(), Some(wasi_address(peer)))
        .await
}

async fn resolve(name: &str) -> String {
    match resolve_addresses(name.to_owned()).await {
        Ok(_) => "found".to_owned(),
        Err(ip_name_lookup::ErrorCode::AccessDenied) => "ErrorCode::AccessDenied".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}

/// Creates so many sockets, and once more when they are closed: how many there were.
fn sockets(count: usize) -> String {
    format!("{}, then {}", made(count), made(count))
}

/// Creates so many sockets at once: how many there were.
fn made(count: usize) -> usize {
    let made: Vec<_> = (0..count)
        .map(|_| TcpSocket::create(IpAddressFamily::Ipv4))
        .collect();
    made.iter().filter(|made| made.is_ok()).count()
}
