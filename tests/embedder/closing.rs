//! Closing, dropping, and what becomes of pending operations.

use wsp::{Notify, SocketOption, WsaError};
use wsp_tests::{assert_same_bytes, peer};

use super::support::{
    Connected, EVERY_NOTIFY, TOO_MANY, assert_no_more, block, code, completions, connected,
    no_flags, no_task_is_left, send, send_too_much,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_aborts_each_pending_operation_once() {
    let mut connected = connected().await;
    let (sends, sent) = send_too_much(&connected.socket);
    let receives = EVERY_NOTIFY.map(|notify| {
        let posted = connected.socket.receive_overlapped(64, no_flags(), notify);
        posted.unwrap().operation
    });
    connected.socket.close().unwrap();

    let completions = completions(&connected.provider, sends.len() + receives.len()).await;
    for (number, operation) in sends.iter().chain(&receives).enumerate() {
        let completion = &completions[operation];
        assert_eq!(completion.error, Some(WsaError::OperationAborted));
        assert_eq!(completion.notify, EVERY_NOTIFY[number % 3]);
    }
    assert_no_more(&connected.provider);

    // The peer gets no more than the completions say, and is told that it is a part.
    let sends = sends.iter().map(|operation| &completions[operation]);
    let transferred: u32 = sends.map(|completion| completion.transferred).sum();
    assert!(transferred > 0);
    let (arrived, end) = peer::read_until_gone(&mut connected.peer).await;
    assert!(arrived.len() <= transferred as usize);
    assert_same_bytes(&arrived, &sent[..arrived.len()]);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_closed_socket_is_no_socket() {
    let connected = connected().await;
    connected.socket.close().unwrap();
    for notify in EVERY_NOTIFY {
        let sent = send(&connected.socket, &block(0, 1), notify);
        assert_eq!(code(sent), WsaError::NotSock);
    }
    assert_eq!(code(connected.socket.close()), WsaError::NotSock);
    assert_eq!(code(connected.socket.local_addr()), WsaError::NotSock);
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_socket_closes_it_after_what_was_sent() {
    let mut connected = connected().await;
    let bytes = block(0, 10_000);
    send(&connected.socket, &bytes, Notify::Event).unwrap();
    let other = connected.socket.clone();
    drop(connected.socket);
    send(&other, &bytes, Notify::Event).unwrap();
    drop(other);
    let arrived = peer::read_to_end(&mut connected.peer).await;
    assert_same_bytes(&arrived, &bytes.repeat(2));
    let completions = completions(&connected.provider, 2).await;
    assert!(completions.values().all(|c| c.error.is_none()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_socket_aborts_what_is_pending() {
    let mut connected = connected().await;
    send_too_much(&connected.socket);
    drop(connected.socket);
    let completions = completions(&connected.provider, TOO_MANY).await;
    let aborted = Some(WsaError::OperationAborted);
    assert!(completions.values().all(|c| c.error == aborted));
    assert_no_more(&connected.provider);
    let (_, end) = peer::read_until_gone(&mut connected.peer).await;
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_provider_ends_what_is_pending() {
    let Connected {
        provider,
        socket,
        mut peer,
    } = connected().await;
    let (_, sent) = send_too_much(&socket);
    for notify in EVERY_NOTIFY {
        socket.receive_overlapped(64, no_flags(), notify).unwrap();
    }
    let stream = provider.completions();
    drop((provider, socket, stream));
    no_task_is_left().await;
    let (arrived, end) = peer::read_until_gone(&mut peer).await;
    assert!(arrived.len() < sent.len());
    assert_same_bytes(&arrived, &sent[..arrived.len()]);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_keeps_its_provider() {
    let mut connected = connected().await;
    drop(connected.provider);
    let bytes = block(0, 1000);
    send(&connected.socket, &bytes, Notify::Poll).unwrap();
    let arrived = peer::read_exactly(&mut connected.peer, bytes.len()).await;
    assert_same_bytes(&arrived, &bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_lingers_for_no_time_resets_the_connection() {
    let mut connected = connected().await;
    let linger = SocketOption::SoLinger(Some(0));
    connected.socket.set_option(linger).unwrap();
    send_too_much(&connected.socket);
    connected.socket.close().unwrap();
    let (_, end) = peer::read_until_gone(&mut connected.peer).await;
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_lingers_stays_open_while_data_are_unsent() {
    let mut connected = connected().await;
    let linger = SocketOption::SoLinger(Some(1));
    connected.socket.set_option(linger).unwrap();
    let (_, sent) = send_too_much(&connected.socket);
    assert_eq!(code(connected.socket.close()), WsaError::WouldBlock);
    let arrived = peer::read_exactly(&mut connected.peer, sent.len()).await;
    assert_same_bytes(&arrived, &sent);
    let completions = completions(&connected.provider, TOO_MANY).await;
    assert!(completions.values().all(|c| c.error.is_none()));
}
