//! Programs that end with operations pending.

use std::io::ErrorKind;

use tokio::net::TcpStream;
use tokio::runtime::Handle;
use wsp_tests::peer::{self, Listener, V4};
use wsp_tests::{Running, within};

use super::sends_with_events;
use crate::program;

/// Each of the programs here posts at least so many bytes.
const ALL_SENDS: usize = 1_600_000;

/// Starts a program, and waits until it says that it has posted its sends.
pub(crate) async fn with_sends_pending(name: &str) -> (Running, TcpStream) {
    let peer = Listener::on(V4);
    let mut program = program(name).peer(peer.address()).start();
    let stream = peer.accept().await;
    let line = program.line().await;
    assert!(line.starts_with("posted "), "{line}");
    (program, stream)
}

/// The connection ends with a reset after some of the sends and not the rest, nothing
/// that drove them is left, and the host serves the next program.
pub(crate) async fn the_peer_is_reset_and_the_host_is_well(mut stream: TcpStream) {
    let (arrived, end) = peer::read_until_gone(&mut stream).await;
    assert!((1..ALL_SENDS).contains(&arrived.len()));
    // A part must not look like the whole.
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    within("every task of the program should end", async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    sends_with_events(V4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_store_ends_what_is_pending() {
    let (program, stream) = with_sends_pending("overlapped_send_events").await;
    program.drop_store().await;
    the_peer_is_reset_and_the_host_is_well(stream).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_store_of_an_asynchronous_program_ends_what_is_pending() {
    let (program, stream) = with_sends_pending("async_hundred_sends").await;
    program.drop_store().await;
    the_peer_is_reset_and_the_host_is_well(stream).await;
}

#[tokio::test(flavor = "current_thread")]
async fn dropping_a_store_ends_what_is_pending_on_one_thread_too() {
    let (program, stream) = with_sends_pending("overlapped_send_events").await;
    program.drop_store().await;
    the_peer_is_reset_and_the_host_is_well(stream).await;
}
