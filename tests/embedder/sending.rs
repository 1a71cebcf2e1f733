//! Sends on streams.

use bytes::Bytes;
use futures::poll;
use wsp::{Completion, Notify, ShutdownHow, WsaError};
use wsp_tests::peer::{self, Listener, V4};
use wsp_tests::{assert_same_bytes, within};

use super::support::{
    Connected, EVERY_NOTIFY, TOO_MANY, assert_no_more, block, code, completion, completions,
    connected, no_flags, reaching, send, send_too_much, stream_socket,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gathered_sends_arrive_in_order_with_one_completion_each() {
    let mut connected = connected().await;
    let mut expected = Vec::new();
    let mut posted = Vec::new();
    for number in 0..30 {
        let notify = EVERY_NOTIFY[number % 3];
        let parts = [block(number, 10), Bytes::new(), block(number + 1, 1000)];
        expected.extend(parts.iter().flatten());
        let send = connected.socket.send_overlapped(parts, no_flags(), notify);
        posted.push((send.unwrap().operation, notify));
    }
    let arrived = peer::read_exactly(&mut connected.peer, expected.len()).await;
    assert_same_bytes(&arrived, &expected);

    let completions = completions(&connected.provider, posted.len()).await;
    for (operation, notify) in posted {
        let completion = &completions[&operation];
        assert_eq!(completion.error, None);
        assert_eq!(completion.transferred, 1010);
        assert_eq!(completion.notify, notify);
        assert_eq!((&completion.data, completion.source), (&None, None));
    }
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_sends_are_in_flight_to_a_peer_that_reads_late() {
    let mut connected = connected().await;
    let mut expected = Vec::new();
    let mut pending = 0;
    for number in 0..100 {
        let bytes = block(number, 20_000 + number);
        expected.extend_from_slice(&bytes);
        let posted = send(&connected.socket, &bytes, EVERY_NOTIFY[number % 3]).unwrap();
        pending += usize::from(posted.transferred.is_none());
    }
    assert!(pending > 50, "only {pending} of 100 sends were pending");

    let arrived = peer::read_exactly(&mut connected.peer, expected.len()).await;
    assert_same_bytes(&arrived, &expected);
    let completions = completions(&connected.provider, 100).await;
    for (number, completion) in completions.values().enumerate() {
        assert_eq!(completion.error, None);
        assert_eq!(completion.transferred as usize, 20_000 + number);
        assert_eq!(completion.notify, EVERY_NOTIFY[number % 3]);
    }
    assert_no_more(&connected.provider);
}

#[tokio::test]
async fn a_send_that_is_done_at_once_yields_a_completion_too() {
    let connected = connected().await;
    for notify in EVERY_NOTIFY {
        let posted = send(&connected.socket, &block(0, 100), notify).unwrap();
        assert_eq!(posted.transferred, Some(100));
        let completion = completion(&connected.provider).await;
        assert_eq!(completion.operation, posted.operation);
        assert_eq!((completion.error, completion.transferred), (None, 100));
        assert_eq!(completion.notify, notify);
        assert_no_more(&connected.provider);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sends_in_one_go_yield_ten_thousand_completions() {
    let mut connected = connected().await;
    let mut expected = Vec::new();
    for number in 0..10_000 {
        let parts = [block(number, 16), block(number + 7, 48)];
        expected.extend(parts.iter().flatten());
        let send = connected
            .socket
            .send_overlapped(parts, no_flags(), EVERY_NOTIFY[number % 3]);
        send.unwrap();
    }
    let (arrived, completions) = tokio::join!(
        peer::read_exactly(&mut connected.peer, expected.len()),
        completions(&connected.provider, 10_000),
    );
    assert_same_bytes(&arrived, &expected);
    assert!(
        completions
            .values()
            .all(|completion| (completion.error, completion.transferred) == (None, 64))
    );
    assert_no_more(&connected.provider);
}

#[tokio::test]
async fn asking_what_is_unacknowledged_walks_over_no_pending_send() {
    const SENDS: usize = 50_000;
    const QUESTIONS: usize = 200_000;
    let Connected {
        provider,
        socket,
        peer: _nobody_reads,
    } = connected().await;
    send_too_much(&socket);
    let byte = block(0, 1);
    for _ in 0..SENDS {
        let posted = send(&socket, &byte, Notify::Poll).unwrap();
        assert_eq!(posted.transferred, None);
    }
    // A step for each send that is pending, at each question, takes minutes.
    within("many questions", async {
        for _ in 0..QUESTIONS {
            assert!(provider.unacknowledged() > SENDS as u64);
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_send_of_nothing_completes_and_a_send_without_buffers_is_refused() {
    let mut connected = connected().await;
    let nothing = [Bytes::new(), Bytes::new()];
    let posted = connected
        .socket
        .send_overlapped(nothing, no_flags(), Notify::Poll);
    assert_eq!(posted.unwrap().transferred, Some(0));
    assert_eq!(completion(&connected.provider).await.transferred, 0);

    let posted = connected
        .socket
        .send_overlapped([], no_flags(), Notify::Poll);
    assert_eq!(code(posted), WsaError::Inval);
    assert_no_more(&connected.provider);

    connected.socket.close().unwrap();
    assert!(peer::read_to_end(&mut connected.peer).await.is_empty());
}

#[tokio::test]
async fn a_send_of_more_parts_than_one_system_call_takes_arrives_in_order() {
    let mut connected = connected().await;
    let parts: Vec<Bytes> = (0..5000).map(|number| block(number, 3)).collect();
    let expected: Vec<u8> = parts.iter().flatten().copied().collect();
    let posted = connected
        .socket
        .send_overlapped(parts, no_flags(), Notify::Event);
    posted.unwrap();
    let arrived = peer::read_exactly(&mut connected.peer, expected.len()).await;
    assert_same_bytes(&arrived, &expected);
    assert_eq!(completion(&connected.provider).await.transferred, 15_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronous_send_waits_for_room_and_sends_everything() {
    let mut connected = connected().await;
    let parts: Vec<Bytes> = (0..64).map(|number| block(number, 128 * 1024)).collect();
    let expected: Vec<u8> = parts.iter().flatten().copied().collect();
    let mut sending = Box::pin(connected.socket.send_all(parts, no_flags()));
    assert!(poll!(&mut sending).is_pending(), "nobody has read yet");
    let (sent, arrived) = tokio::join!(
        within("everything should be sent", sending),
        peer::read_exactly(&mut connected.peer, expected.len()),
    );
    assert_eq!(sent.unwrap() as usize, expected.len());
    assert_same_bytes(&arrived, &expected);
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_synchronous_send_follows_the_pending_ones() {
    let mut connected = connected().await;
    let (_, first) = send_too_much(&connected.socket);
    let last = block(99, 50_000);
    let expected = [first, last.clone()].concat();
    let (sent, arrived) = tokio::join!(
        within(
            "everything should be sent",
            connected.socket.send_all([last], no_flags())
        ),
        peer::read_exactly(&mut connected.peer, expected.len()),
    );
    assert_eq!(sent.unwrap(), 50_000);
    assert_same_bytes(&arrived, &expected);
    completions(&connected.provider, TOO_MANY).await;
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_the_stream_follows_the_pending_sends() {
    let mut connected = connected().await;
    let (_, expected) = send_too_much(&connected.socket);
    connected.socket.shutdown(ShutdownHow::Send).unwrap();
    let refused = send(&connected.socket, &block(0, 1), Notify::Event);
    assert_eq!(code(refused), WsaError::ShutDown);

    let arrived = peer::read_to_end(&mut connected.peer).await;
    assert_same_bytes(&arrived, &expected);
    let completions = completions(&connected.provider, TOO_MANY).await;
    assert!(completions.values().all(|c| c.error.is_none()));
    assert_no_more(&connected.provider);

    // Only one direction has ended.
    peer::write(&mut connected.peer, b"still here").await;
    let received = connected
        .socket
        .receive_overlapped(64, no_flags(), Notify::Event);
    received.unwrap();
    let completion = completion(&connected.provider).await;
    assert_eq!(completion.data.unwrap(), "still here");
}

#[tokio::test]
async fn a_socket_that_is_not_connected_sends_nothing() {
    let connected = connected().await;
    let fresh = stream_socket(&connected.provider);
    for notify in EVERY_NOTIFY {
        assert_eq!(code(send(&fresh, &block(0, 1), notify)), WsaError::NotConn);
    }
    let sent = fresh.send_all([block(0, 1)], no_flags()).await;
    assert_eq!(code(sent), WsaError::NotConn);
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_of_one_provider_send_from_several_tasks_at_once() {
    const SENDS: usize = 200;

    let listener = Listener::on(V4);
    let provider = reaching(listener.address());
    let tasks = (0..4).map(|task| {
        let (provider, address) = (provider.clone(), listener.address());
        tokio::spawn(async move {
            let socket = stream_socket(&provider);
            socket.connect(address).await.unwrap();
            for number in 0..SENDS {
                send(&socket, &block(task, 1000), EVERY_NOTIFY[number % 3]).unwrap();
            }
            socket.shutdown(ShutdownHow::Send).unwrap();
            socket
        })
    });
    let tasks: Vec<_> = tasks.collect();

    let mut arrived = Vec::new();
    for _ in 0..4 {
        arrived.push(peer::read_to_end(&mut listener.accept().await).await);
    }
    for task in 0..4 {
        let sent = block(task, 1000).repeat(SENDS);
        assert!(arrived.contains(&sent), "what task {task} sent");
    }
    let completions = completions(&provider, 4 * SENDS).await;
    let complete = |c: &Completion| (c.error, c.transferred) == (None, 1000);
    assert!(completions.values().all(complete));
    assert_no_more(&provider);
    for task in tasks {
        within("a task should end", task).await.unwrap();
    }
}
