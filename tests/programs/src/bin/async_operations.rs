//! Overlapped sends as futures: joined, selected, cancelled and polled, then a
//! copy between two halves of a `futures-io` stream.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr};

use futures::{
    AsyncReadExt, AsyncWriteExt,
    future::{join_all, select_all},
};
use wsp_sdk::{
    MessageFlags, ReceiveBuffer, Socket, SocketOption, Winsock, asynchronous::Stream, println,
};

wsp_sdk::async_command!(main);

const LENGTH: usize = 64 * 1024;

async fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let _winsock = Winsock::startup()?;
    let socket = Socket::tcp(peer)?;
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;

    let mut sends = Vec::new();
    for number in 0..20u8 {
        let buffer = vec![number; LENGTH];
        sends.push(socket.begin_send(&[buffer.as_slice()])?);
    }
    let last = sends.pop().ok_or("there are twenty")?;
    println!(
        "in progress: {}, {:?}",
        !last.has_ended(),
        last.result().err()
    );
    println!("cancelled: {}, {:?}", last.cancel()?, last.result().err());
    drop(last);
    println!("posted");

    let (first, index, rest) = select_all(sends).await;
    println!("first: {index}, {} bytes", first?.bytes);
    let mut bytes = 0;
    for sent in join_all(rest).await {
        bytes += sent?.bytes;
    }
    println!("the rest: {bytes} bytes");

    let room = ReceiveBuffer::new(16);
    let answer = socket.begin_recv(&room, MessageFlags::empty())?.await?;
    println!(
        "answer: {}",
        String::from_utf8_lossy(&room.read(answer.bytes))
    );

    let mut stream = Stream::new(socket);
    stream.write_all(b"a line that comes back").await?;
    stream.close().await?;
    let mut back = String::new();
    stream.read_to_string(&mut back).await?;
    println!("back: {back}");
    Ok(())
}
