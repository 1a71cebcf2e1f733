//! Overlapped sends that are posted one after the other.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::io::AsyncReadExt;
use wsp::policy::{Policy, Protocol};
use wsp::{AddressFamily, Faults, Notify, Provider, Settings, Socket, SocketType, WsaError};
use wsp_tests::peer::{self, Datagrams, V4};
use wsp_tests::{assert_same_bytes, within};

use super::support::{
    Connected, EVERY_NOTIFY, assert_no_more, block, completions, connected_by, host, no_flags, send,
};

/// Connected, with these changes of the settings, and with what counts system calls.
async fn connected(change: impl FnOnce(Settings) -> Settings) -> (Connected, Faults) {
    let faults = Faults::new();
    let settings = |settings: Settings| change(settings.with_faults(faults.clone()));
    (connected_by(settings, |_| ()).await, faults)
}

fn joined(provider: &Provider) -> u64 {
    provider.monitor().report().sends_joined
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_in_a_row_take_few_system_calls_and_each_is_indicated_once() {
    let (mut connected, faults) = connected(|settings| settings).await;
    let before = faults.system_calls();
    let (mut expected, mut posted) = (Vec::new(), Vec::new());
    for number in 0..200 {
        let parts = [block(number, number % 50), block(number + 1, 7)];
        expected.extend(parts.iter().flatten());
        let notify = EVERY_NOTIFY[number % 3];
        let length = number % 50 + 7;
        let send = connected.socket.send_overlapped(parts, no_flags(), notify);
        posted.push((send.unwrap().operation, notify, length));
    }
    let completions = completions(&connected.provider, posted.len()).await;
    for (operation, notify, length) in posted {
        let completion = &completions[&operation];
        assert_eq!((completion.error, completion.notify), (None, notify));
        assert_eq!(completion.transferred as usize, length);
    }
    assert_no_more(&connected.provider);
    let arrived = peer::read_exactly(&mut connected.peer, expected.len()).await;
    assert_same_bytes(&arrived, &expected);
    // A busy machine may have a task send some of them before the program looks.
    let calls = faults.system_calls() - before;
    assert!(calls < 100, "{calls} calls");
    assert!(joined(&connected.provider) > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_one_goes_out_at_once_and_so_does_any_that_follows_a_look() {
    let (mut connected, _) = connected(|settings| settings).await;
    for number in 0..20 {
        let bytes = block(number, 10);
        let posted = send(&connected.socket, &bytes, Notify::Event).unwrap();
        assert_eq!(posted.transferred, Some(10));
        let arrived = peer::read_exactly(&mut connected.peer, 10).await;
        assert_same_bytes(&arrived, &bytes);
        assert_eq!(completions(&connected.provider, 1).await.len(), 1);
    }
    assert_eq!(joined(&connected.provider), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_bursts_every_one_goes_out_at_once() {
    let (connected, _) = connected(Settings::without_bursts).await;
    for number in 0..20 {
        let posted = send(&connected.socket, &block(number, 10), Notify::Event).unwrap();
        assert_eq!(posted.transferred, Some(10));
    }
    assert_eq!(joined(&connected.provider), 0);
}

/// Nobody else would send them while the thread computes.
#[tokio::test]
async fn on_a_runtime_of_one_thread_every_one_goes_out_at_once() {
    let (connected, _) = connected(|settings| settings).await;
    for number in 0..20 {
        let posted = send(&connected.socket, &block(number, 10), Notify::Event).unwrap();
        assert_eq!(posted.transferred, Some(10));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_never_looks_has_them_sent_too() {
    let (mut connected, _) = connected(|settings| settings).await;
    let mut expected = Vec::new();
    for number in 0..3 {
        let bytes = block(number, 100);
        expected.extend_from_slice(&bytes);
        send(&connected.socket, &bytes, Notify::Event).unwrap();
    }
    let arrived = peer::read_exactly(&mut connected.peer, expected.len()).await;
    assert_same_bytes(&arrived, &expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_is_closed_takes_none_of_them_with_it() {
    for ends_direction in [false, true] {
        let (mut connected, _) = connected(|settings| settings).await;
        let mut expected = Vec::new();
        for number in 0..50 {
            let bytes = block(number, 100);
            expected.extend_from_slice(&bytes);
            send(&connected.socket, &bytes, Notify::Event).unwrap();
        }
        if ends_direction {
            connected.socket.shutdown(wsp::ShutdownHow::Send).unwrap();
        }
        drop(connected.socket);
        drop(connected.provider);
        let mut arrived = Vec::new();
        let end = connected.peer.read_to_end(&mut arrived);
        within("the end", end).await.unwrap();
        assert_same_bytes(&arrived, &expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_send_follows_the_short_ones_before_it() {
    let (mut connected, _) = connected(|settings| settings).await;
    let mut expected = Vec::new();
    for number in 0..60 {
        let length = if number % 10 == 9 { 100_000 } else { 10 };
        let bytes = block(number, length);
        expected.extend_from_slice(&bytes);
        send(&connected.socket, &bytes, Notify::Event).unwrap();
    }
    let (arrived, ended) = tokio::join!(
        peer::read_exactly(&mut connected.peer, expected.len()),
        completions(&connected.provider, 60),
    );
    assert_same_bytes(&arrived, &expected);
    assert!(ended.values().all(|completion| completion.error.is_none()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bursts_use_up_no_quota_that_single_sends_would_leave() {
    const SENDS: usize = 1000;
    for operations in [4, 500] {
        let (mut connected, _) = connected(|mut settings| {
            settings.limits.operations = operations;
            settings
        })
        .await;
        // A program that takes nothing of what has finished.
        let (socket, mut expected) = (&connected.socket, Vec::new());
        for number in 0..SENDS {
            let bytes = block(number, 10);
            expected.extend_from_slice(&bytes);
            send(socket, &bytes, Notify::Event).unwrap();
        }
        let arrived = peer::read_exactly(&mut connected.peer, expected.len()).await;
        assert_same_bytes(&arrived, &expected);
        assert_eq!(completions(&connected.provider, SENDS).await.len(), SENDS);
    }
}

/// A datagram socket that may reach these, and broadcast addresses as far as the system lets it.
fn datagrams(peers: &[SocketAddr]) -> (Provider, Socket) {
    let provider = host()
        .provider(Settings::new(Policy::naming(Protocol::Udp, peers)))
        .unwrap();
    let socket = provider
        .socket(AddressFamily::Inet, SocketType::Dgram)
        .unwrap();
    (provider, socket)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_in_a_row_arrive_as_they_were_sent_wherever_they_go() {
    let peers = [Datagrams::on(V4).await, Datagrams::on(V4).await];
    let addresses = [peers[0].address(), peers[1].address()];
    // All of one length; a shorter one at the end; empty ones; two destinations in turn.
    let lengths: [fn(usize) -> usize; 4] = [
        |_| 64,
        |number| if number == 39 { 3 } else { 500 },
        |number| number % 3,
        |number| 1000 + number,
    ];
    for (round, length) in lengths.into_iter().enumerate() {
        let (provider, socket) = datagrams(&addresses);
        for number in 0..40 {
            let to = addresses[if round == 3 { number % 2 } else { 0 }];
            let parts = [block(number, length(number)), Bytes::new()];
            let posted = socket.send_to_overlapped(parts, no_flags(), to, Notify::Event);
            posted.unwrap();
        }
        let ended = completions(&provider, 40).await;
        for (number, completion) in ended.values().enumerate() {
            assert_eq!(completion.error, None);
            assert_eq!(completion.transferred as usize, length(number));
        }
        for number in 0..40 {
            let peer = &peers[if round == 3 { number % 2 } else { 0 }];
            let (datagram, _) = peer.receive().await;
            assert_same_bytes(&datagram, &block(number, length(number)));
        }
        assert!(joined(&provider) > 20, "{round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_datagram_that_the_system_refuses_fails_alone() {
    let peer = Datagrams::on(V4).await;
    let broadcast: SocketAddr = "127.255.255.255:9".parse().unwrap();
    let (provider, socket) = datagrams(&[peer.address(), broadcast]);
    for number in 0..20 {
        let to = if number % 5 == 3 {
            broadcast
        } else {
            peer.address()
        };
        let posted = socket.send_to_overlapped([block(number, 10)], no_flags(), to, Notify::Event);
        posted.unwrap();
    }
    let ended = completions(&provider, 20).await;
    for (number, completion) in ended.values().enumerate() {
        let error = (number % 5 == 3).then_some(WsaError::Acces);
        assert_eq!(completion.error, error, "{number}");
    }
    for number in (0..20).filter(|number| number % 5 != 3) {
        assert_same_bytes(&peer.receive().await.0, &block(number, 10));
    }
}
