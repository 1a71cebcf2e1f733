//! One overlapped send of two buffers to a receiver on this machine, and its completion.
//!
//! `cargo run -p wsp-host --example send`

use std::error::Error;

use bytes::Bytes;
use futures::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Host, MessageFlags, Notify, Settings, SocketType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", send().await?);
    Ok(())
}

async fn send() -> Result<String, Box<dyn Error>> {
    let receiver = TcpListener::bind("127.0.0.1:0").await?;
    let target = receiver.local_addr()?;

    // Naming the target grants it, and nothing else.
    let policy = Policy::naming(Protocol::Tcp, &[target]);
    let provider = Host::new()?.provider(Settings::new(policy))?;
    let socket = provider.socket(AddressFamily::Inet, SocketType::Stream)?;
    socket.connect(target).await?;

    let buffers = [Bytes::from("gathered "), Bytes::from("in one system call")];
    let mut completions = provider.completions();
    socket.send_overlapped(buffers, MessageFlags::empty(), Notify::Event)?;
    let completion = completions.next().await.ok_or("the provider has ended")??;
    socket.close()?;

    let (mut connection, _) = receiver.accept().await?;
    let mut received = String::new();
    connection.read_to_string(&mut received).await?;
    let sent = completion.transferred;
    Ok(format!("{sent} bytes sent, received {received:?}"))
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn what_is_sent_is_received() -> Result<(), Box<dyn std::error::Error>> {
        let line = super::send().await?;
        assert_eq!(
            line,
            r#"27 bytes sent, received "gathered in one system call""#
        );
        Ok(())
    }
}
