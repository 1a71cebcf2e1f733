//! The stream of completions.

use futures::{FutureExt, StreamExt, poll};
use wsp::Notify;
use wsp_tests::{assert_same_bytes, peer, within};

use super::support::{
    EVERY_NOTIFY, assert_no_more, block, completions, connected, no_flags, send, send_too_much,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_dropped_and_remade_loses_nothing() {
    let mut connected = connected().await;
    let (posted, sent) = send_too_much(&connected.socket);
    let mut reported = Vec::new();
    let reading = tokio::spawn(async move {
        let arrived = peer::read_exactly(&mut connected.peer, sent.len()).await;
        assert_same_bytes(&arrived, &sent);
        connected.peer
    });
    while reported.len() < posted.len() {
        // Each is dropped while it waits, or with more to report.
        let mut stream = connected.provider.completions();
        if let Some(completion) = stream.next().now_or_never() {
            reported.push(completion.unwrap().unwrap().operation);
        }
        tokio::task::yield_now().await;
    }
    reported.sort_unstable();
    assert_eq!(reported, posted);
    assert_no_more(&connected.provider);
    within("the peer", reading).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_waits_already_hears_of_later_operations() {
    let mut connected = connected().await;
    for notify in EVERY_NOTIFY {
        let mut stream = connected.provider.completions();
        let mut next = stream.next();
        assert!(poll!(&mut next).is_pending());
        // One that is done at once,
        send(&connected.socket, &block(0, 10), notify).unwrap();
        let completion = within("the send's completion", next).await;
        assert_eq!(completion.unwrap().unwrap().transferred, 10);

        // and one that is done later.
        let mut next = stream.next();
        let receive = connected.socket.receive_overlapped(64, no_flags(), notify);
        receive.unwrap();
        assert!(poll!(&mut next).is_pending());
        peer::write(&mut connected.peer, b"later").await;
        let completion = within("the receive's completion", next).await;
        assert_eq!(completion.unwrap().unwrap().data.unwrap(), "later");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_streams_share_the_completions() {
    const SENDS: usize = 300;

    let mut connected = connected().await;
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let (mut stream, sender) = (connected.provider.completions(), sender.clone());
            tokio::spawn(async move {
                while let Some(completion) = stream.next().await {
                    sender.send(completion.unwrap().operation).unwrap();
                }
            })
        })
        .collect();
    let mut posted = Vec::new();
    for number in 0..SENDS {
        let sent = send(&connected.socket, &block(0, 5000), EVERY_NOTIFY[number % 3]);
        posted.push(sent.unwrap().operation);
    }
    peer::read_exactly(&mut connected.peer, SENDS * 5000).await;
    let mut reported = Vec::new();
    for _ in 0..SENDS {
        let operation = within("every completion", receiver.recv()).await;
        reported.push(operation.unwrap());
    }
    reported.sort_unstable();
    assert_eq!(reported, posted);
    for task in tasks {
        task.abort();
    }
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completions_that_nobody_takes_hinder_no_send() {
    let mut connected = connected().await;
    for _ in 0..1000 {
        send(&connected.socket, &block(0, 1000), Notify::Routine).unwrap();
    }
    peer::read_exactly(&mut connected.peer, 1_000_000).await;
    completions(&connected.provider, 1000).await;
    assert_no_more(&connected.provider);
}
