//! Connecting and accepting.

use std::time::Duration;

use bytes::Bytes;
use futures::poll;
use tokio::runtime::Handle;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Notify, SocketType, WsaError};
use wsp_tests::peer::{self, Listener, V4, V6, refusing};
use wsp_tests::{assert_same_bytes, within};

use super::support::{
    assert_no_more, code, completion, listening, no_flags, pair, provider, reaching,
    receiving_on_loopback, send, stream_socket,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_providers_connect_and_send_to_each_other() {
    let pair = pair().await;
    let there_and_back = [
        (&pair.connecting, &pair.accepting_provider, &pair.accepted),
        (&pair.accepted, &pair.connecting_provider, &pair.connecting),
    ];
    for (from, receiving_provider, to) in there_and_back {
        to.receive_overlapped(64, no_flags(), Notify::Event)
            .unwrap();
        send(from, &Bytes::from_static(b"hello"), Notify::Poll).unwrap();
        let received = completion(receiving_provider).await;
        // The first direction's own send is reported in the second one.
        let received = match received.data {
            Some(data) => data,
            None => completion(receiving_provider).await.data.unwrap(),
        };
        assert_eq!(received, "hello");
        assert_eq!(from.local_addr().unwrap(), to.peer_addr().unwrap());
        assert_eq!(to.local_addr().unwrap(), from.peer_addr().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_connects_over_ipv6() {
    let listener = Listener::on(V6);
    let provider = reaching(listener.address());
    let socket = provider
        .socket(AddressFamily::Inet6, SocketType::Stream)
        .unwrap();
    socket.connect(listener.address()).await.unwrap();
    let mut stream = listener.accept().await;
    send(&socket, &Bytes::from_static(b"over IPv6"), Notify::Event).unwrap();
    drop(socket);
    assert_same_bytes(&peer::read_to_end(&mut stream).await, b"over IPv6");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_that_is_refused_says_so_and_the_socket_can_connect_again() {
    let (_socket, refused) = refusing();
    let listener = Listener::on(V4);
    let provider = provider(Policy::naming(
        Protocol::Tcp,
        &[refused, listener.address()],
    ));
    let socket = stream_socket(&provider);
    for _ in 0..2 {
        let outcome = within("the refusal", socket.connect(refused)).await;
        assert_eq!(code(outcome), WsaError::ConnRefused);
    }
    let outcome = within("the connection", socket.connect(listener.address())).await;
    outcome.unwrap();
    let mut stream = listener.accept().await;
    send(&socket, &Bytes::from_static(b"after all"), Notify::Event).unwrap();
    assert_eq!(completion(&provider).await.transferred, 9);
    assert_eq!(peer::read_exactly(&mut stream, 9).await, b"after all");

    let again = socket.connect(listener.address()).await;
    assert_eq!(code(again), WsaError::IsConn);
}

#[tokio::test(flavor = "current_thread")]
async fn a_socket_that_connects_after_a_refusal_waits_without_being_woken() {
    let (_socket, refused) = refusing();
    let listener = Listener::on(V4);
    let provider = provider(Policy::naming(
        Protocol::Tcp,
        &[refused, listener.address()],
    ));
    let socket = stream_socket(&provider);
    let outcome = within("the refusal", socket.connect(refused)).await;
    assert_eq!(code(outcome), WsaError::ConnRefused);
    socket.connect(listener.address()).await.unwrap();
    let _peer = listener.accept().await;
    socket
        .receive_overlapped(64, no_flags(), Notify::Event)
        .unwrap();

    let metrics = Handle::current().metrics();
    let before = metrics.worker_park_count(0);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let parked = metrics.worker_park_count(0) - before;
    assert!(parked < 20, "the thread was woken {parked} times in 100 ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_connect_leaves_the_attempt_under_way() {
    let listener = Listener::with_room_for_one();
    let _first = peer::connect(listener.address()).await;
    let provider = reaching(listener.address());
    let socket = stream_socket(&provider);
    let mut connecting = Box::pin(socket.connect(listener.address()));
    assert!(poll!(&mut connecting).is_pending(), "the listener is full");
    drop(connecting);
    // As on Windows, where the peer of an attempt has a name already.
    assert_eq!(socket.peer_addr().unwrap(), listener.address());

    let _accepted = listener.accept().await;
    let outcome = within("the connection", socket.connect(listener.address())).await;
    outcome.unwrap();
    assert_eq!(socket.peer_addr().unwrap(), listener.address());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accept_that_is_dropped_loses_no_connection() {
    let provider = receiving_on_loopback(Protocol::Tcp);
    let listener = listening(&provider);
    let address = listener.local_addr().unwrap();
    for _ in 0..20 {
        let mut accepting = Box::pin(listener.accept());
        assert!(poll!(&mut accepting).is_pending(), "nobody has connected");
        let peer = peer::connect(address).await;
        drop(accepting);
        let (_socket, from) = within("the connection", listener.accept()).await.unwrap();
        assert_eq!(from, peer.local_addr().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_are_accepted_as_they_come() {
    // Fewer at once than the system keeps for who accepts late.
    const AT_ONCE: usize = 100;

    let provider = receiving_on_loopback(Protocol::Tcp);
    let listener = listening(&provider);
    let address = listener.local_addr().unwrap();
    for _ in 0..5 {
        let peers = tokio::spawn(async move {
            let mut peers = Vec::new();
            for _ in 0..AT_ONCE {
                peers.push(peer::connect(address).await);
            }
            peers
        });
        let mut sockets = Vec::new();
        for _ in 0..AT_ONCE {
            sockets.push(within("a connection", listener.accept()).await.unwrap());
        }
        let peers = within("every connection", peers).await.unwrap();
        for (peer, (socket, from)) in peers.iter().zip(&sockets) {
            assert_eq!(peer.local_addr().unwrap(), *from);
            assert_eq!(socket.peer_addr().unwrap(), *from);
        }
    }
}

#[tokio::test]
async fn a_provider_without_a_grant_for_a_protocol_gets_no_socket_of_it() {
    let nothing = provider(Policy::deny_all());
    let (_socket, address) = refusing();
    let datagrams = provider(Policy::naming(Protocol::Udp, &[address]));
    for provider in [nothing, datagrams] {
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let socket = provider.socket(family, SocketType::Stream);
            assert_eq!(code(socket), WsaError::Acces);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_that_is_denied_reaches_nobody() {
    let denied = Listener::on(V4);
    let (_socket, granted) = refusing();
    let provider = reaching(granted);
    let socket = stream_socket(&provider);
    let outcome = socket.connect(denied.address()).await;
    assert_eq!(code(outcome), WsaError::Acces);
    assert_eq!(code(socket.local_addr()), WsaError::Inval);
    assert_no_more(&provider);

    // The first that the listener hears of is somebody else.
    let other = peer::connect(denied.address()).await;
    let first = denied.accept().await;
    assert_eq!(first.peer_addr().unwrap(), other.local_addr().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn providers_do_not_reach_each_others_grants() {
    let listeners = [Listener::on(V4), Listener::on(V4)];
    let addresses = listeners.each_ref().map(Listener::address);
    let providers = addresses.map(reaching);
    for (own, provider) in providers.iter().enumerate() {
        let denied = stream_socket(provider).connect(addresses[1 - own]).await;
        assert_eq!(code(denied), WsaError::Acces);
        let socket = stream_socket(provider);
        socket.connect(addresses[own]).await.unwrap();
        assert_eq!(
            listeners[own].accept().await.peer_addr().unwrap(),
            socket.local_addr().unwrap()
        );
    }
}

#[tokio::test]
async fn a_provider_that_may_only_connect_cannot_listen() {
    let (_socket, address) = refusing();
    let socket = stream_socket(&reaching(address));
    assert_eq!(code(socket.bind((V4, 0).into())), WsaError::Acces);
    assert_eq!(code(socket.listen(1)), WsaError::Inval);
    assert_eq!(code(socket.accept().await), WsaError::Inval);
}
