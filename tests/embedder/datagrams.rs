//! Datagrams.

use std::net::SocketAddr;

use bytes::Bytes;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Notify, Provider, Settings, Socket, SocketType, WsaError};
use wsp_tests::peer::{Datagrams, V4};

use super::support::{
    EVERY_NOTIFY, assert_no_more, block, code, completion, host, no_flags, provider, send,
};

fn datagram_socket(provider: &Provider) -> Socket {
    provider
        .socket(AddressFamily::Inet, SocketType::Dgram)
        .unwrap()
}

/// A socket that may send to `peer` and hear from it.
fn socket_reaching(peer: SocketAddr) -> (Provider, Socket) {
    let provider = provider(Policy::naming(Protocol::Udp, &[peer]));
    let socket = datagram_socket(&provider);
    (provider, socket)
}

#[tokio::test]
async fn the_buffers_of_a_send_are_one_datagram() {
    let peer = Datagrams::on(V4).await;
    let (provider, socket) = socket_reaching(peer.address());
    let parts = || ["one ", "", "datagram"].map(Bytes::from);
    let to = peer.address();
    for notify in EVERY_NOTIFY {
        let posted = socket.send_to_overlapped(parts(), no_flags(), to, notify);
        assert_eq!(posted.unwrap().transferred, Some(12));
        assert_eq!(completion(&provider).await.transferred, 12);
        let (datagram, source) = peer.receive().await;
        assert_eq!(datagram, b"one datagram");
        assert_eq!(source.port(), socket.local_addr().unwrap().port());
    }

    let without_peer = socket.send_overlapped(parts(), no_flags(), Notify::Event);
    assert_eq!(code(without_peer), WsaError::NotConn);
    socket.connect(to).await.unwrap();
    socket
        .send_overlapped(parts(), no_flags(), Notify::Event)
        .unwrap();
    assert_eq!(peer.receive().await.0, b"one datagram");
    let sent = socket.send_all(parts(), no_flags()).await;
    assert_eq!(sent.unwrap(), 12);
    assert_eq!(peer.receive().await.0, b"one datagram");
}

#[tokio::test]
async fn a_datagram_that_is_too_long_is_that_also_where_no_operation_is_left() {
    let peer = Datagrams::on(V4).await;
    let policy = Policy::naming(Protocol::Udp, &[peer.address()]);
    let mut settings = Settings::new(policy);
    settings.limits.operations = 0;
    let provider = host().provider(settings).unwrap();
    let socket = datagram_socket(&provider);
    let sent = |length| {
        let bytes = [block(1, length)];
        let to = peer.address();
        code(socket.send_to_overlapped(bytes, no_flags(), to, Notify::Event))
    };
    assert_eq!(sent(65_508), WsaError::MsgSize);
    assert_eq!(sent(65_507), WsaError::WouldBlock);
}

#[tokio::test]
async fn a_datagram_of_very_many_parts_is_one_datagram() {
    let peer = Datagrams::on(V4).await;
    let (_provider, socket) = socket_reaching(peer.address());
    socket.connect(peer.address()).await.unwrap();
    let parts: Vec<Bytes> = (0..3000).map(|number| block(number, 2)).collect();
    let expected: Vec<u8> = parts.iter().flatten().copied().collect();
    socket
        .send_overlapped(parts, no_flags(), Notify::Event)
        .unwrap();
    assert_eq!(peer.receive().await.0, expected);
}

#[tokio::test]
async fn a_datagram_that_is_too_long_is_refused_and_the_next_one_arrives() {
    let peer = Datagrams::on(V4).await;
    let (provider, socket) = socket_reaching(peer.address());
    socket.connect(peer.address()).await.unwrap();
    for notify in EVERY_NOTIFY {
        let posted = send(&socket, &block(0, 65_508), notify);
        assert_eq!(code(posted), WsaError::MsgSize);
    }
    let sent = socket.send_all([block(0, 65_508)], no_flags()).await;
    assert_eq!(code(sent), WsaError::MsgSize);
    assert_no_more(&provider);

    for length in [65_507, 0, 5] {
        send(&socket, &block(1, length), Notify::Event).unwrap();
        assert_eq!(peer.receive().await.0, block(1, length));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receive_tells_where_a_datagram_came_from() {
    let peer = Datagrams::on(V4).await;
    let (provider, socket) = socket_reaching(peer.address());
    socket.bind((V4, 0).into()).unwrap_err();
    socket.connect(peer.address()).await.unwrap();
    let local = socket.local_addr().unwrap();
    for notify in EVERY_NOTIFY {
        // Once before there is something to receive, once after.
        let posted = socket.receive_overlapped(64, no_flags(), notify).unwrap();
        assert_eq!(posted.transferred, None);
        peer.send(b"first", local).await;
        let received = completion(&provider).await;
        assert_eq!(received.operation, posted.operation);
        assert_eq!(received.data.unwrap(), "first");
        assert_eq!(received.source, Some(peer.address()));
    }
    assert_no_more(&provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_datagram_that_does_not_fit_is_an_error() {
    let peer = Datagrams::on(V4).await;
    let (provider, socket) = socket_reaching(peer.address());
    socket.connect(peer.address()).await.unwrap();
    let local = socket.local_addr().unwrap();
    let pending = socket
        .receive_overlapped(4, no_flags(), Notify::Event)
        .unwrap();
    peer.send(b"too long", local).await;
    let received = completion(&provider).await;
    assert_eq!(received.operation, pending.operation);
    assert_eq!(received.error, Some(WsaError::MsgSize));
    assert_eq!(
        (received.transferred, received.data.unwrap()),
        (4, "too ".into())
    );

    // The rest of it is gone.
    socket
        .receive_overlapped(4, no_flags(), Notify::Routine)
        .unwrap();
    peer.send(b"next", local).await;
    assert_eq!(completion(&provider).await.data.unwrap(), "next");
    assert_no_more(&provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_datagram_that_is_there_and_does_not_fit_is_reported_with_its_bytes_and_source() {
    let peer = Datagrams::on(V4).await;
    let (provider, socket) = socket_reaching(peer.address());
    socket.connect(peer.address()).await.unwrap();
    let local = socket.local_addr().unwrap();
    for notify in EVERY_NOTIFY {
        let (posted, received) = loop {
            peer.send(b"too long", local).await;
            let posted = socket.receive_overlapped(4, no_flags(), notify).unwrap();
            let received = completion(&provider).await;
            // The receive may have come before the datagram.
            if posted.transferred.is_some() {
                break (posted, received);
            }
        };
        assert_eq!(posted.transferred, Some(4));
        assert_eq!(received.operation, posted.operation);
        assert_eq!(received.error, Some(WsaError::MsgSize));
        assert_eq!(received.transferred, 4);
        assert_eq!(received.notify, notify);
        assert_eq!(received.data.unwrap(), "too ");
        assert_eq!(received.source, Some(peer.address()));
    }
    assert_no_more(&provider);

    // Nothing is left of it: the same structures serve the next receives.
    for notify in EVERY_NOTIFY {
        let pending = socket.receive_overlapped(4, no_flags(), notify).unwrap();
        assert_eq!(pending.transferred, None);
        peer.send(b"next", local).await;
        let received = completion(&provider).await;
        assert_eq!(
            (received.error, received.data.unwrap()),
            (None, "next".into())
        );
    }
    assert_no_more(&provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_of_strangers_are_dropped_unseen() {
    let (peer, stranger) = (Datagrams::on(V4).await, Datagrams::on(V4).await);
    let (provider, socket) = socket_reaching(peer.address());
    // Sending binds it, without a default peer that the system would filter by.
    let to = peer.address();
    socket
        .send_to_overlapped([block(0, 1)], no_flags(), to, Notify::Event)
        .unwrap();
    completion(&provider).await;
    let (_, local) = peer.receive().await;

    let pending = socket
        .receive_overlapped(64, no_flags(), Notify::Event)
        .unwrap();
    stranger.send(b"from a stranger", local).await;
    peer.send(b"from the peer", local).await;
    let received = completion(&provider).await;
    assert_eq!(received.operation, pending.operation);
    assert_eq!(received.data.unwrap(), "from the peer");
    assert_eq!(received.source, Some(to));
    assert_no_more(&provider);
}

#[tokio::test]
async fn a_datagram_to_somebody_without_a_grant_is_denied() {
    let (peer, denied) = (Datagrams::on(V4).await, Datagrams::on(V4).await);
    let (provider, socket) = socket_reaching(peer.address());
    for notify in EVERY_NOTIFY {
        let to = denied.address();
        let posted = socket.send_to_overlapped([block(0, 1)], no_flags(), to, notify);
        assert_eq!(code(posted), WsaError::Acces);
    }
    let connected = socket.connect(denied.address()).await;
    assert_eq!(code(connected), WsaError::Acces);
    assert_no_more(&provider);

    // The first datagram that comes there is somebody else's.
    peer.send(b"allowed", denied.address()).await;
    assert_eq!(denied.receive().await.0, b"allowed");
}

#[tokio::test]
async fn a_socket_that_loses_its_peer_tells_its_new_port() {
    let peer = Datagrams::on(V4).await;
    let (provider, socket) = socket_reaching(peer.address());
    socket.connect(peer.address()).await.unwrap();
    socket.local_addr().unwrap();
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    socket.connect(nobody).await.unwrap();
    assert_eq!(code(socket.peer_addr()), WsaError::NotConn);
    let posted = send(&socket, &block(0, 1), Notify::Event);
    assert_eq!(code(posted), WsaError::NotConn);
    assert_no_more(&provider);

    let to = peer.address();
    let posted = socket.send_to_overlapped([block(0, 1)], no_flags(), to, Notify::Event);
    posted.unwrap();
    let (_, source) = peer.receive().await;
    assert_eq!(source.port(), socket.local_addr().unwrap().port());
}

#[tokio::test]
async fn an_unanswered_datagram_fails_no_later_send() {
    let gone = Datagrams::on(V4).await.address();
    let (provider, socket) = socket_reaching(gone);
    socket.connect(gone).await.unwrap();
    for _ in 0..10 {
        let posted = send(&socket, &block(0, 10), Notify::Event).unwrap();
        assert_eq!(posted.transferred, Some(10));
        assert_eq!(completion(&provider).await.error, None);
    }
}
