//! Guests that use wasi:sockets and wasi:http: what they hold is bounded, and comes back however
//! they end.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wsp::policy::Policy;
use wsp::quota::{Held, HostLimits, HostQuota};
use wsp::{Answer, Limits, Monitor, Resolver, Resolving};
use wsp_tests::peer::{Listener, V4};
use wsp_tests::{Program, within};

fn program(name: &str, commands: &[String]) -> Program {
    let program = Program::new(env!("CARGO_TARGET_TMPDIR"), name);
    commands.iter().fold(program, Program::argument)
}

/// A quota of a host that counts everything.
fn counting() -> HostQuota {
    let mut limits = HostLimits::default();
    limits.operations = Some(1 << 20);
    HostQuota::new(limits)
}

fn policy(peer: SocketAddr) -> Policy {
    let rule = format!("tcp://{peer}").parse().unwrap();
    let policy = Policy::deny_all().allow_outbound(rule).unwrap();
    let policy = ["tcp://127.0.0.1:*", "udp://127.0.0.1:*"]
        .into_iter()
        .fold(policy, |policy, rule| {
            policy.allow_inbound(rule.parse().unwrap()).unwrap()
        });
    policy.allow_resolve("known.test".parse().unwrap())
}

/// What is gone is back at once, or a moment later.
async fn everything_is_back(monitor: &Monitor, host: &HostQuota) {
    within("every unit should come back", async {
        while (monitor.report().held, host.held()) != (Held::default(), Held::default()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A pair of arguments.
fn command(random: &mut fastrand::Rng, peer: SocketAddr) -> [String; 2] {
    let somewhere = [
        peer.to_string(),
        "127.0.0.1:1".to_owned(),
        "127.0.0.1:0".to_owned(),
        "0.0.0.0:0".to_owned(),
        "192.0.2.1:80".to_owned(),
        "[::1]:1".to_owned(),
        "[::ffff:127.0.0.1]:1".to_owned(),
    ];
    let mut address = || random.choice(&somewhere).unwrap().clone();
    let with_address = ["connect", "bind", "listen", "bind-udp", "send"];
    let address = address();
    match random.u8(..8) {
        0 => ["sockets".to_owned(), random.u16(..64).to_string()],
        1 => {
            let name = random.choice(["known.test", "other.test", "127.0.0.1", ""]);
            ["resolve".to_owned(), name.unwrap().to_owned()]
        }
        _ => [(*random.choice(&with_address).unwrap()).to_owned(), address],
    }
}

/// Finds one address, or is asked in vain.
fn resolver(never: bool) -> Arc<dyn Resolver> {
    Arc::new(move |_: &str| -> Resolving {
        match never {
            true => Box::pin(future::pending::<io::Result<Answer>>()),
            false => Box::pin(future::ready(Ok(Answer::from_iter([V4])))),
        }
    })
}

/// Runs a program under a random quota, to its end or until it is `dropped` while it asks for a
/// name: it never held more, and everything comes back.
async fn runs_within_its_quota(
    random: &mut fastrand::Rng,
    name: &str,
    commands: &[String],
    peer: SocketAddr,
    dropped: bool,
) {
    let mut limits = Limits::default();
    limits.sockets = random.usize(1..16);
    limits.operations = random.usize(1..4);
    let host = counting();
    let running = program(name, commands)
        .policy(policy(peer))
        .limits(limits)
        .host_quota(&host)
        .resolver(resolver(dropped))
        .start();
    let monitor = running.monitor();
    if dropped {
        running.drop_store().await;
    } else {
        let ended = running.end().await;
        assert!(!ended.stdout.is_empty(), "{commands:?}: {ended:?}");
    }
    assert!(monitor.report().held.sockets <= limits.sockets);
    everything_is_back(&monitor, &host).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_program_of_0_3_keeps_it_is_within_its_quota_and_comes_back() {
    let mut random = fastrand::Rng::with_seed(20_261_130);
    let listener = Listener::on(V4);
    let peer = listener.address();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            kept.push(listener.accept().await);
        }
    });
    for round in 0..30 {
        let dropped = round % 4 == 0;
        let mut commands = Vec::new();
        for _ in 0..random.usize(1..8) {
            commands.extend(match random.u8(..6) {
                0 => ["sockets".to_owned(), random.u16(..64).to_string()],
                1 => ["listen".to_owned(), "127.0.0.1:0".to_owned()],
                2 => ["connect".to_owned(), peer.to_string()],
                _ => ["lend".to_owned(), peer.to_string()],
            });
        }
        if dropped {
            commands.extend(["resolve", "known.test"].map(str::to_owned));
        }
        runs_within_its_quota(&mut random, "wasi_sockets_03", &commands, peer, dropped).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_program_does_it_holds_no_more_than_its_quota_and_gives_it_back() {
    let mut random = fastrand::Rng::with_seed(20_261_128);
    let listener = Listener::on(V4);
    let peer = listener.address();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    for round in 0..100 {
        let mut commands: Vec<String> = (0..random.usize(1..20))
            .flat_map(|_| command(&mut random, peer))
            .collect();
        // Some are dropped while they ask for a name that nobody finds.
        let dropped = round % 4 == 0;
        if dropped {
            commands.extend(["resolve", "known.test"].map(str::to_owned));
        }
        runs_within_its_quota(&mut random, "wasi_sockets", &commands, peer, dropped).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_never_found_counts_as_an_operation_until_the_store_is_gone() {
    let host = counting();
    let commands = ["resolve", "known.test"].map(str::to_owned);
    let running = program("wasi_sockets", &commands)
        .policy(policy("127.0.0.1:1".parse().unwrap()))
        .host_quota(&host)
        .resolver(resolver(true))
        .start();
    let monitor = running.monitor();
    within("it should ask", async {
        while monitor.report().held.operations == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    running.drop_store().await;
    everything_is_back(&monitor, &host).await;
}

/// A peer that does anything but what it should with a connection.
async fn rude(mut stream: TcpStream, number: usize) {
    let answer: &[u8] = match number % 6 {
        0 => b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        1 => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4000\r\nhello",
        2 => b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhello",
        3 => b"nonsense\r\n\r\n",
        4 => b"",
        _ => return,
    };
    let _ = stream.write_all(answer).await;
    // Until the other side closes it.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_becomes_of_requests_no_more_are_under_way_than_the_quota_has() {
    let mut random = fastrand::Rng::with_seed(20_261_129);
    let listener = Listener::on(V4);
    let peer = listener.address();
    tokio::spawn(async move {
        for number in 0.. {
            tokio::spawn(rude(listener.accept().await, number));
        }
    });
    let urls = [
        format!("http://{peer}/"),
        format!("http://known.test:{}/", peer.port()),
        "http://192.0.2.1/".to_owned(),
    ];
    for round in 0..60 {
        // Some are dropped while they ask for a name that nobody finds.
        let dropped = round % 4 == 0;
        let mut commands = Vec::new();
        for _ in 0..random.usize(1..8) {
            let (count, url) = (random.usize(1..40), random.choice(&urls).unwrap());
            commands.extend(match random.u8(..5) {
                0 => ["leave".to_owned(), format!("{count},{url}")],
                1 => ["fields".to_owned(), count.to_string()],
                2 => ["unsent".to_owned(), count.to_string()],
                // Not every peer answers.
                3 if dropped => ["at-once".to_owned(), format!("{count},{url}")],
                _ => ["impatient".to_owned(), url.clone()],
            });
        }
        if dropped {
            commands.extend(["get", &urls[1]].map(str::to_owned));
        }
        runs_within_its_quota(&mut random, "wasi_http", &commands, peer, dropped).await;
    }
}
