//! Programs that lack a grant.

use wsp::policy::{Policy, Protocol};
use wsp_tests::peer::{Listener, V4, V6, refusing};

use crate::program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_grant_for_another_port_is_denied() {
    let peer = Listener::on(V4);
    let (_other, granted) = refusing();
    let policy = Policy::naming(Protocol::Tcp, &[granted]);
    let program = program("connect_denied")
        .argument(peer.address())
        .policy(policy);
    let program = program.start().end().await;
    program.assert_printed(&["connect: WSAEACCES (10013)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_grant_for_the_other_family_is_denied() {
    let (granted, denied) = (Listener::on(V4), Listener::on(V6));
    let policy = Policy::naming(Protocol::Tcp, &[granted.address()]);
    let program = program("connect_denied")
        .argument(denied.address())
        .policy(policy);
    let program = program.start().end().await;
    program.assert_printed(&["connect: WSAEACCES (10013)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_grant_for_datagrams_is_denied_a_stream() {
    let peer = Listener::on(V4);
    let policy = Policy::naming(Protocol::Udp, &[peer.address()]);
    let program = program("connect_denied")
        .argument(peer.address())
        .policy(policy);
    let program = program.start().end().await;
    program.assert_printed(&["connect: WSAEACCES (10013)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_the_grant_connects() {
    let peer = Listener::on(V4);
    let program = program("connect_denied").peer(peer.address()).start();
    let _stream = peer.accept().await;
    program.end().await.assert_printed(&["connect: ok"]);
}
