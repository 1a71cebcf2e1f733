//! Does with sockets of wasi:sockets 0.2 what its arguments say, two for each thing, and prints
//! what became of each: `ok`, `started`, or the code.

#![no_main]

use std::error::Error;
use std::net::{IpAddr, SocketAddr};

use wasi::io::streams::StreamError;
use wasi::sockets::{
    instance_network::instance_network,
    ip_name_lookup::resolve_addresses,
    network::{
        ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress, Network,
    },
    tcp::TcpSocket,
    tcp_create_socket::create_tcp_socket,
    udp::{OutgoingDatagram, UdpSocket},
    udp_create_socket::create_udp_socket,
};
use wsp_sdk::println;

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = wasi::cli::environment::get_arguments();
    let network = instance_network();
    for pair in arguments.get(1..).unwrap_or_default().chunks(2) {
        let [what, with] = pair else {
            return Err("every command has one argument".into());
        };
        let answer = match what.as_str() {
            "resolve" => resolve(&network, with),
            "sockets" => {
                println!("sockets {with}: {}", sockets(with.parse()?));
                continue;
            }
            _ => with_address(&network, what, with.parse()?)?,
        };
        println!("{what} {with}: {}", said(answer));
    }
    Ok(())
}

fn with_address(
    network: &Network,
    what: &str,
    address: SocketAddr,
) -> Result<Result<String, ErrorCode>, Box<dyn Error>> {
    Ok(match what {
        "connect" => connect(network, address),
        "hold" => hold(network, address, false),
        "hold-again" => hold(network, address, true),
        "bind" => bound(network, address).map(|_| "ok".to_owned()),
        "listen" => listening(network, address).map(|_| "ok".to_owned()),
        "accept" => accept(network, address),
        "bind-udp" => bound_udp(network, address).map(|_| "ok".to_owned()),
        "send" => send(network, address),
        "receive" => receive(network, address),
        _ => return Err(format!("there is no {what}").into()),
    })
}

fn said(answer: Result<String, ErrorCode>) -> String {
    answer.unwrap_or_else(|code| code.name().to_owned())
}

fn family(address: SocketAddr) -> IpAddressFamily {
    match address {
        SocketAddr::V4(_) => IpAddressFamily::Ipv4,
        SocketAddr::V6(_) => IpAddressFamily::Ipv6,
    }
}

fn wasi_address(address: SocketAddr) -> IpSocketAddress {
    let port = address.port();
    match address.ip() {
        IpAddr::V4(ip) => IpSocketAddress::Ipv4(Ipv4SocketAddress {
            port,
            address: ip.octets().into(),
        }),
        IpAddr::V6(ip) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port,
            flow_info: 0,
            address: ip.segments().into(),
            scope_id: 0,
        }),
    }
}

/// Sends four bytes if it is connected at once or soon.
fn connect(network: &Network, peer: SocketAddr) -> Result<String, ErrorCode> {
    let socket = create_tcp_socket(family(peer))?;
    socket.start_connect(network, wasi_address(peer))?;
    // What is refused is refused at once; nobody waits for a peer that does not answer.
    if !peer.ip().is_loopback() {
        return match socket.finish_connect() {
            Ok(_) => Ok("ok".to_owned()),
            Err(ErrorCode::WouldBlock) => Ok("started".to_owned()),
            Err(code) => Err(code),
        };
    }
    socket.subscribe().block();
    let (_input, output) = socket.finish_connect()?;
    match output.blocking_write_and_flush(b"four") {
        Ok(()) => Ok("ok".to_owned()),
        Err(StreamError::Closed) => Ok("closed".to_owned()),
        Err(StreamError::LastOperationFailed(error)) => Ok(error.to_debug_string()),
    }
}

/// Connects, and waits for what the peer sends. It may ask for other peers before and after.
fn hold(network: &Network, peer: SocketAddr, others: bool) -> Result<String, ErrorCode> {
    let socket = create_tcp_socket(family(peer))?;
    let another = |text: &str| {
        let peer = text.parse().map_err(|_| ErrorCode::InvalidArgument)?;
        socket.start_connect(network, wasi_address(peer))
    };
    if others && another("0.0.0.0:0").is_ok() {
        return Err(ErrorCode::InvalidState);
    }
    socket.start_connect(network, wasi_address(peer))?;
    if others && another("192.0.2.1:1").is_ok() {
        return Err(ErrorCode::InvalidState);
    }
    socket.subscribe().block();
    let (input, _output) = socket.finish_connect()?;
    println!("holding {peer}");
    let read = input.blocking_read(64);
    Ok(format!("{} bytes", read.map_or(0, |bytes| bytes.len())))
}

fn bound(network: &Network, local: SocketAddr) -> Result<TcpSocket, ErrorCode> {
    let socket = create_tcp_socket(family(local))?;
    socket.start_bind(network, wasi_address(local))?;
    socket.finish_bind()?;
    Ok(socket)
}

fn listening(network: &Network, local: SocketAddr) -> Result<TcpSocket, ErrorCode> {
    let socket = bound(network, local)?;
    socket.start_listen()?;
    socket.finish_listen()?;
    Ok(socket)
}

/// Takes one connection, whose peer sends and ends.
fn accept(network: &Network, local: SocketAddr) -> Result<String, ErrorCode> {
    let socket = listening(network, local)?;
    if let IpSocketAddress::Ipv4(local) = socket.local_address()? {
        println!("listening {}", local.port);
    }
    socket.subscribe().block();
    let (_peer, input, _output) = socket.accept()?;
    let read = input.blocking_read(64);
    Ok(format!("{} bytes", read.map_or(0, |bytes| bytes.len())))
}

fn bound_udp(network: &Network, local: SocketAddr) -> Result<UdpSocket, ErrorCode> {
    let socket = create_udp_socket(family(local))?;
    socket.start_bind(network, wasi_address(local))?;
    socket.finish_bind()?;
    Ok(socket)
}

fn send(network: &Network, peer: SocketAddr) -> Result<String, ErrorCode> {
    let any = match peer {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let any = any.parse().map_err(|_| ErrorCode::InvalidArgument)?;
    let socket = bound_udp(network, any)?;
    let (_incoming, outgoing) = socket.stream(None)?;
    while outgoing.check_send()? == 0 {
        outgoing.subscribe().block();
    }
    let sent = outgoing.send(&[OutgoingDatagram {
        data: b"four".to_vec(),
        remote_address: Some(wasi_address(peer)),
    }])?;
    Ok(format!("sent {sent}"))
}

/// Receives one datagram that the policy lets through.
fn receive(network: &Network, local: SocketAddr) -> Result<String, ErrorCode> {
    let socket = bound_udp(network, local)?;
    if let IpSocketAddress::Ipv4(local) = socket.local_address()? {
        println!("bound {}", local.port);
    }
    let (incoming, _outgoing) = socket.stream(None)?;
    loop {
        let datagrams = incoming.receive(1)?;
        if let Some(datagram) = datagrams.first() {
            return Ok(String::from_utf8_lossy(&datagram.data).into_owned());
        }
        incoming.subscribe().block();
    }
}

fn resolve(network: &Network, name: &str) -> Result<String, ErrorCode> {
    let addresses = resolve_addresses(network, name)?;
    addresses.subscribe().block();
    let first = addresses.resolve_next_address()?;
    Ok(if first.is_some() { "found" } else { "none" }.to_owned())
}

/// Creates so many sockets, and once more when they are closed: how many there were.
fn sockets(count: usize) -> String {
    let create = || {
        let made: Vec<_> = (0..count)
            .map(|_| create_tcp_socket(IpAddressFamily::Ipv4))
            .collect();
        let there = made.iter().filter(|made| made.is_ok()).count();
        let last = made.into_iter().next_back().and_then(Result::err);
        format!("{there} {}", last.map_or("ok", |code| code.name()))
    };
    format!("{}, then {}", create(), create())
}
