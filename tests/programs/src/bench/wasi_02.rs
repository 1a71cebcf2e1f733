//! The program of the laboratory that sends through wasi:sockets 0.2.
//!
//! An output stream has no gather, so parts are joined first, as a program
//! would that wants one packet.

#![no_main]

mod work;

use std::{error::Error, fmt::Debug};

use wasi::{
    clocks::monotonic_clock::now,
    io::streams::OutputStream,
    sockets::{
        instance_network::instance_network,
        network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress},
        tcp_create_socket::create_tcp_socket,
        udp::{OutgoingDatagram, OutgoingDatagramStream},
        udp_create_socket::create_udp_socket,
    },
};

use work::Work;

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let work = Work::parse(&wasi::cli::environment::get_arguments())?;
    if work.datagrams {
        datagrams(&work)
    } else {
        stream(&work)
    }
}

fn stream(work: &Work) -> Result<(), Box<dyn Error>> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(said)?;
    socket
        .start_connect(&instance_network(), address(work))
        .map_err(said)?;
    socket.subscribe().block();
    let (_input, output) = socket.finish_connect().map_err(said)?;
    let payload = work.payload();
    let mut joined = Vec::with_capacity(payload.len());
    let parts: Vec<&[u8]> = payload.chunks(work.bytes / work.parts).collect();
    let mut send = || {
        if parts.len() == 1 {
            return write(&output, &payload);
        }
        joined.clear();
        for part in &parts {
            joined.extend_from_slice(part);
        }
        write(&output, &joined)
    };
    for _ in 0..work.warm_up {
        send()?;
    }
    flush(&output)?;
    now();
    for _ in 0..work.count {
        send()?;
    }
    flush(&output)?;
    now();
    Ok(())
}

fn write(output: &OutputStream, mut bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    while !bytes.is_empty() {
        let room = match output.check_write().map_err(said)? {
            0 => {
                output.subscribe().block();
                continue;
            }
            room => usize::try_from(room)?,
        };
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        output.write(now).map_err(said)?;
        bytes = later;
    }
    Ok(())
}

fn flush(output: &OutputStream) -> Result<(), Box<dyn Error>> {
    output.blocking_flush().map_err(said)
}

fn datagrams(work: &Work) -> Result<(), Box<dyn Error>> {
    let network = instance_network();
    let socket = create_udp_socket(IpAddressFamily::Ipv4).map_err(said)?;
    let any = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 0,
        address: (127, 0, 0, 1),
    });
    socket.start_bind(&network, any).map_err(said)?;
    socket.finish_bind().map_err(said)?;
    let (_incoming, outgoing) = socket.stream(Some(address(work))).map_err(said)?;
    let mut datagram = [OutgoingDatagram {
        data: work.payload(),
        remote_address: None,
    }];
    for _ in 0..work.warm_up {
        send(&outgoing, &mut datagram)?;
    }
    now();
    for _ in 0..work.count {
        send(&outgoing, &mut datagram)?;
    }
    now();
    Ok(())
}

fn send(
    outgoing: &OutgoingDatagramStream,
    datagram: &mut [OutgoingDatagram],
) -> Result<(), Box<dyn Error>> {
    while outgoing.check_send().map_err(said)? == 0 {
        outgoing.subscribe().block();
    }
    outgoing.send(datagram).map_err(said)?;
    Ok(())
}

fn address(work: &Work) -> IpSocketAddress {
    let [a, b, c, d] = work.peer.ip().octets();
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: work.peer.port(),
        address: (a, b, c, d),
    })
}

fn said(error: impl Debug) -> Box<dyn Error> {
    format!("wasi:sockets: {error:?}").into()
}
