//! Sends that wait for room: who is told of it, and when nobody waits any more.

use std::task::Poll;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::poll;
use tokio::task::JoinHandle;
use wsp::{Error, Socket, WsaError};
use wsp_tests::peer;
use wsp_tests::{assert_same_bytes, within};

use super::support::{Connected, assert_no_more, block, code, connected, no_flags};

/// More than a socket and its peer hold before anybody reads.
const TOO_LONG: usize = 8 << 20;

/// Reads everything until the end of the stream.
fn read_all(mut peer: tokio::net::TcpStream) -> JoinHandle<Vec<u8>> {
    tokio::spawn(async move { peer::read_to_end(&mut peer).await })
}

type Sending<'a> = BoxFuture<'a, Result<u64, Error>>;

/// A send of ten bytes that waits as a first one does, and how many such bytes found room before:
/// a system makes more of itself, until what it may keep for the peer is there.
async fn waiting_too<'a>(first: &mut Sending<'_>, socket: &'a Socket) -> (Sending<'a>, usize) {
    let mut early = 0;
    loop {
        assert!(poll!(first.as_mut()).is_pending(), "nobody has read yet");
        let mut second: Sending<'a> = Box::pin(socket.send_all([block(1, 10)], no_flags()));
        match poll!(second.as_mut()) {
            Poll::Pending => return (second, early),
            Poll::Ready(sent) => early += sent.unwrap() as usize,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_finds_room_although_another_that_waits_is_not_polled() {
    let Connected {
        provider,
        socket,
        peer,
    } = connected().await;
    let first = block(0, TOO_LONG);
    let mut sleeping: Sending<'_> = Box::pin(socket.send_all([first.clone()], no_flags()));
    let (second, early) = waiting_too(&mut sleeping, &socket).await;
    let arrived = read_all(peer);
    let sent = within("the second should be sent", second).await;
    assert_eq!(sent.unwrap(), 10);

    let sent = within("the first should be sent", sleeping).await;
    assert_eq!(sent.unwrap() as usize, first.len());
    assert_no_more(&provider);
    socket.close().unwrap();
    let arrived = within("the end of the stream", arrived).await.unwrap();
    assert_eq!(arrived.len(), first.len() + early + 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_finds_room_after_one_that_waited_was_given_up() {
    let Connected {
        provider,
        socket,
        peer,
    } = connected().await;
    let (first, second) = (block(0, TOO_LONG), block(500, 10));
    let mut given_up = Box::pin(socket.send_all([first.clone()], no_flags()));
    assert!(poll!(&mut given_up).is_pending(), "nobody has read yet");
    drop(given_up);

    let mut sending = Box::pin(socket.send_all([second.clone()], no_flags()));
    assert!(poll!(&mut sending).is_pending(), "nobody has read yet");
    let arrived = read_all(peer);
    let sent = within("the second should be sent", sending).await;
    assert_eq!(sent.unwrap(), 10);
    assert_no_more(&provider);
    socket.close().unwrap();
    let arrived = within("the end of the stream", arrived).await.unwrap();
    let (begin, end) = arrived.split_at(arrived.len() - 10);
    assert_same_bytes(begin, &first[..begin.len()]);
    assert_same_bytes(end, &second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_a_socket_ends_a_send_that_waits_for_room_and_the_stream() {
    let Connected {
        provider,
        socket,
        peer,
    } = connected().await;
    let all: Bytes = block(0, TOO_LONG);
    let mut sending = Box::pin(socket.send_all([all.clone()], no_flags()));
    assert!(poll!(&mut sending).is_pending(), "nobody has read yet");
    socket.close().unwrap();
    let sent = within("the send should end", sending).await;
    assert_eq!(code(sent), WsaError::NotSock);
    let arrived = within("the end of the stream", read_all(peer)).await;
    let arrived = arrived.unwrap();
    assert_same_bytes(&arrived, &all[..arrived.len()]);
    assert_no_more(&provider);
}

#[tokio::test]
async fn a_send_finds_room_although_another_is_polled_once_more_and_then_never() {
    let Connected {
        provider,
        socket,
        peer,
    } = connected().await;
    let mut sleeping: Sending<'_> = Box::pin(socket.send_all([block(0, TOO_LONG)], no_flags()));
    let (second, _) = waiting_too(&mut sleeping, &socket).await;
    // The runtime has this thread only: now a task waits for room in place of both.
    tokio::task::yield_now().await;
    assert!(poll!(&mut sleeping).is_pending(), "nobody has read yet");

    let arrived = read_all(peer);
    let sent = within("the second should be sent", second).await;
    assert_eq!(sent.unwrap(), 10);
    drop(sleeping);
    socket.close().unwrap();
    let arrived = within("the end of the stream", arrived).await.unwrap();
    assert!(arrived.ends_with(&block(1, 10)));
    drop(provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_of_several_tasks_share_the_room_of_a_socket() {
    const TASKS: usize = 4;
    let Connected {
        provider,
        socket,
        peer,
    } = connected().await;
    let sending = (0..TASKS).map(|task| {
        let (socket, bytes) = (socket.clone(), block(task, 1 << 20));
        tokio::spawn(async move { socket.send_all([bytes], no_flags()).await })
    });
    let sending: Vec<_> = sending.collect();
    let arrived = read_all(peer);
    for send in sending {
        let sent = within("every send should end", send).await.unwrap();
        assert_eq!(sent.unwrap(), 1 << 20);
    }
    assert_no_more(&provider);
    socket.close().unwrap();
    let arrived = within("the end of the stream", arrived).await.unwrap();
    assert_eq!(arrived.len(), TASKS << 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_given_up_while_it_waits_holds_no_operation_once_there_is_room() {
    let Connected {
        provider,
        socket,
        peer,
    } = connected().await;
    let mut given_up = Box::pin(socket.send_all([block(0, TOO_LONG)], no_flags()));
    assert!(poll!(&mut given_up).is_pending(), "nobody has read yet");
    drop(given_up);
    assert_eq!(provider.monitor().report().held.operations, 1);

    let _arrived = read_all(peer);
    within("the operation should end", async {
        while provider.monitor().report().held.operations > 0 {
            assert_no_more(&provider);
            tokio::task::yield_now().await;
        }
    })
    .await;
}
