//! What a provider may hold.

use bytes::Bytes;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Limits, Notify, Provider, Settings, Socket, SocketType, WsaError};
use wsp_tests::peer::{self, Listener, V4};
use wsp_tests::{assert_same_bytes, within};

use super::support::{
    EVERY_NOTIFY, TOO_MANY, assert_no_more, block, code, completions, connected_within, host,
    listening, no_flags, send, send_too_much, stream_socket,
};

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_beyond_the_limit_is_refused_until_another_is_closed() {
    let connected = connected_within(limits(|limits| limits.sockets = 2)).await;
    let second = stream_socket(&connected.provider);
    let refused = || {
        let (family, kind) = (AddressFamily::Inet, SocketType::Stream);
        connected.provider.socket(family, kind)
    };
    assert_eq!(code(refused()), WsaError::Mfile);
    second.close().unwrap();
    let third = stream_socket(&connected.provider);
    assert_eq!(code(refused()), WsaError::Mfile);
    drop(third);
    stream_socket(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_beyond_the_limit_of_sockets_is_not_accepted() {
    let rule = "tcp://127.0.0.1:0".parse().unwrap();
    let policy = Policy::deny_all().allow_inbound(rule).unwrap();
    let settings = Settings::new(policy).with_limits(limits(|limits| limits.sockets = 2));
    let provider = host().provider(settings).unwrap();
    let listener = listening(&provider);
    let address = listener.local_addr().unwrap();
    let (_one, _other) = (peer::connect(address).await, peer::connect(address).await);
    let (first, _) = listener.accept().await.unwrap();
    assert_eq!(code(listener.accept().await), WsaError::Mfile);
    drop(first);
    listener.accept().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_beyond_the_limit_is_refused_until_another_has_ended() {
    let mut connected = connected_within(limits(|limits| limits.operations = 4)).await;
    let (_, mut sent) = send_too_much(&connected.socket);
    let last = block(0, 10);
    send(&connected.socket, &last, Notify::Event).unwrap();
    sent = [sent, last].concat().into();
    for notify in EVERY_NOTIFY {
        let refused = send(&connected.socket, &block(0, 10), notify);
        assert_eq!(code(refused), WsaError::WouldBlock);
        let refused = connected.socket.receive_overlapped(10, no_flags(), notify);
        assert_eq!(code(refused), WsaError::WouldBlock);
    }
    let arrived = peer::read_exactly(&mut connected.peer, sent.len()).await;
    assert_same_bytes(&arrived, &sent);
    completions(&connected.provider, TOO_MANY + 1).await;
    assert_no_more(&connected.provider);
    send(&connected.socket, &block(0, 10), Notify::Event).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_operations_can_be_outstanding_as_the_limit_allows() {
    // With an event each they need more handles than a store has by itself.
    const OPERATIONS: usize = 60_000;

    let mut connected = connected_within(limits(|limits| limits.operations = OPERATIONS)).await;
    let (_, sent) = send_too_much(&connected.socket);
    let byte = block(0, 1);
    for _ in TOO_MANY..OPERATIONS {
        send(&connected.socket, &byte, Notify::Event).unwrap();
    }
    let refused = send(&connected.socket, &byte, Notify::Event);
    assert_eq!(code(refused), WsaError::WouldBlock);
    let bytes = sent.len() + OPERATIONS - TOO_MANY;
    let arrived = peer::read_exactly(&mut connected.peer, bytes).await;
    assert_same_bytes(&arrived[..sent.len()], &sent);
    completions(&connected.provider, OPERATIONS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payload_beyond_the_limit_is_refused_until_some_has_gone() {
    const LIMIT: usize = 8 << 20;

    let mut connected = connected_within(limits(|limits| limits.payload_bytes = LIMIT)).await;
    let too_much = send(&connected.socket, &block(0, LIMIT + 1), Notify::Event);
    assert_eq!(code(too_much), WsaError::NoBufs);
    let half = block(1, LIMIT / 2);
    for notify in EVERY_NOTIFY.iter().take(2) {
        let posted = send(&connected.socket, &half, *notify).unwrap();
        assert_eq!(posted.transferred, None);
    }
    for notify in EVERY_NOTIFY {
        let refused = send(&connected.socket, &block(0, 10), notify);
        assert_eq!(code(refused), WsaError::NoBufs);
        let refused = connected.socket.receive_overlapped(10, no_flags(), notify);
        assert_eq!(code(refused), WsaError::NoBufs);
    }
    let arrived = peer::read_exactly(&mut connected.peer, LIMIT).await;
    assert_same_bytes(&arrived, &half.repeat(2));
    completions(&connected.provider, 2).await;
    assert_no_more(&connected.provider);
    send(&connected.socket, &block(0, LIMIT), Notify::Event).unwrap();
}

#[tokio::test]
async fn an_array_of_more_parts_than_the_limit_is_refused() {
    let mut connected = connected_within(limits(|limits| limits.parts = 100)).await;
    let parts = |count: usize| (0..count).map(|number| block(number, 1));
    for notify in EVERY_NOTIFY {
        let refused = connected
            .socket
            .send_overlapped(parts(101), no_flags(), notify);
        assert_eq!(code(refused), WsaError::NoBufs);
    }
    let refused = connected.socket.send_all(parts(101), no_flags()).await;
    assert_eq!(code(refused), WsaError::NoBufs);
    assert_no_more(&connected.provider);

    let posted = connected
        .socket
        .send_overlapped(parts(100), no_flags(), Notify::Event);
    posted.unwrap();
    let expected: Vec<Bytes> = parts(100).collect();
    assert_eq!(
        peer::read_exactly(&mut connected.peer, 100).await,
        expected.concat()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_gives_everything_back() {
    let listener = Listener::on(V4);
    let policy = Policy::naming(Protocol::Tcp, &[listener.address()]);
    let limits = limits(|limits| {
        limits.sockets = 1;
        limits.operations = 8;
        limits.payload_bytes = 8 << 20;
    });
    let settings = Settings::new(policy).with_limits(limits);
    let provider = host().provider(settings).unwrap();
    for _ in 0..20 {
        let socket = within("a socket", another_socket(&provider)).await;
        socket.connect(listener.address()).await.unwrap();
        let _peer = listener.accept().await;
        for notify in EVERY_NOTIFY {
            send(&socket, &block(0, 2 << 20), notify).unwrap();
            socket.receive_overlapped(1000, no_flags(), notify).unwrap();
        }
        socket.close().unwrap();
        completions(&provider, 6).await;
    }
}

/// A socket at the limit: the system's own is closed a moment after the one that
/// it belonged to, when the tasks that drove it have ended.
async fn another_socket(provider: &Provider) -> Socket {
    loop {
        match provider.socket(AddressFamily::Inet, SocketType::Stream) {
            Ok(socket) => return socket,
            Err(error) => assert_eq!(error.winsock(), Some(WsaError::Mfile)),
        }
        tokio::task::yield_now().await;
    }
}
