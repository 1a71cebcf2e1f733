//! The same programs over IPv6.

use wsp_tests::peer::V6;

use super::{echoes, sends_blocking, sends_with_events, sends_with_routines};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_with_events_arrive_over_ipv6() {
    sends_with_events(V6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_with_routines_arrive_over_ipv6() {
    sends_with_routines(V6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_send_arrives_over_ipv6() {
    sends_blocking(V6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_echoes_over_ipv6() {
    echoes(V6).await;
}
