//! The same message to many peers, each send a future of its own, with the semantics in
//! the process itself: no sandbox around them, because no guest shares it.
//!
//! `cargo run -p wsp-host --example broadcast`

use std::error::Error;

use bytes::Bytes;
use futures::future::try_join_all;
use tokio::net::UdpSocket;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Host, MessageFlags, Settings, SocketType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{} peers have it", broadcast(100).await?);
    Ok(())
}

async fn broadcast(peers: usize) -> Result<usize, Box<dyn Error>> {
    let peers = try_join_all((0..peers).map(|_| UdpSocket::bind("127.0.0.1:0"))).await?;
    let addresses: Vec<_> = peers
        .iter()
        .map(UdpSocket::local_addr)
        .collect::<Result<_, _>>()?;

    let policy = Policy::naming(Protocol::Udp, &addresses);
    let provider = Host::native().provider(Settings::new(policy))?;
    let socket = provider.socket(AddressFamily::Inet, SocketType::Dgram)?;
    let message = Bytes::from("to everybody");
    let sends: Vec<_> = addresses
        .iter()
        .map(|peer| socket.send_to([message.clone()], MessageFlags::empty(), *peer))
        .collect::<Result<_, _>>()?;
    // The payload is shared, not copied for each of them.
    for completion in try_join_all(sends).await? {
        completion.error.map_or(Ok(()), Err)?;
    }

    let mut room = [0; 64];
    let mut received = 0;
    for peer in &peers {
        let length = peer.recv(&mut room).await?;
        received += usize::from(room.get(..length) == Some(&message));
    }
    Ok(received)
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn every_peer_gets_it() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(super::broadcast(20).await?, 20);
        Ok(())
    }
}
