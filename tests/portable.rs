//! Portable programs, in a host that has WASI alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::env;
use std::fs;

use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use wsp::compose::{ComposeError, compose_portable, inspect};
use wsp_tests::peer::{self, Datagrams, Listener, V4, V6};
use wsp_tests::{Outcome, Program, assert_same_bytes, directory_of_programs, within};

/// Bytes that the random program is greeted with on each connection.
const GREETING: usize = 100;

fn program(name: &str) -> Program {
    Program::new(env!("CARGO_TARGET_TMPDIR"), name)
}

fn component(name: &str) -> Vec<u8> {
    let directory = directory_of_programs(env!("CARGO_TARGET_TMPDIR"));
    fs::read(directory.join(name).with_extension("wasm")).unwrap()
}

#[test]
fn a_portable_program_imports_wasi_alone() {
    for name in ["demo", "echo_server", "resolve_and_connect", "udp_send"] {
        let portable = compose_portable(&component(name)).unwrap();
        let interfaces = inspect(&portable).unwrap();
        for import in interfaces.imports() {
            let of_wasi = import.starts_with("wasi:") && import.contains("@0.2.");
            assert!(of_wasi, "{name} imports {import}");
        }
        let [export] = interfaces.exports() else {
            panic!("{name} exports {:?}", interfaces.exports());
        };
        assert!(export.starts_with("wasi:cli/run@0.2."), "{name}: {export}");
        assert_eq!(compose_portable(&portable).unwrap(), portable);
    }
}

#[test]
fn what_no_host_of_wasi_has_is_refused_by_name() {
    let error = compose_portable(&component("async_operations")).unwrap_err();
    assert!(matches!(error, ComposeError::NotPortable { .. }), "{error}");
    let sentence = error.to_string();
    assert!(sentence.contains("winsock:spi/readiness"), "{sentence}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapped_sends_arrive_as_they_were_posted() {
    for ip in [V4, V6] {
        let peer = Listener::on(ip);
        let program = program("overlapped_send_events")
            .argument(peer.address())
            .start_portable();
        let arrived = peer::read_to_end(&mut peer.accept().await).await;
        let mut sent = Vec::new();
        let mut lines = vec!["posted 8 sends".to_owned()];
        for number in 0..8u8 {
            sent.extend(format!("send {number}\n").bytes());
            sent.resize(sent.len() + 256 * 1024, b'a' + number);
            lines.push(format!("send {number}: 262151 bytes, event"));
        }
        assert_same_bytes(&arrived, &sent);
        program.end().await.assert_printed(&lines);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routines_run_in_order() {
    let peer = Listener::on(V4);
    let program = program("overlapped_send_routines")
        .argument(peer.address())
        .start_portable();
    peer::read_to_end(&mut peer.accept().await).await;
    let mut lines = vec!["posted send 0".to_owned()];
    lines.extend((0..10).map(|number| format!("send {number}: 65536 bytes, routine")));
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_sends_what_it_says() {
    let peer = Listener::on(V4);
    let program = program("demo").argument(peer.address()).start_portable();
    let arrived = peer::read_to_end(&mut peer.accept().await).await;
    let digest = Sha256::digest(&arrived);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let finished = program.end().await;
    finished.assert_success();
    let last = finished.stdout.lines().last();
    assert_eq!(last.unwrap(), format!("sent 4194304 sha256 {digest}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonblocking_send_takes_what_there_is_room_for() {
    const LENGTH: usize = 32 * 1024 * 1024;
    let peer = Listener::on(V4);
    let mut program = program("nonblocking_partial_send")
        .argument(peer.address())
        .start_portable();
    let mut stream = peer.accept().await;
    while program.line().await != "send: WSAEWOULDBLOCK (10035)" {}
    let arrived = peer::read_to_end(&mut stream).await;
    let sent: Vec<u8> = (0..LENGTH).map(|offset| (offset / 4096) as u8).collect();
    assert_same_bytes(&arrived, &sent);
    program.expect_line("sent 33554432 bytes in all").await;
    program.end().await.assert_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_send_waits_for_all_its_bytes_and_no_longer_than_it_may() {
    let peer = Listener::on(V4);
    let mut slow = program("blocking_send_slow_peer")
        .argument(peer.address())
        .start_portable();
    let mut stream = peer.accept().await;
    slow.expect_line("sending 8388608 bytes").await;
    let arrived = peer::read_to_end(&mut stream).await;
    assert_eq!(arrived.len(), 8_388_608);
    slow.end().await.assert_success();

    let mut late = program("blocking_send_timed_out")
        .argument(peer.address())
        .start_portable();
    let mut stream = peer.accept().await;
    late.expect_line("timed out").await;
    let arrived = peer::read_to_end(&mut stream).await;
    assert!(arrived.ends_with(b"the end"));
    late.end()
        .await
        .assert_printed(&["timed out", "sent 7 bytes"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_echoes() {
    let mut program = program("echo_server")
        .argument("127.0.0.1:0")
        .start_portable();
    let listening = program.line().await;
    let port: u16 = listening
        .strip_prefix("listening ")
        .unwrap()
        .parse()
        .unwrap();
    let (mut receive, mut send) = peer::connect((V4, port).into()).await.into_split();
    let sent: Vec<u8> = (0..1_000_000u32)
        .map(|offset| (offset / 999) as u8)
        .collect();
    let copy = sent.clone();
    let sending = tokio::spawn(async move { peer::write(&mut send, &copy).await });
    let arrived = peer::read_to_end(&mut receive).await;
    sending.await.unwrap();
    assert_same_bytes(&arrived, &sent);
    program.end().await.assert_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_are_as_they_were_gathered() {
    let peer = Datagrams::on(V4).await;
    let program = program("udp_send")
        .argument(peer.address())
        .start_portable();
    for expected in [&b"one datagram"[..], b"", b"addressed"] {
        assert_eq!(peer.receive().await.0, expected);
    }
    program.end().await.assert_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_resolved() {
    let peer = Listener::on(V4);
    let program = program("resolve_and_connect")
        .argument("localhost")
        .argument(peer.address().port())
        .start_portable();
    let _first = peer.accept().await;
    let _second = peer.accept().await;
    program.end().await.assert_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_ends_with_its_own_status() {
    let failed = program("exit_status").start_portable().end().await;
    assert_eq!(failed.outcome, Outcome::Failure);
    assert_eq!(failed.stderr, "error: this program always fails\n");
}

/// Every byte that the program was told is sent arrives, however it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_ends_at_random_loses_nothing_that_it_has_sent() {
    let number = |name: &str| env::var(name).ok()?.parse().ok();
    let runs: u64 = number("WSP_PORTABLE_RUNS").unwrap_or(100);
    let first: u64 = number("WSP_PORTABLE_SEED").unwrap_or(1);
    let (mut connections, mut bytes) = (0, 0);
    for seed in first..first + runs {
        let peer = Listener::on(V4);
        let mut program = program("portable_random")
            .argument(peer.address())
            .argument(seed)
            .start_portable();
        let line = program.line().await;
        let count: usize = line.strip_prefix("connections ").unwrap().parse().unwrap();
        let mut taking = Vec::new();
        for _ in 0..count {
            taking.push(tokio::spawn(greet_and_take(peer.accept().await)));
        }
        let finished = program.end().await;
        let trapped = matches!(finished.outcome, Outcome::Trap(_));
        assert!(
            !trapped && finished.stderr.is_empty(),
            "seed {seed}: {finished:#?}"
        );
        let sent: Vec<&str> = finished.stdout.lines().skip(1).collect();
        assert_eq!(sent.len(), count, "seed {seed}: {finished:#?}");
        for (taken, sent) in taking.into_iter().zip(sent) {
            let taken = taken.await.unwrap();
            assert_eq!(format!("sent {}", taken.len()), sent, "seed {seed}");
            let expected: Vec<u8> = (0..taken.len())
                .map(|offset| (offset % 251) as u8)
                .collect();
            assert_same_bytes(&taken, &expected);
            bytes += taken.len();
        }
        connections += count;
    }
    println!("{runs} runs, {connections} connections, {bytes} bytes, nothing lost");
}

/// What arrives on a connection, read in small parts.
async fn greet_and_take(mut stream: TcpStream) -> Vec<u8> {
    peer::write(&mut stream, &[b'g'; GREETING]).await;
    let mut arrived = Vec::new();
    let mut part = [0; 5000];
    loop {
        let read = within("the stream should end", stream.read(&mut part)).await;
        match read.expect("it ends gracefully") {
            0 => return arrived,
            count => arrived.extend_from_slice(&part[..count]),
        }
        tokio::task::yield_now().await;
    }
}
