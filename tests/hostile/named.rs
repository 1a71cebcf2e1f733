//! One test for each way in which a guest once got more than it was allowed, or a stranger
//! told it something.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use wsp::policy::Policy;
use wsp::{AuditLog, Faults, Limits};
use wsp_tests::peer::{self, Datagrams, Listener, V4};
use wsp_tests::{Outcome, Program};

use crate::hostile;
use crate::meter::Meter;

/// What the program was answered, command by command.
async fn answers(program: Program) -> Vec<(String, String)> {
    let ended = program.argument("verbose").start().end().await;
    assert_eq!(ended.outcome, Outcome::Success, "{ended:?}");
    let lines = ended.stdout.lines();
    let answer = |line: &str| {
        let (command, answer) = line.split_once(" -> ")?;
        Some((command.to_owned(), answer.to_owned()))
    };
    assert!(
        ended.stdout.ends_with("0 lost, 0 unknown\n"),
        "{}",
        ended.stdout
    );
    lines.filter_map(answer).collect()
}

/// The answers to one command.
fn to<'a>(answers: &'a [(String, String)], command: &str) -> Vec<&'a str> {
    let of_command = answers.iter().filter(|(asked, _)| asked == command);
    of_command.map(|(_, answer)| answer.as_str()).collect()
}

fn allowing(rules: &[String], inbound: &[&str]) -> Policy {
    let outbound = rules.iter().fold(Policy::deny_all(), |policy, rule| {
        policy.allow_outbound(rule.parse().unwrap()).unwrap()
    });
    inbound.iter().fold(outbound, |policy, rule| {
        policy.allow_inbound(rule.parse().unwrap()).unwrap()
    })
}

fn datagrams_on_loopback() -> Policy {
    allowing(&[], &["udp://127.0.0.1:0"])
}

const REFUSED: &str = "invalid-argument";

#[tokio::test]
async fn payload_in_words_is_refused_and_not_read() {
    // The second is 32 MiB, more than a call may carry.
    for command in ["words 1 0", "words 1 500000"] {
        let script = format!("create 0 inet udp;bind 0 127.0.0.1:0;{command}");
        let answers = answers(hostile(&script).policy(datagrams_on_loopback())).await;
        assert_eq!(
            to(&answers, command),
            ["false not-supported not-supported 0"]
        );
    }
}

#[tokio::test]
async fn a_guest_may_say_that_any_thread_runs() {
    let answers = answers(hostile("running 0;running 4294967295")).await;
    assert_eq!(to(&answers, "running 0"), ["()"]);
    assert_eq!(to(&answers, "running 4294967295"), ["()"]);
}

#[tokio::test]
async fn the_number_of_an_operation_under_way_is_refused_for_every_other() {
    let script = "create 0 inet udp;bind 0 127.0.0.1:0;buffer 0 10;watch 0 readable 1;\
                  watch 0 drained 1;receive 0 0 0 1;connect 0 127.0.0.1:9 1;\
                  cancel 0 1;watch 0 urgent 1;take 5";
    let answers = answers(hostile(script).policy(datagrams_on_loopback())).await;
    assert_eq!(to(&answers, "watch 0 readable 1"), ["Ok(Started::Pending)"]);
    for command in [
        "watch 0 drained 1",
        "receive 0 0 0 1",
        "connect 0 127.0.0.1:9 1",
    ] {
        let [answer] = to(&answers, command)[..] else {
            panic!("{answers:?}");
        };
        assert!(answer.contains(REFUSED), "{command}: {answer}");
    }
    assert_eq!(to(&answers, "watch 0 urgent 1"), ["Ok(Started::Pending)"]);
}

#[tokio::test]
async fn a_dropped_endpoint_gives_its_socket_back_before_the_drop_returns() {
    let mut limits = Limits::default();
    limits.sockets = 1;
    let again = "create 0 inet udp;watch 0 readable 1;watch 0 readable 2;watch 0 urgent 3;drop 0;";
    let program = hostile(&again.repeat(500)).limits(limits);
    let answers = answers(program.policy(datagrams_on_loopback())).await;
    let created = to(&answers, "create 0 inet udp");
    assert_eq!(created.len(), 500);
    assert!(created.iter().all(|answer| *answer == "ok"), "{created:?}");
}

#[tokio::test]
async fn looking_at_a_stream_until_a_buffer_is_full_is_one_look() {
    let meter = Meter::start();
    let listener = Listener::on(V4);
    let address = listener.address();
    let script = format!(
        "create 0 inet tcp;buffer 0 64000;connect 0 {address} 1;wait 10000;take 1;\
         watch 0 readable 2;wait 10000;take 1;try-receive 0 0 6;read 0 0 100;receive 0 0 6 3;cancel 0 3"
    );
    let program = hostile(&script).peer(address).faults(meter.faults());
    let (answers, ()) = tokio::join!(answers(program), async {
        let mut stream = listener.accept().await;
        stream.write_all(b"0123456789").await.unwrap();
        let _ = peer::read_until_gone(&mut stream).await;
    });
    assert_eq!(to(&answers, "try-receive 0 0 6"), ["Ok(10)"]);
    assert_eq!(to(&answers, "read 0 0 100"), ["\"0123456789\""]);
    assert_eq!(to(&answers, "receive 0 0 6 3"), ["Ok(Started::Pending)"]);
    assert_eq!(meter.excesses(), []);
}

#[tokio::test]
async fn nothing_tells_of_the_datagrams_of_a_sender_that_is_denied() {
    let (allowed, denied) = (Datagrams::on(V4).await, Datagrams::on(V4).await);
    let peer = allowed.address();
    let script = format!(
        "create 0 inet udp;buffer 0 1000;array 0 1 5;try-send-to 0 0 0 {peer};\
         watch 0 readable 1;wait 10000;take 1;ready 0;available 0;try-receive 0 0 2;try-receive 0 0 0;\
         available 0;ready 0;watch 0 readable 2;wait 30"
    );
    let policy = allowing(&[format!("udp://{peer}")], &[]);
    let log = Lines::default();
    let audit = AuditLog::new(log.clone());
    let program = hostile(&script).policy(policy);
    let (answers, ()) = tokio::join!(answers(program.audit(audit)), async {
        let (_, guest) = allowed.receive().await;
        for length in [3, 500, 7] {
            denied.send(&vec![b'd'; length], guest).await;
        }
        allowed.send(b"allowed", guest).await;
        for length in [11, 13] {
            denied.send(&vec![b'd'; length], guest).await;
        }
    });
    let available = to(&answers, "available 0");
    assert_eq!(available.first(), Some(&"Ok(7)"), "{answers:?}");
    assert_eq!(available.last(), Some(&"Ok(0)"), "{answers:?}");
    assert_eq!(to(&answers, "try-receive 0 0 2"), ["Ok(7)"]);
    assert_eq!(to(&answers, "try-receive 0 0 0"), ["Ok(7)"]);
    let ready = to(&answers, "ready 0");
    assert!(ready[0].contains("READABLE"), "{ready:?}");
    assert!(!ready[1].contains("READABLE"), "{ready:?}");
    assert_eq!(to(&answers, "wait 30"), ["WaitOutcome::TimedOut"]);
    // However often it is looked at, it is decided on once.
    let decided = log.all("datagram-from");
    let allowed = decided.iter().filter(|line| line["verdict"] == "allowed");
    assert_eq!(allowed.count(), 1, "{decided:?}");
}

#[tokio::test]
async fn a_second_connect_is_refused_and_the_audit_names_who_got_the_bytes() {
    let (first, second) = (Listener::on(V4), Listener::on(V4));
    let (one, other) = (first.address(), second.address());
    let script = format!(
        "create 0 inet tcp;array 0 1 6;connect 0 {one} 1;connect 0 {other} 2;wait 10000;take 1;\
         connect 0 {other} 3;try-send 0 0 0;drop 0"
    );
    let log = Lines::default();
    let program = hostile(&script).peer(one).argument("verbose");
    let rules = [one, other].map(|address| format!("tcp://{address}"));
    let program = program.policy(allowing(&rules, &[]));
    let ended = program
        .audit(AuditLog::new(log.clone()))
        .start()
        .end()
        .await;
    let refusals = ended.stdout.matches(REFUSED).count();
    assert_eq!(refusals, 2, "{}", ended.stdout);
    let closed = log.all("close");
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0]["address"], one.to_string().as_str());
    assert_eq!(closed[0]["sent"], 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_what_is_acknowledged_gets_on_with_those_who_post_sends() {
    const ROUNDS: u32 = 400;
    let listener = Listener::on(V4);
    let address = listener.address();
    let rounds = (0..ROUNDS).map(|round| {
        let numbers = [0, 1, 2, 3].map(|number| 10 + round * 4 + number);
        let [first, second, third, watch] = numbers;
        format!(
            "gather 0 1 100 0 1 0 {first};watch 0 drained {watch};\
             gather 0 1 100 32 1 0 {second};gather 0 1 100 32 1 0 {third}"
        )
    });
    let rounds: Vec<String> = rounds.collect();
    let script = format!(
        "create 0 inet tcp;connect 0 {address} 1;wait 10000;take 1;{}",
        rounds.join(";now;now;take 9;")
    );
    let program = hostile(&script).peer(address).start();
    let mut stream = listener.accept().await;
    let sent = ROUNDS as usize * 3 * 100;
    peer::read_exactly(&mut stream, sent).await;
    let ended = program.end().await;
    assert_eq!(ended.outcome, Outcome::Success, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_look_goes_out_before_its_endpoint_is_gone() {
    let listener = Listener::on(V4);
    let address = listener.address();
    for gone in ["drop 0", "shutdown 0 send"] {
        let script = format!(
            "create 0 inet tcp;connect 0 {address} 1;wait 10000;take 1;\
             gather 0 1 10 0 1 0 2;gather 0 1 10 32 1 0 3;gather 0 1 10 32 1 0 4;{gone}"
        );
        let program = hostile(&script).peer(address).start();
        let mut stream = listener.accept().await;
        let (bytes, end) = peer::read_until_gone(&mut stream).await;
        assert_eq!((bytes.len(), end.is_ok()), (30, true), "{gone}");
        program.end().await;
    }
}

#[tokio::test]
async fn what_is_closed_with_bytes_unread_is_reset_beyond_the_bound() {
    const CONNECTIONS: usize = 8;
    let listener = Listener::on(V4);
    let address = listener.address();
    let mut limits = Limits::default();
    limits.payload_bytes = 1 << 20;
    limits.pending_bytes = 1 << 20;
    // Each fills the buffers below it, and is closed without anything pending.
    let again = format!(
        "create 0 inet tcp;connect 0 {address} 1;wait 10000;take 1;{}drop 0;",
        "try-send 0 0 0;".repeat(30)
    );
    let script = format!("array 0 1 100000;{}wait 300", again.repeat(CONNECTIONS));
    let program = hostile(&script).peer(address).limits(limits).start();
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(listener.accept().await);
    }
    let ended = program.end().await;
    assert_eq!(ended.outcome, Outcome::Success, "{ended:?}");
    let mut resets = 0;
    for mut stream in streams {
        let (_, end) = peer::read_until_gone(&mut stream).await;
        resets += usize::from(end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    }
    assert!((1..CONNECTIONS).contains(&resets), "{resets} were reset");
}

#[tokio::test]
async fn a_datagram_port_is_not_shared_however_often_it_is_asked_for() {
    let script =
        |address: &str| format!("create 0 inet udp;set 0 5 1;get 0 5;bind 0 {address};local 0");
    let first = script("127.0.0.1:0") + ";wait 10000";
    let mut first = hostile(&first)
        .policy(datagrams_on_loopback())
        .argument("verbose")
        .start();
    let mut address = None;
    while address.is_none() {
        let line = first.line().await;
        address = line.strip_prefix("local 0 -> ").map(port);
    }
    let address = SocketAddr::new(V4, address.unwrap());
    let policy = allowing(&[], &[&format!("udp://{address}")]);
    let second = answers(hostile(&script(&address.to_string())).policy(policy)).await;
    assert_eq!(to(&second, "get 0 5"), ["Ok(1)"]);
    let bound = to(&second, &format!("bind 0 {address}"));
    assert!(bound[0].contains("address-in-use"), "{bound:?}");
    first.drop_store().await;
}

/// The port in an address of the program as it prints it.
fn port(printed: &str) -> u16 {
    let (_, rest) = printed.split_once("port: ").unwrap();
    rest.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_datagram_endpoint_without_its_peer_keeps_its_port() {
    let peer = Datagrams::on(V4).await.address();
    for bind in ["bind 0 127.0.0.1:0;", ""] {
        let script = format!(
            "create 0 inet udp;{bind}connect 0 {peer} 1;local 0;connect 0 0.0.0.0:0 2;local 0;peer 0"
        );
        let policy = allowing(&[format!("udp://{peer}")], &["udp://127.0.0.1:0"]);
        let answers = answers(hostile(&script).policy(policy)).await;
        let local = to(&answers, "local 0");
        assert_eq!(port(local[0]), port(local[1]), "{answers:?}");
        assert!(to(&answers, "peer 0")[0].contains("not-connected"));
    }
}

#[tokio::test]
async fn an_array_of_more_bytes_than_a_call_may_carry_is_counted() {
    let mut limits = Limits::default();
    limits.call_bytes = 1 << 20;
    let script = "array 0 140 1000000;count 0;create 0 inet udp;send 0 0 0 1;\
                  gather 0 140 1000000 0 1 0 1";
    let program = hostile(script)
        .limits(limits)
        .policy(datagrams_on_loopback());
    let answers = answers(program).await;
    assert_eq!(to(&answers, "count 0"), ["140 140000000"]);
    assert!(to(&answers, "send 0 0 0 1")[0].contains("out-of-buffers"));
    assert!(to(&answers, "gather 0 140 1000000 0 1 0 1")[0].contains("message-too-large"));
}

#[tokio::test]
async fn a_ticket_of_no_endpoint_is_refused_and_an_earlier_ones_too() {
    // The first endpoint of a store, its second, and what no endpoint is.
    let [first, second] = [1_u64 << 32, 2 << 32];
    let mut script = "create 0 inet udp;drop 0;create 0 inet udp".to_owned();
    let made_up = [0, 1, first, first + 1, second + 1, 3 << 32, u64::MAX];
    for number in made_up {
        for rest in 0..3 {
            script += &format!(";forged-gather {number} 1 1 0 {rest} 5 7");
        }
    }
    script += &format!(";forged-gather {second} 1 1 0 0 0 7");
    let answers = answers(hostile(&script).policy(datagrams_on_loopback())).await;
    for number in made_up {
        for answer in to(&answers, &format!("forged-gather {number} 1 1 0 0 5 7")) {
            assert!(answer.contains("invalid-argument"), "{number}: {answer}");
        }
    }
    let own = to(&answers, &format!("forged-gather {second} 1 1 0 0 0 7"));
    assert!(own[0].contains("not-connected"), "{own:?}");
}

#[tokio::test]
async fn what_is_begun_while_something_else_is_pending_goes_on_too() {
    let listener = Listener::on(V4);
    let address = listener.address();
    let script = format!(
        "create 0 inet tcp;buffer 0 10;connect 0 {address} 1;wait 10000;take 1;receive 0 0 0 2;\
         wait 0;watch 0 writable 3;wait 10001;take 5;watch 0 drained 4;wait 10002;take 6"
    );
    let (answers, _stream) =
        tokio::join!(answers(hostile(&script).peer(address)), listener.accept());
    assert_eq!(to(&answers, "take 5"), ["[(3, 0, None)]"]);
    assert_eq!(to(&answers, "take 6"), ["[(4, 0, None)]"]);
}

#[tokio::test]
async fn however_often_the_end_of_the_sends_is_watched_for_it_is_looked_for_once() {
    const WATCHES: u64 = 3000;
    let listener = Listener::on(V4);
    let address = listener.address();
    let watches: String = (3..3 + WATCHES)
        .map(|number| format!("watch 0 drained {number};"))
        .collect();
    let script = format!(
        "create 0 inet tcp;connect 0 {address} 1;wait 10000;take 1;array 0 100 100000;\
         send 0 0 0 2;{watches}count 0;wait 300"
    );
    let faults = Faults::new();
    let program = hostile(&script).peer(address).faults(&faults);
    let mut program = program.argument("verbose").start();
    // Nobody reads.
    let _stream = listener.accept().await;
    while !program.line().await.starts_with("count 0") {}
    let before = faults.system_calls();
    program
        .expect_line("wait 300 -> WaitOutcome::TimedOut")
        .await;
    let looks = faults.system_calls() - before;
    assert!(looks < WATCHES, "{looks} system calls");
    assert_eq!(program.end().await.outcome, Outcome::Success);
}

#[tokio::test]
async fn no_more_calls_wait_than_operations_may_be_outstanding() {
    let mut limits = Limits::default();
    limits.operations = 7;
    let script = "after 0 1000 0;give-up 0 3;after 1 1000 0;turn;look 0;look 1";
    let program = Program::new(env!("CARGO_TARGET_TMPDIR"), "hostile_async").limits(limits);
    let answers = answers(program.argument(script)).await;
    assert_eq!(to(&answers, "after 0 1000 0"), ["7 wait"]);
    assert_eq!(to(&answers, "after 1 1000 0"), ["3 wait"]);
    assert_eq!(to(&answers, "look 1"), ["0 ended"]);
}

/// The lines of an audit log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Those that tell of this.
    fn all(&self, what: &str) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter_map(|line| serde_json::from_slice(line).ok());
        lines.filter(|line: &Value| line["what"] == what).collect()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
