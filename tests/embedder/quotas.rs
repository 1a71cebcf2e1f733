//! Quotas: shared by instances, measured by a clock that the test moves.

use std::num::NonZeroU64;
use std::time::Duration;

use futures::FutureExt;
use wsp::policy::{Policy, Protocol};
use wsp::quota::{Held, HostLimits, HostQuota, ManualClock};
use wsp::{AddressFamily, Notify, Provider, Settings, Socket, SocketType, WsaError};
use wsp_tests::peer::{self, Datagrams, Listener, V4};
use wsp_tests::{assert_same_bytes, within};

use super::support::{
    assert_no_more, block, code, completion, completions, host, no_flags, send, stream_socket,
};

const RATE: usize = 64 * 1024;

fn rate(bytes: usize) -> Option<NonZeroU64> {
    NonZeroU64::new(bytes as u64)
}

/// Settings that allow connecting to `peer`.
fn reaching(peer: std::net::SocketAddr) -> Settings {
    Settings::new(Policy::naming(Protocol::Tcp, &[peer]))
}

/// A socket of a provider that may send [`RATE`] bytes in a second.
async fn paced(time: &ManualClock) -> (Provider, Socket, tokio::net::TcpStream) {
    let listener = Listener::on(V4);
    let mut settings = reaching(listener.address());
    settings.limits.bytes_per_second = rate(RATE);
    settings.clock = time.clock();
    let provider = host().provider(settings).unwrap();
    let socket = stream_socket(&provider);
    within("the connection", socket.connect(listener.address()))
        .await
        .unwrap();
    (provider, socket, listener.accept().await)
}

fn refusals(provider: &Provider) -> Vec<(&'static str, &'static str, u64)> {
    let report = provider.monitor().report();
    let refusals = report.refusals.iter();
    refusals.map(|r| (r.quota, r.scope, r.count)).collect()
}

/// Waits until the bytes are counted, which is just after the peer can have
/// them; there never are more.
async fn counted(provider: &Provider, bytes: usize) {
    within("the bytes should be counted", async {
        loop {
            let sent = provider.monitor().report().bytes_sent;
            assert!(sent <= bytes as u64, "{sent} bytes were sent");
            if sent == bytes as u64 {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overlapped_send_beyond_the_rate_is_paced() {
    let time = ManualClock::new();
    let (provider, socket, mut peer) = paced(&time).await;
    let all = block(1, RATE * 2);
    let posted = send(&socket, &all, Notify::Event).unwrap();
    assert_eq!(posted.transferred, None);

    let mut arrived = peer::read_exactly(&mut peer, RATE).await;
    counted(&provider, RATE).await;
    assert_no_more(&provider);
    time.advance(Duration::from_millis(500));
    arrived.extend(peer::read_exactly(&mut peer, RATE / 2).await);
    counted(&provider, RATE + RATE / 2).await;
    assert_no_more(&provider);
    time.advance(Duration::from_millis(500));
    arrived.extend(peer::read_exactly(&mut peer, RATE / 2).await);
    assert_same_bytes(&arrived, &all);
    let completion = completion(&provider).await;
    assert_eq!(
        (completion.error, completion.transferred),
        (None, all.len() as u32)
    );
    assert_eq!(refusals(&provider), [], "pacing refuses nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonblocking_send_beyond_the_rate_is_short_and_then_would_block() {
    let time = ManualClock::new();
    let (provider, socket, mut peer) = paced(&time).await;
    let all = block(2, RATE + 1000);
    let sending = socket.send_all([all.clone()], no_flags());
    tokio::pin!(sending);
    assert!(
        sending.as_mut().now_or_never().is_none(),
        "it waits for the rate"
    );
    let mut arrived = peer::read_exactly(&mut peer, RATE).await;
    assert_eq!(refusals(&provider), [("bytes-per-second", "instance", 1)]);

    time.advance(Duration::from_secs(1));
    let sent = within("the rest", sending).await.unwrap();
    assert_eq!(sent, all.len() as u64);
    arrived.extend(peer::read_exactly(&mut peer, 1000).await);
    assert_same_bytes(&arrived, &all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_the_rate_holds_up_can_be_aborted() {
    let time = ManualClock::new();
    let (provider, socket, mut peer) = paced(&time).await;
    send(&socket, &block(3, RATE * 3), Notify::Event).unwrap();
    peer::read_exactly(&mut peer, RATE).await;
    socket.close().unwrap();
    let completion = completion(&provider).await;
    assert_eq!(completion.error, Some(WsaError::OperationAborted));
    assert_eq!(completion.transferred, RATE as u32);
    let (arrived, end) = peer::read_until_gone(&mut peer).await;
    assert_eq!(arrived, b"");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_datagram_beyond_the_rate_goes_whole_when_its_time_has_come() {
    let time = ManualClock::new();
    let receiver = Datagrams::on(V4).await;
    let mut settings = Settings::new(Policy::naming(Protocol::Udp, &[receiver.address()]));
    settings.limits.bytes_per_second = rate(1000);
    settings.clock = time.clock();
    let provider = host().provider(settings).unwrap();
    let socket = provider
        .socket(AddressFamily::Inet, SocketType::Dgram)
        .unwrap();
    let datagrams = [block(0, 900), block(1, 900)];
    for datagram in &datagrams {
        let to = receiver.address();
        let posted = socket.send_to_overlapped([datagram.clone()], no_flags(), to, Notify::Event);
        posted.unwrap();
    }
    assert_eq!(receiver.receive().await.0, datagrams[0]);
    assert_eq!(completion(&provider).await.error, None);
    assert_no_more(&provider);
    time.advance(Duration::from_millis(150));
    assert_eq!(receiver.receive().await.0, datagrams[1]);
    assert_eq!(completion(&provider).await.error, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_datagrams_count_for_the_rate() {
    let time = ManualClock::new();
    let receiver = Datagrams::on(V4).await;
    let mut settings = Settings::new(Policy::naming(Protocol::Udp, &[receiver.address()]));
    settings.limits.bytes_per_second = rate(640);
    settings.clock = time.clock();
    let provider = host().provider(settings).unwrap();
    let socket = provider
        .socket(AddressFamily::Inet, SocketType::Dgram)
        .unwrap();
    let to = receiver.address();
    let sent_at_once = (0..100).map_while(|_| {
        let empty = [bytes::Bytes::new()];
        let posted = socket.send_to_overlapped(empty, no_flags(), to, Notify::Poll);
        posted.ok()?.transferred
    });
    assert_eq!(sent_at_once.count(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_beyond_the_rate_is_refused_until_time_has_passed() {
    let time = ManualClock::new();
    let listener = Listener::on(V4);
    let mut settings = reaching(listener.address());
    settings.limits.connects_per_second = NonZeroU64::new(2);
    settings.clock = time.clock();
    let provider = host().provider(settings).unwrap();
    let connect = || async {
        let socket = stream_socket(&provider);
        within("an answer", socket.connect(listener.address())).await
    };
    connect().await.unwrap();
    connect().await.unwrap();
    assert_eq!(code(connect().await), WsaError::NoBufs);
    assert_eq!(code(connect().await), WsaError::NoBufs);
    assert_eq!(
        refusals(&provider),
        [("connects-per-second", "instance", 2)]
    );
    assert_eq!(provider.monitor().report().connects, 2);
    time.advance(Duration::from_millis(500));
    connect().await.unwrap();
    assert_eq!(code(connect().await), WsaError::NoBufs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_share_the_hosts_sockets() {
    let mut limits = HostLimits::default();
    limits.sockets = Some(3);
    let quota = HostQuota::new(limits);
    let listener = Listener::on(V4);
    let provider = || {
        let mut settings = reaching(listener.address());
        settings.limits.sockets = 2;
        settings.host_quota = quota.clone();
        host().provider(settings).unwrap()
    };
    let (one, other) = (provider(), provider());
    let socket = |provider: &Provider| provider.socket(AddressFamily::Inet, SocketType::Stream);
    let first = [socket(&one).unwrap(), socket(&one).unwrap()];
    assert_eq!(code(socket(&one)), WsaError::Mfile);
    let _second = socket(&other).unwrap();
    assert_eq!(code(socket(&other)), WsaError::Mfile);
    assert_eq!(refusals(&one), [("sockets", "instance", 1)]);
    assert_eq!(refusals(&other), [("sockets", "host", 1)]);
    assert_eq!(quota.held().sockets, 3);

    drop((first, one));
    assert_eq!(quota.held().sockets, 1);
    socket(&other).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_share_the_hosts_rate() {
    let time = ManualClock::new();
    let mut limits = HostLimits::default();
    limits.bytes_per_second = rate(RATE);
    let quota = HostQuota::with_clock(limits, time.clock());
    let listener = Listener::on(V4);
    let mut connections = Vec::new();
    for _ in 0..2 {
        let mut settings = reaching(listener.address());
        settings.host_quota = quota.clone();
        let provider = host().provider(settings).unwrap();
        let socket = stream_socket(&provider);
        within("the connection", socket.connect(listener.address()))
            .await
            .unwrap();
        connections.push((provider, socket, listener.accept().await));
    }
    let [
        (_, first, first_peer),
        (second_provider, second, second_peer),
    ] = &mut connections[..]
    else {
        panic!("two connections");
    };
    send(first, &block(0, RATE), Notify::Event).unwrap();
    peer::read_exactly(first_peer, RATE).await;
    let posted = send(second, &block(1, RATE), Notify::Event).unwrap();
    assert_eq!(posted.transferred, None);
    assert_eq!(second_provider.monitor().report().bytes_sent, 0);
    time.advance(Duration::from_secs(1));
    assert_same_bytes(
        &peer::read_exactly(second_peer, RATE).await,
        &block(1, RATE),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_pending_operations_hold_has_a_limit_of_its_own() {
    let listener = Listener::on(V4);
    let mut settings = reaching(listener.address());
    settings.limits.pending_bytes = 1000;
    let provider = host().provider(settings).unwrap();
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    let receive = |capacity| socket.receive_overlapped(capacity, no_flags(), Notify::Event);
    receive(600).unwrap();
    assert_eq!(code(receive(500)), WsaError::NoBufs);
    assert_eq!(refusals(&provider), [("pending-bytes", "instance", 1)]);
    receive(400).unwrap();
    peer::write(&mut peer, b"a").await;
    completions(&provider, 1).await;
    receive(600).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_is_outstanding_until_the_provider_has_been_told() {
    let listener = Listener::on(V4);
    let mut settings = reaching(listener.address());
    settings.limits.operations = 1;
    let provider = host().provider(settings).unwrap();
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    let receive = || socket.receive_overlapped(1, no_flags(), Notify::Routine);
    receive().unwrap();
    peer::write(&mut peer, b"ab").await;
    let monitor = provider.monitor();
    within("the byte", async {
        while monitor.report().bytes_received < 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // It has ended, but nobody has asked: what is not taken must not pile up.
    assert_eq!(code(receive()), WsaError::WouldBlock);
    completions(&provider, 1).await;
    receive().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_tells_what_was_done_and_nothing_is_held_at_the_end() {
    let listener = Listener::on(V4);
    let provider = host().provider(reaching(listener.address())).unwrap();
    let monitor = provider.monitor();
    let socket = stream_socket(&provider);
    socket.connect(listener.address()).await.unwrap();
    let mut peer = listener.accept().await;
    send(&socket, &block(0, 10), Notify::Event).unwrap();
    peer::write(&mut peer, b"hello").await;
    socket
        .receive_overlapped(5, no_flags(), Notify::Event)
        .unwrap();
    completions(&provider, 2).await;
    let refused = stream_socket(&provider);
    assert_eq!(code(refused.connect((V4, 1).into()).await), WsaError::Acces);

    let report = monitor.report();
    assert_eq!((report.sockets, report.connects), (2, 1));
    assert_eq!((report.bytes_sent, report.bytes_received), (10, 5));
    assert_eq!(report.held.sockets, 2);
    let denials: Vec<u64> = report.denials.iter().map(|denied| denied.count).collect();
    assert_eq!(denials, [1]);

    drop((socket, refused, provider));
    within("every unit should come back", async {
        while monitor.report().held != Held::default() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
