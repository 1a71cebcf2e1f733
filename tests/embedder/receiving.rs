//! Receives on streams.

use bytes::Bytes;
use wsp::{MessageFlags, Notify, ShutdownHow, WsaError};
use wsp_tests::{peer, within};

use super::support::{
    EVERY_NOTIFY, assert_no_more, code, completion, completions, connected, no_flags, pair, send,
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
async fn an_urgent_receive_is_reported_while_another_receive_is_pending() {
    let pair = pair().await;
    let receive = |flags, notify| pair.accepted.receive_overlapped(64, flags, notify);
    for notify in [Notify::Event, Notify::Poll] {
        receive(no_flags(), notify).unwrap();
        let urgent = [Bytes::from_static(b"!")];
        let sent = pair
            .connecting
            .send_overlapped(urgent, MessageFlags::OOB, Notify::Poll);
        sent.unwrap();
        let posted = within("the urgent byte should arrive", async {
            loop {
                match receive(MessageFlags::OOB, notify) {
                    Ok(posted) => return posted,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        });
        let posted = posted.await;
        let urgent = completion(&pair.accepting_provider).await;
        assert_eq!(urgent.operation, posted.operation);
        assert_eq!(urgent.data.unwrap(), "!");
        assert_no_more(&pair.accepting_provider);

        send(&pair.connecting, &Bytes::from_static(b"in line"), notify).unwrap();
        let in_line = completion(&pair.accepting_provider).await;
        assert_eq!(in_line.data.unwrap(), "in line");
        assert_no_more(&pair.accepting_provider);
    }
}
