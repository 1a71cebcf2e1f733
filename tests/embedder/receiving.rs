//! Receives on streams.

use bytes::Bytes;
use wsp::{MessageFlags, Notify, ShutdownHow, WsaError};
use wsp_tests::{peer, within};

use super::support::{
    EVERY_NOTIFY, assert_no_more, code, completion, completions, connected, no_flags, pair,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receive_completes_when_something_arrives() {
    let mut connected = connected().await;
    for notify in EVERY_NOTIFY {
        let posted = connected.socket.receive_overlapped(64, no_flags(), notify);
        let posted = posted.unwrap();
        assert_eq!(posted.transferred, None);
        assert_no_more(&connected.provider);

        peer::write(&mut connected.peer, b"hello").await;
        let completion = completion(&connected.provider).await;
        assert_eq!(completion.operation, posted.operation);
        assert_eq!((completion.error, completion.transferred), (None, 5));
        assert_eq!(completion.data.unwrap(), "hello");
        assert_eq!((completion.notify, completion.source), (notify, None));
        assert_no_more(&connected.provider);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receives_are_served_in_the_order_of_their_posting() {
    let mut connected = connected().await;
    let mut posted = Vec::new();
    for number in 0..30 {
        let notify = EVERY_NOTIFY[number % 3];
        let receive = connected
            .socket
            .receive_overlapped(4, MessageFlags::WAIT_ALL, notify);
        posted.push(receive.unwrap().operation);
    }
    let sent: Vec<u8> = (0..120).collect();
    peer::write(&mut connected.peer, &sent).await;
    let completions = completions(&connected.provider, 30).await;
    for (number, operation) in posted.iter().enumerate() {
        let data = completions[operation].data.as_ref().unwrap();
        assert_eq!(data, &sent[number * 4..][..4]);
    }
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receive_at_the_end_of_the_stream_completes_with_nothing() {
    let connected = connected().await;
    let receive = |notify| connected.socket.receive_overlapped(64, no_flags(), notify);
    receive(Notify::Event).unwrap();
    drop(connected.peer);
    let pending = completion(&connected.provider).await;
    assert_eq!((pending.error, pending.transferred), (None, 0));
    assert_eq!(pending.data.unwrap(), "");

    let posted = receive(Notify::Routine).unwrap();
    assert_eq!(posted.transferred, Some(0));
    let at_once = completion(&connected.provider).await;
    assert_eq!(at_once.data.unwrap(), "");
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_bytes_that_come_one_by_one_are_served_in_order() {
    let mut connected = connected().await;
    let receive = || {
        let posted = connected
            .socket
            .receive_overlapped(64, no_flags(), Notify::Event);
        posted.unwrap();
    };
    (0..3).for_each(|_| receive());
    for number in 0..1000u32 {
        let byte = [number.to_le_bytes()[0]];
        peer::write(&mut connected.peer, &byte).await;
        let completion = completion(&connected.provider).await;
        assert_eq!(completion.data.unwrap(), byte.as_slice());
        receive();
    }
}

#[tokio::test]
async fn nothing_can_be_received_after_that_direction_was_shut_down() {
    let connected = connected().await;
    connected.socket.shutdown(ShutdownHow::Receive).unwrap();
    for notify in EVERY_NOTIFY {
        let posted = connected.socket.receive_overlapped(64, no_flags(), notify);
        assert_eq!(code(posted), WsaError::ShutDown);
    }
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_urgent_byte_is_received_apart_from_the_rest() {
    let pair = pair().await;
    let receive = |flags| pair.accepted.receive_overlapped(64, flags, Notify::Event);
    let bytes = [Bytes::from_static(b"in line!")];
    let sent = pair
        .connecting
        .send_overlapped(bytes, MessageFlags::OOB, Notify::Poll);
    assert_eq!(sent.unwrap().transferred, Some(8));

    let urgent = within("the urgent byte should arrive", async {
        loop {
            match receive(MessageFlags::OOB) {
                Ok(posted) => return posted.operation,
                // There is none yet.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let urgent = urgent.await;
    let completion_of_urgent = completion(&pair.accepting_provider).await;
    assert_eq!(completion_of_urgent.operation, urgent);
    assert_eq!(completion_of_urgent.data.unwrap(), "!");

    receive(no_flags()).unwrap();
    let rest = completion(&pair.accepting_provider).await;
    assert_eq!(rest.data.unwrap(), "in line");
    assert_no_more(&pair.accepting_provider);
}
