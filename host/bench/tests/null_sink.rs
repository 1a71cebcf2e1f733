//! The null sink: what is sent into it is taken, and goes nowhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};

use bytes::Bytes;
use wsp::laboratory::discard_sends;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Host, MessageFlags, Settings, SocketType};

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_send_is_taken_whole_and_its_peer_gets_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let peer = listener.local_addr().unwrap();
    let settings = Settings::new(Policy::naming(Protocol::Tcp, &[peer]));
    let provider = Host::new().unwrap().provider(discard_sends(settings));
    let provider = provider.unwrap();
    let socket = provider.socket(AddressFamily::Inet, SocketType::Stream);
    let socket = socket.unwrap();
    socket.connect(peer).await.unwrap();
    let (mut stream, _) = listener.accept().unwrap();

    let payload = Bytes::from_static(&[7; 64]);
    let sent = socket.send_all([payload], MessageFlags::empty()).await;
    assert_eq!(sent.unwrap(), 64);
    socket.close().unwrap();

    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    assert!(received.is_empty(), "{received:?}");
}
