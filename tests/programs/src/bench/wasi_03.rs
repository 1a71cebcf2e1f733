//! The program of the laboratory that sends through wasi:sockets 0.3.
//!
//! A stream has no gather, so parts are joined first, as a program would that
//! wants one packet.

#![no_main]

mod work;

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

use std::{error::Error, fmt::Debug};

use bindings::{
    wasi::{
        cli::environment::get_arguments,
        clocks::monotonic_clock::now,
        sockets::types::{
            IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket, UdpSocket,
        },
    },
    wit_stream,
};
use wit_bindgen::StreamWriter;

use work::Work;

wsp_sdk::async_command!(main);

async fn main() -> Result<(), Box<dyn Error>> {
    let work = Work::parse(&get_arguments())?;
    if work.datagrams {
        datagrams(&work).await
    } else {
        stream(&work).await
    }
}

async fn stream(work: &Work) -> Result<(), Box<dyn Error>> {
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(said)?;
    socket.connect(address(work)).await.map_err(said)?;
    let (mut writer, reader) = wit_stream::new();
    let sent = socket.send(reader);
    let payload = work.payload();
    let parts: Vec<&[u8]> = payload.chunks(work.bytes / work.parts).collect();
    let mut buffer = payload.clone();
    for _ in 0..work.warm_up {
        buffer = send(&mut writer, &parts, buffer).await?;
    }
    now();
    for _ in 0..work.count {
        buffer = send(&mut writer, &parts, buffer).await?;
    }
    now();
    drop(writer);
    sent.await.map_err(said)
}

/// Sends the parts; `buffer` comes back to be used again.
async fn send(
    writer: &mut StreamWriter<u8>,
    parts: &[&[u8]],
    mut buffer: Vec<u8>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    if parts.len() > 1 {
        buffer.clear();
        for part in parts {
            buffer.extend_from_slice(part);
        }
    }
    let length = buffer.len();
    let mut buffer = writer.write_all(buffer).await;
    if !buffer.is_empty() || buffer.capacity() < length {
        return Err("wasi:sockets: the peer has ended the connection".into());
    }
    // SAFETY: It is the vector that was written, drained: within its capacity,
    // and its bytes are as they were. Filling it again would cost a copy that the
    // other programs do not make.
    unsafe { buffer.set_len(length) };
    Ok(buffer)
}

async fn datagrams(work: &Work) -> Result<(), Box<dyn Error>> {
    let socket = UdpSocket::create(IpAddressFamily::Ipv4).map_err(said)?;
    socket.connect(address(work)).map_err(said)?;
    let payload = work.payload();
    for _ in 0..work.warm_up {
        socket.send(payload.clone(), None).await.map_err(said)?;
    }
    now();
    for _ in 0..work.count {
        socket.send(payload.clone(), None).await.map_err(said)?;
    }
    now();
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
