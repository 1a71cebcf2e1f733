//! What a policy refuses, through real sockets.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use wsp::policy::{Decision, Mode, Policy, PolicyConfig, Protocol, Rule};
use wsp::{AddressFamily, Notify, Provider, Settings, Socket, SocketOption, SocketType, WsaError};
use wsp_tests::peer::{self, Datagrams, Listener, V4, V6};
use wsp_tests::within;

use super::support::{
    block, code, completion, host, listening, no_flags, provider, send, stream_socket,
};

fn policy(text: &str) -> Policy {
    text.parse::<PolicyConfig>().unwrap().resolve().unwrap()
}

fn datagram_socket(provider: &Provider) -> Socket {
    provider
        .socket(AddressFamily::Inet, SocketType::Dgram)
        .unwrap()
}

fn send_to(socket: &Socket, to: SocketAddr) -> Result<wsp::Posted, wsp::Error> {
    socket.send_to_overlapped([block(0, 1)], no_flags(), to, Notify::Event)
}

/// The labels of what was decided: request and verdict.
#[derive(Clone, Default)]
struct Watched(Arc<Mutex<Vec<String>>>);

impl Watched {
    fn provider(&self, policy: Policy) -> Provider {
        let watched = self.clone();
        let observer = move |decision: &Decision<'_>| {
            let request = decision.request.label();
            let line = format!("{request}: {}", decision.label());
            watched.0.lock().unwrap().push(line);
        };
        let settings = Settings::new(policy).with_observer(Arc::new(observer));
        host().provider(settings).unwrap()
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_is_told_of_every_decision_and_a_send_on_a_connection_is_none() {
    let listener = Listener::on(V4);
    let watched = Watched::default();
    let provider = watched.provider(Policy::naming(Protocol::Tcp, &[listener.address()]));
    let socket = stream_socket(&provider);
    socket.connect((V4, 9).into()).await.unwrap_err();
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    send(&socket, &Bytes::from_static(b"hello"), Notify::Event).unwrap();
    assert_eq!(peer::read_exactly(&mut peer, 5).await, b"hello");
    assert_eq!(
        watched.take(),
        [
            "create: allowed",
            "connect: denied",
            "connect: allowed",
            "implicit-bind: allowed"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_bound_implicitly_only_after_a_decision_on_that() {
    let peer = Datagrams::on(V4).await;
    let watched = Watched::default();
    let bindable = policy(&format!(
        "outbound.allow = ['udp://{}']\ninbound.allow = ['udp://127.0.0.1:0']",
        peer.address()
    ));
    let provider = watched.provider(bindable);
    let sending = datagram_socket(&provider);
    send_to(&sending, peer.address()).unwrap();
    let connecting = datagram_socket(&provider);
    connecting.connect(peer.address()).await.unwrap();
    let bound = datagram_socket(&provider);
    bound.bind((V4, 0).into()).unwrap();
    send_to(&bound, peer.address()).unwrap();
    assert_eq!(
        watched.take(),
        [
            "create: allowed",
            "datagram-to: allowed",
            "implicit-bind: allowed",
            "create: allowed",
            "connect: allowed",
            "implicit-bind: allowed",
            "create: allowed",
            "bind: allowed",
            "datagram-to: allowed"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_only_counts_does_everything_and_says_what_it_would_deny() {
    let listener = Listener::on(V4);
    let peer = Datagrams::on(V4).await;
    let watched = Watched::default();
    let provider = watched.provider(Policy::deny_all().with_mode(Mode::Count));
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let datagrams = datagram_socket(&provider);
    send_to(&datagrams, peer.address()).unwrap();
    assert_eq!(peer.receive().await.0.len(), 1);
    let server = listening(&provider);
    let client = peer::connect(server.local_addr().unwrap()).await;
    let (_accepted, from) = within("the connection", server.accept()).await.unwrap();
    assert_eq!(from, client.local_addr().unwrap());
    let expected = [
        "create",
        "connect",
        "implicit-bind",
        "create",
        "datagram-to",
        "implicit-bind",
        "create",
        "bind",
        "listen",
        "accept",
    ];
    assert_eq!(
        watched.take(),
        expected.map(|request| format!("{request}: would-be-denied"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unbound_socket_of_a_provider_without_outbound_rules_is_not_bound_by_listening() {
    let provider = provider(policy(
        "inbound.allow = ['tcp://127.0.0.1:1', 'udp://127.0.0.1:1']",
    ));
    let stream = stream_socket(&provider);
    assert_eq!(code(stream.listen(1)), WsaError::Inval);
    assert_eq!(code(stream.local_addr()), WsaError::Inval);
    let datagrams = datagram_socket(&provider);
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    assert_eq!(code(datagrams.bind(any)), WsaError::Acces);
    assert_eq!(code(datagrams.local_addr()), WsaError::Inval);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_datagram_socket_that_may_send_nowhere_is_not_bound_by_a_send() {
    // The peer is welcome to send, and nothing may be sent to it.
    let peer = Datagrams::on(V4).await;
    let provider = provider(policy(&format!(
        "outbound.allow = ['udp://{}']\noutbound.deny = ['udp://*:*']",
        peer.address()
    )));
    let socket = datagram_socket(&provider);
    assert_eq!(code(send_to(&socket, peer.address())), WsaError::Acces);
    assert_eq!(code(socket.local_addr()), WsaError::Inval);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connecting_a_datagram_socket_again_is_decided_again() {
    let (allowed, denied) = (Datagrams::on(V4).await, Datagrams::on(V4).await);
    let provider = provider(Policy::naming(Protocol::Udp, &[allowed.address()]));
    let socket = datagram_socket(&provider);
    socket.connect(allowed.address()).await.unwrap();
    let again = socket.connect(denied.address()).await;
    assert_eq!(code(again), WsaError::Acces);
    // It is still connected to the one that is allowed.
    send(&socket, &block(0, 3), Notify::Event).unwrap();
    assert_eq!(allowed.receive().await.0, block(0, 3));
    assert_eq!(socket.peer_addr().unwrap(), allowed.address());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_given_to_a_connected_datagram_socket_is_decided() {
    let (allowed, denied) = (Datagrams::on(V4).await, Datagrams::on(V4).await);
    let provider = provider(Policy::naming(Protocol::Udp, &[allowed.address()]));
    let socket = datagram_socket(&provider);
    socket.connect(allowed.address()).await.unwrap();
    assert_eq!(code(send_to(&socket, denied.address())), WsaError::Acces);
    send_to(&socket, allowed.address()).unwrap();
    assert_eq!(allowed.receive().await.0.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_given_to_a_connected_stream_changes_nothing() {
    let (allowed, denied) = (Listener::on(V4), Listener::on(V4));
    let provider = provider(Policy::naming(Protocol::Tcp, &[allowed.address()]));
    let socket = stream_socket(&provider);
    socket.connect(allowed.address()).await.unwrap();
    let mut peer = allowed.accept().await;
    send_to(&socket, denied.address()).unwrap();
    assert_eq!(peer::read_exactly(&mut peer, 1).await, &block(0, 1)[..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_was_bound_connects_no_farther_than_one_that_was_not() {
    let (allowed, denied) = (Listener::on(V4), Listener::on(V4));
    let provider = provider(policy(&format!(
        "inbound.allow = ['tcp://127.0.0.1:0']\noutbound.allow = ['tcp://{}']",
        allowed.address()
    )));
    let socket = stream_socket(&provider);
    socket.bind((V4, 0).into()).unwrap();
    let outcome = socket.connect(denied.address()).await;
    assert_eq!(code(outcome), WsaError::Acces);
    socket.connect(allowed.address()).await.unwrap();
    // Nor does the connection to one peer open the way to another.
    let again = socket.connect(denied.address()).await;
    assert!(matches!(code(again), WsaError::IsConn | WsaError::Acces));
    assert_eq!(socket.peer_addr().unwrap(), allowed.address());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_of_a_denied_peer_is_closed_and_the_next_one_is_taken() {
    let stranger = peer::bound_stream(V4);
    let stranger_address = stranger.local_addr().unwrap();
    let provider = provider(policy(&format!(
        "inbound.allow = ['tcp://127.0.0.1:0']\npeer.deny = ['tcp://{stranger_address}']"
    )));
    let server = listening(&provider);
    let address = server.local_addr().unwrap();
    let mut refused = within("the connection", stranger.connect(address))
        .await
        .unwrap();
    let welcome = peer::connect(address).await;
    let (accepted, from) = within("the connection", server.accept()).await.unwrap();
    assert_eq!(from, welcome.local_addr().unwrap());
    assert_eq!(accepted.peer_addr().unwrap(), from);
    // The stranger sees the end, and nothing of what is served.
    let (bytes, _) = peer::read_until_gone(&mut refused).await;
    assert_eq!(bytes, b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_peers_of_a_rule_are_let_in() {
    let guest = peer::bound_stream(V4);
    let guest_address = guest.local_addr().unwrap();
    let provider = provider(policy(&format!(
        "inbound.allow = ['tcp://127.0.0.1:0']\npeer.allow = ['tcp://{guest_address}']"
    )));
    let server = listening(&provider);
    let address = server.local_addr().unwrap();
    let mut refused = peer::connect(address).await;
    let _guest = within("the connection", guest.connect(address))
        .await
        .unwrap();
    let (_accepted, from) = within("the connection", server.accept()).await.unwrap();
    assert_eq!(from, guest_address);
    assert_eq!(peer::read_until_gone(&mut refused).await.0, b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_of_a_denied_peer_are_dropped_where_others_are_received() {
    let (stranger, peer) = (Datagrams::on(V4).await, Datagrams::on(V4).await);
    let provider = provider(policy(&format!(
        "inbound.allow = ['udp://127.0.0.1:0']\npeer.deny = ['udp://{}']",
        stranger.address()
    )));
    let socket = datagram_socket(&provider);
    socket.bind((V4, 0).into()).unwrap();
    let local = socket.local_addr().unwrap();
    stranger.send(b"from a stranger", local).await;
    peer.send(b"from the peer", local).await;
    socket
        .receive_overlapped(64, no_flags(), Notify::Event)
        .unwrap();
    let received = completion(&provider).await;
    assert_eq!(received.data.unwrap(), "from the peer");
    assert_eq!(received.source, Some(peer.address()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broadcasting_needs_both_the_rule_and_the_option() {
    let everyone = SocketAddr::from((Ipv4Addr::BROADCAST, 9));
    let wide = provider(policy("outbound.allow = ['udp://*:*']"));
    let socket = datagram_socket(&wide);
    socket.set_option(SocketOption::SoBroadcast(true)).unwrap();
    assert_eq!(code(send_to(&socket, everyone)), WsaError::Acces);
    assert_eq!(
        code(socket.local_addr()),
        WsaError::Inval,
        "nothing was done"
    );

    let named = provider(policy("outbound.allow = ['udp://255.255.255.255:9']"));
    let socket = datagram_socket(&named);
    assert_eq!(code(send_to(&socket, everyone)), WsaError::Acces);
    let connected = socket.connect(everyone).await;
    assert!(connected.is_ok() || code(connected) == WsaError::Acces);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_spelling_of_a_denied_address_reaches_it() {
    let listener = Listener::on(V4);
    let six = Listener::on(V6);
    let port = listener.address().port();
    // Everything that does not need a rule of its own is allowed.
    let provider = provider(policy("outbound.allow = ['tcp://*:*', 'udp://*:*']"));
    for text in [
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::1",
        "2001::80ff:fffe",
        "::ffff:0.0.0.0",
    ] {
        let ip: Ipv6Addr = text.parse().unwrap();
        for port in [port, six.address().port()] {
            let socket = provider
                .socket(AddressFamily::Inet6, SocketType::Stream)
                .unwrap();
            let outcome = socket.connect((ip, port).into()).await;
            assert_eq!(code(outcome), WsaError::Acces, "{text}");
        }
    }
    let elsewhere = SocketAddr::from((Ipv4Addr::new(127, 1, 2, 3), port));
    let outcome = stream_socket(&provider).connect(elsewhere).await;
    assert_eq!(code(outcome), WsaError::Acces);
    // The system would take this for 127.0.0.1; Winsock never does.
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let outcome = stream_socket(&provider).connect(any).await;
    assert_eq!(code(outcome), WsaError::AddrNotAvail);
    assert!(listener.accept().now_or_never().is_none());
    assert!(six.accept().now_or_never().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_does_not_change_what_an_address_is() {
    let provider = provider(policy("outbound.allow = ['udp://*:*']"));
    let socket = provider
        .socket(AddressFamily::Inet6, SocketType::Dgram)
        .unwrap();
    let scoped = std::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 9, 0, 1);
    assert_eq!(code(send_to(&socket, scoped.into())), WsaError::Acces);
    let loopback = std::net::SocketAddrV6::new(Ipv6Addr::LOCALHOST, 9, 7, 1);
    assert_eq!(code(send_to(&socket, loopback.into())), WsaError::Acces);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_may_listen_on_one_address_cannot_listen_on_all() {
    let provider = provider(
        Policy::deny_all()
            .allow_inbound("tcp://127.0.0.1:0".parse::<Rule>().unwrap())
            .unwrap(),
    );
    let socket = stream_socket(&provider);
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    assert_eq!(code(socket.bind(any)), WsaError::Acces);
    socket.bind((V4, 0).into()).unwrap();
    // What the system bound is what was asked for.
    assert_eq!(socket.local_addr().unwrap().ip(), V4);
    socket.listen(1).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outbound_rule_does_not_let_an_implicitly_bound_socket_listen() {
    let listener = Listener::on(V4);
    let provider = provider(Policy::naming(Protocol::Tcp, &[listener.address()]));
    let socket = stream_socket(&provider);
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    socket.bind(any).unwrap();
    assert_eq!(code(socket.listen(1)), WsaError::Acces);
}
