//! Programs that lack a grant.

use std::net::SocketAddr;

use wsp::policy::{Policy, Protocol};
use wsp_tests::peer::{Listener, V4, V6, refusing};

use crate::program;

/// Runs the program against `peer` with a policy that does not cover it.
async fn assert_denied(peer: SocketAddr, policy: Policy) {
    let program = program("connect_denied").argument(peer).policy(policy);
    let program = program.start().end().await;
    program.assert_printed(&["connect: WSAEACCES (10013)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_grant_for_another_port_is_denied() {
    let peer = Listener::on(V4);
    let (_other, granted) = refusing();
    let policy = Policy::naming(Protocol::Tcp, &[granted]);
    assert_denied(peer.address(), policy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_grant_for_the_other_family_is_denied() {
    let (granted, denied) = (Listener::on(V4), Listener::on(V6));
    let policy = Policy::naming(Protocol::Tcp, &[granted.address()]);
    assert_denied(denied.address(), policy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_grant_for_datagrams_is_denied_a_stream() {
    let peer = Listener::on(V4);
    let policy = Policy::naming(Protocol::Udp, &[peer.address()]);
    assert_denied(peer.address(), policy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_the_grant_connects() {
    let peer = Listener::on(V4);
    let program = program("connect_denied").peer(peer.address()).start();
    let _stream = peer.accept().await;
    program.end().await.assert_printed(&["connect: ok"]);
}
