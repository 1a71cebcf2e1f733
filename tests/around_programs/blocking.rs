//! A program that blocks, among other tasks.

use wsp_tests::assert_same_bytes;
use wsp_tests::peer::{self, Listener, V4};

use crate::program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(super) async fn blocking_send_timed_out() {
    let peer = Listener::on(V4);
    let mut program = program("blocking_send_timed_out")
        .peer(peer.address())
        .start();
    let mut stream = peer.accept().await;
    program.expect_line("timed out").await;
    let arrived = peer::read_to_end(&mut stream).await;
    program
        .end()
        .await
        .assert_printed(&["timed out", "sent 7 bytes"]);

    let before = arrived.len() - "the end".len();
    assert!((1..8_388_608).contains(&before), "{before} bytes went out");
    assert_same_bytes(&arrived, &[&vec![b'a'; before], &b"the end"[..]].concat());
}

/// On one thread, which the program would have to itself if it blocked more than its store.
#[tokio::test(flavor = "current_thread")]
async fn a_program_that_blocks_leaves_the_thread_to_other_tasks() {
    let peer = Listener::on(V4);
    let mut program = program("blocking_send_slow_peer")
        .peer(peer.address())
        .start();
    let mut stream = peer.accept().await;
    program.expect_line("sending 8388608 bytes").await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(!program.has_ended(), "nobody has read yet");
    peer::read_to_end(&mut stream).await;
    program.end().await.assert_success();
}

#[tokio::test(flavor = "current_thread")]
async fn two_programs_that_block_share_a_thread() {
    let peer = Listener::on(V4);
    let start = || {
        program("blocking_send_slow_peer")
            .peer(peer.address())
            .start()
    };
    let (first, second) = (start(), start());
    let (mut one, mut other) = (peer.accept().await, peer.accept().await);
    let read = async { tokio::join!(peer::read_to_end(&mut one), peer::read_to_end(&mut other)) };
    let (one, other) = read.await;
    assert_eq!((one.len(), other.len()), (8_388_608, 8_388_608));
    first.end().await.assert_success();
    second.end().await.assert_success();
}
