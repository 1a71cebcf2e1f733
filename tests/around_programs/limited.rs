//! Programs that exceed a limit.

use wsp::Limits;
use wsp_tests::Outcome;
use wsp_tests::peer::{Listener, V4};

use crate::program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_cannot_have_more_payload_pending_than_the_limit() {
    let peer = Listener::on(V4);
    let mut limits = Limits::default();
    limits.payload_bytes = 1 << 20;
    let program = program("blocking_send_slow_peer")
        .peer(peer.address())
        .limits(limits)
        .start();
    let program = program.end().await;
    assert_eq!(program.outcome, Outcome::Failure);
    assert!(program.stderr.contains("WSAENOBUFS (10055)"), "{program:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_cannot_have_more_operations_pending_than_the_limit() {
    let peer = Listener::on(V4);
    let mut limits = Limits::default();
    limits.operations = 3;
    let program = program("overlapped_send_events")
        .peer(peer.address())
        .limits(limits)
        .start();
    let _stream = peer.accept().await;
    let program = program.end().await;
    assert_eq!(program.outcome, Outcome::Failure);
    let refused = "WSAEWOULDBLOCK (10035)";
    assert!(program.stderr.contains(refused), "{program:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_cannot_have_more_sockets_than_the_limit() {
    let peer = Listener::on(V4);
    let mut limits = Limits::default();
    limits.sockets = 0;
    let program = program("connect_denied")
        .peer(peer.address())
        .limits(limits);
    let program = program.start().end().await;
    program.assert_printed(&["connect: WSAEMFILE (10024)"]);
}
