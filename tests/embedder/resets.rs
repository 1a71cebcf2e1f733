//! Connections that the peer resets.

use tokio::io::AsyncWriteExt;
use wsp::{Notify, WsaError};
use wsp_tests::{peer::reset, within};

use super::support::{
    EVERY_NOTIFY, TOO_MANY, assert_no_more, block, code, completion, completions, connected,
    no_flags, send, send_too_much,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_reset_every_send_fails_each_time() {
    let connected = connected().await;
    let receive = || {
        connected
            .socket
            .receive_overlapped(64, no_flags(), Notify::Event)
    };
    receive().unwrap();
    reset(connected.peer);
    // Its end says that the reset has come.
    let received = completion(&connected.provider).await;
    assert_eq!(received.error, Some(WsaError::ConnReset));
    for _ in 0..3 {
        for notify in EVERY_NOTIFY {
            let sent = send(&connected.socket, &block(0, 10), notify);
            assert_eq!(code(sent), WsaError::ConnReset);
        }
        let sent = connected.socket.send_all([block(0, 10)], no_flags()).await;
        assert_eq!(code(sent), WsaError::ConnReset);
        assert_eq!(code(receive()), WsaError::ConnReset);
    }
    assert_no_more(&connected.provider);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_ends_each_pending_send_once() {
    let connected = connected().await;
    send_too_much(&connected.socket);
    reset(connected.peer);
    let completions = completions(&connected.provider, TOO_MANY).await;
    let lost = Some(WsaError::ConnReset);
    assert!(completions.values().all(|c| c.error == lost));
    assert_no_more(&connected.provider);
    for notify in EVERY_NOTIFY {
        let sent = send(&connected.socket, &block(0, 10), notify);
        assert_eq!(code(sent), WsaError::ConnReset);
    }
}

/// The system reports a reset once, to whichever direction looks first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_is_no_end_of_the_stream_while_sends_are_pending_too() {
    for _ in 0..50 {
        let connected = connected().await;
        send_too_much(&connected.socket);
        let receive = || {
            connected
                .socket
                .receive_overlapped(64, no_flags(), Notify::Event)
        };
        receive().unwrap();
        receive().unwrap();
        reset(connected.peer);
        let completions = completions(&connected.provider, TOO_MANY + 2).await;
        let lost = Some(WsaError::ConnReset);
        assert!(completions.values().all(|c| c.error == lost));
        assert_no_more(&connected.provider);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_lost_after_the_peers_end_says_so() {
    let mut connected = connected().await;
    let socket = &connected.socket;
    assert_eq!(socket.ended().unwrap(), None);
    connected.peer.shutdown().await.unwrap();
    let received = socket.receive_overlapped(64, no_flags(), Notify::Event);
    received.unwrap();
    let received = completion(&connected.provider).await;
    assert_eq!((received.error, received.transferred), (None, 0));
    assert_eq!(socket.ended().unwrap(), Some(Ok(())));
    send(socket, &block(0, 1000), Notify::Event).unwrap();
    reset(connected.peer);
    let lost = async {
        while socket.ended().unwrap() == Some(Ok(())) {
            tokio::task::yield_now().await;
        }
        socket.ended().unwrap()
    };
    let lost = within("the loss", lost).await;
    assert_eq!(lost, Some(Err(WsaError::ConnAborted)));
}
