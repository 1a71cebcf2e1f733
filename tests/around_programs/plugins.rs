//! Programs that misbehave, each against the quota that stops it.

use tokio::io::AsyncReadExt;
use wsp::Limits;
use wsp::policy::{Policy, Protocol};
use wsp_tests::Outcome;
use wsp_tests::peer::{Listener, V4};

use crate::program;

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn plugin_socket_hoarder() {
    let peer = Listener::on(V4);
    let program = program("plugin_socket_hoarder")
        .policy(Policy::naming(Protocol::Tcp, &[peer.address()]))
        .limits(limits(|limits| limits.sockets = 16));
    let program = program.start().end().await;
    program.assert_printed(&["opened 16, refused {10024: 99984}"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn plugin_payload_flood() {
    let (reading, silent) = (Listener::on(V4), Listener::on(V4));
    let program = program("plugin_payload_flood")
        .peer(reading.address())
        .peer(silent.address())
        .limits(limits(|limits| limits.payload_bytes = 5 << 20))
        .start();
    let _stream = silent.accept().await;
    let program = program.end().await;
    program.assert_printed(&["posted 5, refused {10055: 995}"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn plugin_denied_targets() {
    let peer = Listener::on(V4);
    let program = program("plugin_denied_targets")
        .peer(peer.address())
        .start();
    let monitor = program.monitor();
    let program = program.end().await;
    program.assert_printed(&["refused {10013: 1500}"]);
    let denials: u64 = monitor
        .report()
        .denials
        .iter()
        .map(|denied| denied.count)
        .sum();
    assert_eq!(denials, 1500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn plugin_never_reads() {
    let peer = Listener::on(V4);
    let program = program("plugin_never_reads")
        .peer(peer.address())
        .limits(limits(|limits| limits.operations = 8))
        .start();
    let mut stream = peer.accept().await;
    // All of it is taken from it, and still nothing is outstanding less.
    let reader = tokio::spawn(async move {
        let mut bytes = vec![0; 1 << 20];
        while matches!(stream.read(&mut bytes).await, Ok(1..)) {}
    });
    let program = program.end().await;
    program.assert_printed(&["posted 8, refused {10035: 1992}"]);
    reader.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn plugin_memory_hog() {
    let program = program("plugin_memory_hog");
    let program = program.limits(limits(|limits| limits.memory_bytes = Some(64 << 20)));
    let program = program.start().end().await;
    assert_eq!(program.outcome, Outcome::Success);
    let got = program.stdout.trim();
    let got = got
        .strip_prefix("got ")
        .and_then(|got| got.strip_suffix(" MiB"));
    let got: Option<u32> = got.and_then(|got| got.parse().ok());
    assert!(
        got.is_some_and(|got| (40..64).contains(&got)),
        "{program:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn plugin_connect_storm() {
    let peer = Listener::on(V4);
    let time = wsp::quota::ManualClock::new();
    let program = program("plugin_connect_storm")
        .peer(peer.address())
        .limits(limits(|limits| {
            limits.connects_per_second = std::num::NonZeroU64::new(5)
        }))
        .clock(time.clock());
    let program = program.start().end().await;
    program.assert_printed(&["connected 5, refused {10055: 995}"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
pub(crate) async fn plugin_busy_loop() {
    let busy = program("plugin_busy_loop").start();
    // The only other thread of the runtime is not kept from it.
    let peer = Listener::on(V4);
    let other = program("overlapped_send_poll").peer(peer.address());
    let other = other.start();
    wsp_tests::peer::read_to_end(&mut peer.accept().await).await;
    assert_eq!(other.end().await.outcome, Outcome::Success);
    assert!(!busy.has_ended());
    busy.drop_store().await;
}
