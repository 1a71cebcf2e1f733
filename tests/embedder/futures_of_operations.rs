//! Sends and receives that are awaited one by one.

use std::pin::pin;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::join_all;
use tokio::io::AsyncWriteExt;
use wsp::policy::Policy;
use wsp::{AddressFamily, SocketType, WsaError};
use wsp_tests::peer::{self, V4};
use wsp_tests::within;

use super::support::{
    Connected, assert_no_more, block, code, connected, connected_by, no_flags, pair, provider,
    send_too_much,
};

#[tokio::test]
async fn a_send_is_told_by_its_future_and_by_nothing_else() {
    let Connected {
        provider,
        socket,
        mut peer,
    } = connected().await;
    let buffers = ["hello, ", "winsock"].map(Bytes::from);
    let sent = socket.send(buffers, no_flags()).unwrap();
    let number = sent.posted().operation;
    let completion = within("the send", sent).await.unwrap();
    assert_eq!((completion.error, completion.transferred), (None, 14));
    assert_eq!(completion.operation, number);
    assert_no_more(&provider);
    assert_eq!(peer::read_exactly(&mut peer, 14).await, b"hello, winsock");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn sends_that_are_awaited_together_each_end_once_with_their_own_bytes() {
    let Connected {
        socket, mut peer, ..
    } = connected_by(|settings| settings, |_| {}).await;
    let parts: Vec<Bytes> = (0..64).map(|at| block(at, 100 + at)).collect();
    let send = |part: &Bytes| socket.send([part.clone()], no_flags()).unwrap();
    let sends: Vec<_> = parts.iter().map(send).collect();
    let all = parts.concat();
    let (ended, read) = within("the sends", async {
        tokio::join!(join_all(sends), peer::read_exactly(&mut peer, all.len()))
    })
    .await;
    let transferred: Vec<usize> = ended
        .into_iter()
        .map(|completion| completion.unwrap().transferred as usize)
        .collect();
    assert_eq!(
        transferred,
        parts.iter().map(Bytes::len).collect::<Vec<_>>()
    );
    wsp_tests::assert_same_bytes(&read, &all);
}

#[tokio::test]
async fn a_send_that_is_pending_ends_once_the_peer_reads() {
    let Connected {
        socket, mut peer, ..
    } = connected_by(|settings| settings, super::support::little_room).await;
    let all = block(3, 4 << 20);
    let mut sent = pin!(socket.send([all.clone()], no_flags()).unwrap());
    assert!(sent.as_mut().now_or_never().is_none(), "nobody has read");
    let read = async {
        let read = peer::read_exactly(&mut peer, all.len()).await;
        wsp_tests::assert_same_bytes(&read, &all);
    };
    let (ended, ()) = within("the send", async { tokio::join!(sent, read) }).await;
    assert_eq!(ended.unwrap().transferred as usize, all.len());
}

#[tokio::test]
async fn a_send_whose_future_is_dropped_goes_on_and_tells_nobody() {
    let Connected {
        provider,
        socket,
        mut peer,
    } = connected().await;
    let all = block(4, 2 << 20);
    drop(socket.send([all.clone()], no_flags()).unwrap());
    let last = socket.send([Bytes::from("!")], no_flags()).unwrap();
    let read = peer::read_exactly(&mut peer, all.len() + 1);
    let (read, last) = within("the sends", async { tokio::join!(read, last) }).await;
    assert_eq!(last.unwrap().transferred, 1);
    wsp_tests::assert_same_bytes(&read[..all.len()], &all);
    assert_no_more(&provider);
}

#[tokio::test]
async fn futures_and_the_stream_of_completions_do_not_take_from_each_other() {
    let Connected {
        provider,
        socket,
        mut peer,
    } = connected().await;
    let (operations, all) = send_too_much(&socket);
    let last = socket.send([Bytes::from("!")], no_flags()).unwrap();
    let read = peer::read_exactly(&mut peer, all.len() + 1);
    let told = super::support::completions(&provider, operations.len());
    let (_, last, told) = within("the sends", async { tokio::join!(read, last, told) }).await;
    assert_eq!(last.unwrap().transferred, 1);
    assert!(operations.iter().all(|number| told.contains_key(number)));
    assert_no_more(&provider);
}

#[tokio::test]
async fn a_receive_is_awaited_and_the_end_of_the_stream_is_empty() {
    let Connected {
        socket, mut peer, ..
    } = connected().await;
    let mut received = pin!(socket.recv(100, no_flags()));
    assert!(
        received.as_mut().now_or_never().is_none(),
        "nothing was sent"
    );
    peer.write_all(b"hello").await.unwrap();
    assert_eq!(within("the bytes", received).await.unwrap(), "hello");
    // What is there already needs no wait.
    peer.write_all(b"more").await.unwrap();
    assert_eq!(
        within("the bytes", socket.recv(2, no_flags()))
            .await
            .unwrap(),
        "mo"
    );
    assert_eq!(
        within("the bytes", socket.recv(9, no_flags()))
            .await
            .unwrap(),
        "re"
    );
    drop(peer);
    assert!(
        within("the end", socket.recv(9, no_flags()))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_a_dropped_receive_has_received_comes_with_the_next() {
    let pair = pair().await;
    let (from, to) = (&pair.connecting, &pair.accepted);
    let all = block(7, 20_000);
    let send = async {
        for part in all.chunks(97) {
            let part = Bytes::copy_from_slice(part);
            from.send([part], no_flags()).unwrap().await.unwrap();
            tokio::task::yield_now().await;
        }
        from.shutdown(wsp::ShutdownHow::Send).unwrap();
    };
    let receive = async {
        let (mut received, mut dropped) = (Vec::new(), 0);
        loop {
            // Every other one is given up, before it was polled or after.
            let mut given_up = Box::pin(to.recv(61, no_flags()));
            if dropped % 2 == 1 {
                let _ = given_up.as_mut().now_or_never().map(|bytes| {
                    received.extend(bytes.unwrap());
                });
            }
            drop(given_up);
            dropped += 1;
            match to.recv(53, no_flags()).await.unwrap() {
                bytes if bytes.is_empty() => return received,
                bytes => received.extend(bytes),
            }
        }
    };
    let ((), received) = within("the stream", async { tokio::join!(send, receive) }).await;
    wsp_tests::assert_same_bytes(&received, &all);
}

#[tokio::test]
async fn a_receive_fails_as_its_connection_does() {
    let Connected { socket, peer, .. } = connected().await;
    peer::reset(peer);
    let received = within("the reset", socket.recv(9, no_flags())).await;
    assert_eq!(code(received), WsaError::ConnReset);
}

#[tokio::test]
async fn a_receive_whose_socket_is_closed_is_aborted() {
    let Connected {
        socket,
        provider,
        peer: _peer,
    } = connected().await;
    let mut received = pin!(socket.recv(9, no_flags()));
    assert!(received.as_mut().now_or_never().is_none());
    socket.close().unwrap();
    let received = within("the end", received).await;
    assert_eq!(code(received), WsaError::OperationAborted);
    assert_no_more(&provider);
}

#[tokio::test]
async fn datagrams_are_received_with_their_source() {
    let rule = |text: &str| text.parse().unwrap();
    let policy = Policy::deny_all()
        .allow_inbound(rule("udp://127.0.0.1:0"))
        .and_then(|policy| policy.allow_outbound(rule("udp://127.0.0.1:*")))
        .unwrap();
    let provider = provider(policy);
    let [from, to] = [(); 2].map(|()| {
        let socket = provider
            .socket(AddressFamily::Inet, SocketType::Dgram)
            .unwrap();
        socket.bind((V4, 0).into()).unwrap();
        socket
    });
    let (source, target) = (from.local_addr().unwrap(), to.local_addr().unwrap());
    for datagram in ["hello", "", "too long"] {
        let sent = from
            .send_to([Bytes::from(datagram)], no_flags(), target)
            .unwrap();
        assert_eq!(
            within("the send", sent).await.unwrap().transferred as usize,
            datagram.len()
        );
    }
    let receive = async || within("a datagram", to.recv_from(5, no_flags())).await;
    assert_eq!(
        receive().await.unwrap(),
        (Bytes::from("hello"), Some(source))
    );
    assert_eq!(receive().await.unwrap(), (Bytes::new(), Some(source)));
    assert_eq!(code(receive().await), WsaError::MsgSize);
}

#[tokio::test]
async fn many_receives_on_many_sockets_each_get_their_own_bytes() {
    let mut connections = Vec::new();
    for _ in 0..20 {
        connections.push(connected().await);
    }
    let received = connections
        .iter()
        .map(|connection| connection.socket.recv(9, no_flags()));
    let received: Vec<_> = received.collect();
    let sent = async {
        for (at, connection) in connections.iter().enumerate().rev() {
            let bytes = at.to_string();
            let mut at = 0;
            while at < bytes.len() {
                connection.peer.writable().await.unwrap();
                at += connection
                    .peer
                    .try_write(&bytes.as_bytes()[at..])
                    .unwrap_or(0);
            }
        }
    };
    let (received, ()) = within("the bytes", async {
        tokio::join!(join_all(received), sent)
    })
    .await;
    for (at, bytes) in received.into_iter().enumerate() {
        assert_eq!(bytes.unwrap(), at.to_string());
    }
}
