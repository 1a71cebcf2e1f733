//! What the library for programs adds to the interface.

use wsp::Limits;
use wsp_tests::assert_same_bytes;
use wsp_tests::peer::{self, Listener, V4};

use crate::program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn io_streams() {
    let peer = Listener::on(V4);
    let program = program("io_streams").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    let arrived = peer::read_to_end(&mut stream).await;
    let sent = b"head, body\nhead, body\nand a line\n";
    assert_same_bytes(&arrived, sent);
    peer::write(&mut stream, b"an answer").await;
    drop(stream);
    program.end().await.assert_printed(&[
        "not connected: NotConnected: WSAENOTCONN (10057): the socket is not connected",
        "one gather: 11 bytes",
        "as a message: 11 bytes",
        "copied 9 bytes: an answer",
        "shut down: BrokenPipe, Some(ShutDown)",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn network_events() {
    let peer = Listener::on(V4);
    let mut program = program("network_events").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    let before = [
        "the same address: true",
        "nonsense: Some(Inval)",
        "configured too late: Some(Inval)",
        "flush: Some(OpNotSupp)",
        "blocking again: Some(Inval)",
        "connected: Ok(true)",
        "full: WouldBlock, 0",
        "full: []",
        "event: false",
    ];
    for line in before {
        program.expect_line(line).await;
    }
    // Nothing was read so far, so the socket stayed full.
    let arrived = peer::read_to_end(&mut stream).await;
    assert!(arrived.ends_with(b"xthe end"));
    assert_eq!(arrived.len() % (1024 * 1024), 7);
    let after = ["room: Ok(true)", "room: [], [0]", "no sockets: true"];
    let lines: Vec<&str> = before.into_iter().chain(after).collect();
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn async_operations() {
    const LENGTH: usize = 64 * 1024;
    let peer = Listener::on(V4);
    let mut program = program("async_operations").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    let before = [
        "in progress: true, Some(IoIncomplete)",
        "cancelled: true, Some(OperationAborted)",
        "posted",
    ];
    for line in before {
        program.expect_line(line).await;
    }
    let arrived = peer::read_exactly(&mut stream, 19 * LENGTH).await;
    let sent: Vec<u8> = (0..19u8).flat_map(|number| [number; LENGTH]).collect();
    assert_same_bytes(&arrived, &sent);
    peer::write(&mut stream, b"well").await;
    let line = peer::read_to_end(&mut stream).await;
    peer::write(&mut stream, &line).await;
    drop(stream);
    program.end().await.assert_printed(&[
        before[0],
        before[1],
        before[2],
        "first: 0, 65536 bytes",
        "the rest: 1179648 bytes",
        "answer: well",
        "back: a line that comes back",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn no_allocation() {
    let peer = Listener::on(V4);
    let program = program("no_allocation").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    let arrived = peer::read_to_end(&mut stream).await;
    assert_eq!(arrived.len(), 3 * 64 + 1 + 68);
    program.end().await.assert_printed(&[
        "16 parts: (Ok(64), 0)",
        "16 slices: (Ok(64), 0)",
        "with flags: (Ok(1), 0)",
        "overlapped: (Ok(Done(64)), 0)",
        "nothing: true",
        "17 parts: Ok(68), allocates: true",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn refused_buffers() {
    let peer = Listener::on(V4);
    let mut limits = Limits::default();
    limits.parts = 4;
    let program = program("refused_buffers")
        .peer(peer.address())
        .limits(limits)
        .start();
    let mut stream = peer.accept().await;
    let arrived = peer::read_to_end(&mut stream).await;
    assert_same_bytes(&arrived, &b"four".repeat(8));
    program.end().await.assert_printed(&[
        "four: Ok(16)",
        "five: Err(NoBufs)",
        "none: Err(Inval)",
        "five: Err(NoBufs)",
        "four: Ok(16)",
    ]);
}
