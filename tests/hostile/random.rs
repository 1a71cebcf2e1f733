//! Random sequences of calls, made by a program, by one that waits for many things at
//! once, or by a provider that is none, which a program or an embedder calls. After each
//! one everything is back: quotas, tasks, descriptors and memory; and no call took more than a bounded number of system calls.
//! All runs on one thread, so that what a call does is measured between its beginning and
//! its end.
//!
//! `WSP_HOSTILE_SEQUENCES` says how many sequences, `WSP_HOSTILE_SEED` where they begin.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod composed;
mod embedder;
mod guests;
mod meter;
mod peers;
mod script;

use std::env;
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use cap::Cap;
use fastrand::Rng;
use tokio::runtime::Handle;
use tokio::time::sleep;
use wsp::Limits;
use wsp::policy::Policy;
use wsp::quota::{Held, HostLimits, HostQuota};
use wsp_tests::Outcome;

use guests::{Guest, Setup};
use meter::Meter;
use peers::{Peers, Places};

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

/// Sequences if nobody says how many.
const SEQUENCES: u64 = 3000;

/// Sequences between two looks at memory.
const ROUND: u64 = 500;

/// Bytes that may come and go with caches and pools, however many sequences there are.
const SLACK: usize = 2 << 20;

/// How long a sequence runs before its store is dropped in the middle of whatever it does.
const LONGEST: Duration = Duration::from_millis(100);

static PLACES: OnceLock<Places> = OnceLock::new();

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

#[tokio::test]
async fn whatever_a_guest_calls_everything_is_back_when_it_is_gone() {
    let sequences = number("WSP_HOSTILE_SEQUENCES").unwrap_or(SEQUENCES);
    let seed = number("WSP_HOSTILE_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{sequences} sequences from seed {seed}");
    let meter = Meter::start();
    let places = Places::new().await;
    let places = PLACES.get_or_init(|| places);
    let mut random = Rng::with_seed(seed);

    // The first ones compile the program and fill what is kept for those to come.
    for _ in 0..ROUND.min(sequences) {
        sequence(&mut random, places, meter).await;
    }
    let mut ends = [0; 3];
    let memory = ALLOCATOR.allocated();
    let descriptors = open_descriptors();
    for done in (0..sequences).step_by(ROUND as usize) {
        for _ in 0..ROUND.min(sequences - done) {
            ends[sequence(&mut random, places, meter).await as usize] += 1;
        }
        let now = ALLOCATOR.allocated();
        assert!(
            now < memory + SLACK,
            "{} bytes are left after {done} sequences",
            now - memory
        );
        assert_eq!(open_descriptors(), descriptors, "after {done} sequences");
    }
    println!("ended by themselves, trapped, dropped in the middle: {ends:?}");
}

/// The operations that a sequence may have outstanding, and the calls that may wait for one.
const OPERATIONS: usize = 12;

/// How a sequence ended.
#[derive(Clone, Copy)]
enum End {
    ByItself,
    Trapped,
    Dropped,
}

async fn sequence(random: &mut Rng, places: &'static Places, meter: &'static Meter) -> End {
    let seed = random.u64(..);
    let mut random = Rng::with_seed(seed);
    let before = Handle::current().metrics().num_alive_tasks();
    let peers = Places::peers(places, seed);
    let guest = Guest::new(&mut random, &peers);
    let mut host_limits = HostLimits::default();
    host_limits.operations = Some(100);
    host_limits.payload_bytes = Some(4 << 20);
    let host = HostQuota::new(host_limits);
    let mut limits = Limits::default();
    limits.sockets = 6;
    limits.operations = OPERATIONS;
    limits.pending_bytes = 1 << 20;
    limits.payload_bytes = 3 << 20;
    limits.parts = 1100;
    if random.u8(..4) == 0 {
        limits.bytes_per_second = std::num::NonZeroU64::new(200_000);
    }
    // Other policies take their turns, of which one allows a part of it all.
    let other = match random.u8(..4) {
        0 => Some(Policy::deny_all()),
        1 => Some(part_of_policy(&peers)),
        _ => None,
    };
    let setup = Setup {
        policy: policy(&peers),
        other,
        limits,
        host: host.clone(),
        faults: meter.faults().clone(),
        longest: LONGEST,
    };
    let (monitor, ended) = guest.run(setup).await;

    // The store is gone, and with it, at once, all that it held.
    let told = format!("sequence {seed}: {guest:?}\n{ended:?}");
    assert_eq!(monitor.report().held, Held::default(), "{told}");
    assert_eq!(host.held(), Held::default(), "{told}");
    assert_eq!(meter.excesses(), [], "{told}");
    let end = match ended.as_ref().map(|ended| &ended.outcome) {
        Some(Outcome::Success) => {
            let printed = ended.as_ref().map_or("", |ended| ended.stdout.as_str());
            assert_printed(&guest, printed, &told);
            End::ByItself
        }
        Some(Outcome::Trap(trap)) => {
            assert!(guest.may_trap(trap), "{told}");
            End::Trapped
        }
        Some(Outcome::Failure) => panic!("{told}"),
        None => End::Dropped,
    };
    peers.end().await;
    settled(before, &told).await;
    end
}

/// Asserts what a guest tells that ended by itself.
fn assert_printed(guest: &Guest, printed: &str, told: &str) {
    match guest {
        Guest::Plain { .. } | Guest::Waiting { .. } => {
            let ended_once = " accepted, 0 lost, 0 unknown\n";
            assert!(printed.ends_with(ended_once), "{told}");
        }
        Guest::Composed { script, .. } => {
            // And for each command there was an answer.
            let calls = script.split(';').count();
            assert_eq!(printed, format!("{calls} calls were answered\n"), "{told}");
        }
        Guest::Embedded { .. } => {}
    }
    if let Guest::Waiting { .. } = guest {
        assert_waits(printed, told);
    }
}

/// Asserts what a program tells of its calls that waited: there are never more than may, one
/// more is turned away only then, and each that waited had something to wait for.
fn assert_waits(printed: &str, told: &str) {
    let line = printed.lines().find(|line| line.contains("turned away"));
    let numbers = line.expect("a line").split_whitespace();
    let numbers: Vec<usize> = numbers.filter_map(|word| word.parse().ok()).collect();
    let [most, turned_away, early] = numbers[..] else {
        panic!("{told}");
    };
    assert!(most <= OPERATIONS && turned_away >= OPERATIONS, "{told}");
    assert_eq!(early, 0, "{told}");
}

/// Waits until no task is left of what was begun since.
async fn settled(before: usize, told: &str) {
    for _ in 0..5000 {
        if Handle::current().metrics().num_alive_tasks() <= before {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
    panic!("tasks are left of {told}");
}

fn policy(peers: &Peers) -> Policy {
    let rule = |text: String| text.parse().expect("a rule");
    let policy = Policy::deny_all()
        .allow_outbound(rule(format!("tcp://{}", peers.stream)))
        .and_then(|policy| policy.allow_outbound(rule(format!("tcp://{}", peers.refusing))))
        .and_then(|policy| policy.allow_outbound(rule(format!("tcp://{}", peers.guest))))
        .and_then(|policy| policy.allow_outbound(rule(format!("udp://{}", peers.datagrams))))
        .and_then(|policy| policy.allow_inbound(rule(format!("tcp://{}", peers.guest))))
        .and_then(|policy| policy.allow_inbound(rule("udp://127.0.0.1:0".to_owned())))
        .expect("rules with addresses");
    policy.allow_resolve("localhost".parse().expect("a name"))
}

fn part_of_policy(peers: &Peers) -> Policy {
    let rule = |text: String| text.parse().expect("a rule");
    Policy::deny_all()
        .allow_outbound(rule(format!("tcp://{}", peers.stream)))
        .and_then(|policy| policy.allow_inbound(rule("udp://127.0.0.1:0".to_owned())))
        .and_then(|policy| policy.deny_peer(rule(format!("udp://{}", peers.datagrams))))
        .expect("rules with addresses")
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("a list").count()
}
