//! Quotas around programs: what traps and dropped stores give back, and what
//! programs cannot take from each other.

use tokio::net::TcpStream;
use wsp::quota::{Held, HostLimits, HostQuota};
use wsp::{Limits, Monitor};
use wsp_tests::peer::{Listener, V4};
use wsp_tests::{Outcome, within};

use crate::program;

/// A quota of a host that counts everything.
pub(crate) fn counting() -> HostQuota {
    let mut limits = HostLimits::default();
    limits.operations = Some(1 << 20);
    limits.pending_bytes = Some(1 << 30);
    limits.payload_bytes = Some(1 << 30);
    HostQuota::new(limits)
}

/// The tasks of a store that is gone end a moment later.
async fn everything_is_back(monitor: &Monitor, host: &HostQuota) {
    within("every unit should come back", async {
        while (monitor.report().held, host.held()) != (Held::default(), Held::default()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn with_sends_pending(host: &HostQuota, name: &str) -> (wsp_tests::Running, TcpStream) {
    let peer = Listener::on(V4);
    let program = program(name).peer(peer.address()).host_quota(host);
    let mut program = program.start();
    let stream = peer.accept().await;
    let line = program.line().await;
    assert!(line.starts_with("posted "), "{line}");
    (program, stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trap_with_operations_pending_gives_every_quota_unit_back() {
    let host = counting();
    let (program, _stream) = with_sends_pending(&host, "traps_while_sending").await;
    let monitor = program.monitor();
    let program = program.end().await;
    assert!(matches!(program.outcome, Outcome::Trap(_)), "{program:?}");
    let report = monitor.report();
    assert!(report.operations > 0, "some were pending: {report:?}");
    everything_is_back(&monitor, &host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_store_gives_every_quota_unit_back() {
    let host = counting();
    let (program, _stream) = with_sends_pending(&host, "overlapped_send_events").await;
    let monitor = program.monitor();
    let held = monitor.report().held;
    assert_eq!(held, host.held());
    assert!(held.sockets == 1 && held.operations > 0, "{held:?}");
    assert!(held.pending_bytes > 0 && held.payload_bytes >= held.pending_bytes);
    program.drop_store().await;
    everything_is_back(&monitor, &host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_program_holds_another_cannot_take_from_the_host() {
    let mut limits = HostLimits::default();
    limits.operations = Some(8);
    let host = HostQuota::new(limits);
    let (first, stream) = with_sends_pending(&host, "overlapped_send_events").await;

    let peer = Listener::on(V4);
    let second = program("overlapped_send_events").peer(peer.address());
    let second = second.host_quota(&host).start();
    // A refused call starts nothing: nobody connects.
    let monitor = second.monitor();
    let second = second.end().await;
    assert_eq!(second.outcome, Outcome::Failure);
    assert!(
        second.stderr.contains("WSAEWOULDBLOCK (10035)"),
        "{second:?}"
    );
    let refusals = monitor.report().refusals;
    let refusals: Vec<_> = refusals.iter().map(|r| (r.quota, r.scope)).collect();
    assert_eq!(refusals, [("operations", "host")]);

    first.drop_store().await;
    // Only now: without its peer the first program would end by itself.
    drop(stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_carries_more_than_the_limit_traps() {
    let limits = |bytes| {
        let mut limits = Limits::default();
        limits.call_bytes = bytes;
        limits
    };
    let program = |bytes| {
        let program = program("plugin_denied_targets").limits(limits(bytes));
        program.start().end()
    };
    // What it prints is longer than 8 bytes, and shorter than 1,000.
    assert!(matches!(program(8).await.outcome, Outcome::Trap(_)));
    assert_eq!(program(1000).await.outcome, Outcome::Failure);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_wants_more_memory_than_the_limit_does_not_get_it() {
    let mut limits = Limits::default();
    limits.memory_bytes = Some(8 << 20);
    let peer = Listener::on(V4);
    // It needs 8 MiB for what it sends alone.
    let program = program("blocking_send_slow_peer")
        .peer(peer.address())
        .limits(limits)
        .start();
    let monitor = program.monitor();
    let program = program.end().await;
    assert!(matches!(program.outcome, Outcome::Trap(_)), "{program:?}");
    let refusals = monitor.report().refusals;
    assert!(
        refusals
            .iter()
            .any(|refusal| refusal.quota == "memory-bytes")
    );
}
