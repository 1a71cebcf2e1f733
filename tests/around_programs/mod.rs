//! What is seen of every program of `tests/programs`, against plain sockets. The crate says
//! with `program` how they are run.

mod blocking;
mod denied;
mod ended_early;
mod ipv6;
mod limited;
mod plugins;
mod quota_cycles;
mod quotas;
mod resolving;
mod sdk;

use std::net::{IpAddr, SocketAddr};

use blocking::blocking_send_timed_out;
use ended_early::{the_peer_is_reset_and_the_host_is_well, with_sends_pending};
use plugins::{
    plugin_busy_loop, plugin_connect_storm, plugin_denied_targets, plugin_memory_hog,
    plugin_never_reads, plugin_payload_flood, plugin_socket_hoarder,
};
use sdk::{async_operations, io_streams, network_events, no_allocation, refused_buffers};
use sha2::{Digest, Sha256};
use wsp::policy::{Policy, Protocol};
use wsp_tests::peer::{self, Datagrams, Listener, V4};
use wsp_tests::{Outcome, assert_same_bytes};

use crate::program;

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// Fails the build where a program has no test of its name.
macro_rules! assert_has_a_test {
    ($name:ident) => {
        #[expect(unused_imports, reason = "it only has to exist")]
        use self::$name as _;
    };
}

foreach_program!(assert_has_a_test);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapped_send_events() {
    sends_with_events(V4).await;
}

async fn sends_with_events(ip: IpAddr) {
    let peer = Listener::on(ip);
    let mut program = program("overlapped_send_events")
        .peer(peer.address())
        .start();
    let mut stream = peer.accept().await;
    // Nothing is read before everything is posted, so most of it was pending.
    program.expect_line("posted 8 sends").await;
    let arrived = peer::read_to_end(&mut stream).await;

    let mut sent = Vec::new();
    let mut lines = vec!["posted 8 sends".to_owned()];
    for number in 0..8u8 {
        sent.extend(format!("send {number}\n").bytes());
        sent.resize(sent.len() + 256 * 1024, b'a' + number);
        lines.push(format!("send {number}: 262151 bytes, event"));
    }
    assert_same_bytes(&arrived, &sent);
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burst_of_sends() {
    let peer = Listener::on(V4);
    let program = program("burst_of_sends").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    let arrived = peer::read_to_end(&mut stream).await;
    assert_same_bytes(&arrived, "one of many\n".repeat(40).as_bytes());
    let lines = ["480 bytes in 40 sends".to_owned()];
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapped_send_routines() {
    sends_with_routines(V4).await;
}

async fn sends_with_routines(ip: IpAddr) {
    let peer = Listener::on(ip);
    let program = program("overlapped_send_routines")
        .peer(peer.address())
        .start();
    let arrived = peer::read_to_end(&mut peer.accept().await).await;

    let mut sent = Vec::new();
    let mut lines = vec!["posted send 0".to_owned()];
    for number in 0..10u8 {
        sent.resize(sent.len() + 64 * 1024, b'a' + number);
        lines.push(format!("send {number}: 65536 bytes, routine"));
    }
    assert_same_bytes(&arrived, &sent);
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapped_send_poll() {
    let peer = Listener::on(V4);
    let mut program = program("overlapped_send_poll").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    program.expect_line("posted 4 sends").await;
    let arrived = peer::read_to_end(&mut stream).await;

    let mut sent = Vec::new();
    let mut lines = vec!["posted 4 sends".to_owned()];
    for number in 0..4u8 {
        sent.resize(sent.len() + 256 * 1024, b'a' + number);
        lines.push(format!("send {number}: 262144 bytes, poll"));
    }
    assert_same_bytes(&arrived, &sent);
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_send_slow_peer() {
    sends_blocking(V4).await;
}

async fn sends_blocking(ip: IpAddr) {
    const PART: usize = 4 * 1024 * 1024;

    let peer = Listener::on(ip);
    let mut program = program("blocking_send_slow_peer")
        .peer(peer.address())
        .start();
    let mut stream = peer.accept().await;
    program.expect_line("sending 8388608 bytes").await;
    let mut arrived = peer::read_exactly(&mut stream, PART / 2).await;
    assert!(
        !program.has_ended(),
        "a blocking send waits for all its bytes"
    );
    arrived.extend(peer::read_to_end(&mut stream).await);

    assert_same_bytes(&arrived, &[[b'a'; PART], [b'b'; PART]].concat());
    program
        .end()
        .await
        .assert_printed(&["sending 8388608 bytes", "sent 8388608 bytes"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonblocking_partial_send() {
    const LENGTH: usize = 32 * 1024 * 1024;

    let peer = Listener::on(V4);
    let mut program = program("nonblocking_partial_send")
        .peer(peer.address())
        .start();
    let mut stream = peer.accept().await;
    let mut rest = LENGTH;
    let full = loop {
        let line = program.line().await;
        let Some(counts) = line.strip_prefix("sent ") else {
            break line;
        };
        let (sent, of) = counts.split_once(" of ").unwrap();
        assert_eq!(of, format!("{rest} bytes"));
        let sent: usize = sent.parse().unwrap();
        assert!(0 < sent && sent < rest, "{line}");
        rest -= sent;
    };
    assert_eq!(full, "send: WSAEWOULDBLOCK (10035)");
    assert!(rest < LENGTH, "the first send found room");

    let arrived = peer::read_to_end(&mut stream).await;
    let sent: Vec<u8> = (0..LENGTH).map(|offset| (offset / 4096) as u8).collect();
    assert_same_bytes(&arrived, &sent);
    program.expect_line("sent 33554432 bytes in all").await;
    program.end().await.assert_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn udp_send() {
    let peer = Datagrams::on(V4).await;
    let program = program("udp_send")
        .argument(peer.address())
        .policy(Policy::naming(Protocol::Udp, &[peer.address()]))
        .start();
    let (gathered, connected) = peer.receive().await;
    let (empty, _) = peer.receive().await;
    let (addressed, unconnected) = peer.receive().await;
    assert_eq!(
        [gathered, empty, addressed],
        [b"one datagram".to_vec(), vec![], b"addressed".to_vec()]
    );
    assert_ne!(connected, unconnected);
    program.end().await.assert_printed(&[
        "send: 12 bytes",
        "empty: 0 bytes",
        "too long: WSAEMSGSIZE (10040)",
        "no destination: WSAENOTCONN (10057)",
        "send to: 9 bytes",
        "bound: true",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn echo_server() {
    echoes(V4).await;
}

async fn echoes(ip: IpAddr) {
    let local = SocketAddr::from((ip, 0));
    let policy = Policy::deny_all()
        .allow_inbound(format!("tcp://{local}").parse().unwrap())
        .unwrap();
    let mut program = program("echo_server")
        .argument(local)
        .policy(policy)
        .start();
    let listening = program.line().await;
    let port: u16 = listening
        .strip_prefix("listening ")
        .unwrap()
        .parse()
        .unwrap();

    let (mut receive, mut send) = peer::connect((ip, port).into()).await.into_split();
    let sent: Vec<u8> = (0..1_000_000u32)
        .map(|offset| (offset / 999) as u8)
        .collect();
    let sending = tokio::spawn({
        let sent = sent.clone();
        async move {
            peer::write(&mut send, &sent).await;
            // Dropping this half ends the stream.
        }
    });
    let arrived = peer::read_to_end(&mut receive).await;
    sending.await.unwrap();
    assert_same_bytes(&arrived, &sent);
    program.end().await.assert_printed(&[
        &listening,
        "accepted from the same host: true",
        "echoed 1000000 bytes",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connect_denied() {
    let peer = Listener::on(V4);
    let program = program("connect_denied").argument(peer.address());
    let program = program.start().end().await;
    program.assert_printed(&["connect: WSAEACCES (10013)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn async_hundred_sends() {
    let peer = Listener::on(V4);
    let mut program = program("async_hundred_sends").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    program.expect_line("posted 100 sends").await;
    let arrived = peer::read_to_end(&mut stream).await;
    let sent: Vec<u8> = (0..100u8).flat_map(|number| [number; 16 * 1024]).collect();
    assert_same_bytes(&arrived, &sent);
    program
        .end()
        .await
        .assert_printed(&["posted 100 sends", "completed 100 sends, 1638400 bytes"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receive_overlapped() {
    let peer = Listener::on(V4);
    let program = program("receive_overlapped").peer(peer.address()).start();
    let mut stream = peer.accept().await;
    for answer in ["for the event", "for the routine"] {
        assert_eq!(peer::read_exactly(&mut stream, 2).await, b"go");
        peer::write(&mut stream, answer.as_bytes()).await;
    }
    assert!(peer::read_to_end(&mut stream).await.is_empty());
    drop(stream);
    program.end().await.assert_printed(&[
        "with an event: Pending",
        "event: for the event",
        "with a routine: Pending",
        "routine: for the routine",
        "end: 0 bytes",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receive_too_little_room() {
    let peer = Datagrams::on(V4).await;
    let address = peer.address();
    let policy = Policy::naming(Protocol::Udp, &[address]);
    let program = program("receive_too_little_room").argument(address);
    let program = program.policy(policy).start();
    for _ in 0..2 {
        let (go, from) = peer.receive().await;
        assert_eq!(go, b"go");
        peer.send(b"abcde", from).await;
    }
    // An error that is found at once is not indicated, and all else is alike.
    let told = r#"3 bytes "abc", flags 0x8000, error 10040, from the peer: true"#;
    program.end().await.assert_printed(&[
        "started: Ok(Pending), event set: false",
        told,
        "started: Err(MsgSize), event set: false",
        told,
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connect_nonblocking() {
    let listening = Listener::with_room_for_one();
    let (_refusing, silent) = peer::refusing();
    // The listener is full, so the program's attempt takes as long as this stays so.
    let _first = peer::connect(listening.address()).await;
    let mut program = program("connect_nonblocking")
        .peer(listening.address())
        .peer(silent)
        .start();
    program.expect_line("connect: WSAEWOULDBLOCK (10035)").await;
    program.expect_line("connect: WSAEALREADY (10037)").await;
    let _accepted = (listening.accept().await, listening.accept().await);
    program.end().await.assert_printed(&[
        "connect: WSAEWOULDBLOCK (10035)",
        "connect: WSAEALREADY (10037)",
        "connect: WSAEISCONN (10056)",
        "connect: WSAEWOULDBLOCK (10035)",
        "SO_ERROR: WSAECONNREFUSED (10061)",
        // Kept, as on Windows.
        "SO_ERROR: WSAECONNREFUSED (10061)",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options() {
    // Nothing is reached, but sockets of both protocols must be allowed.
    let policy = Policy::deny_all()
        .allow_inbound("tcp://127.0.0.1:0".parse().unwrap())
        .and_then(|policy| policy.allow_inbound("udp://127.0.0.1:0".parse().unwrap()))
        .unwrap();
    let program = program("options").policy(policy).start().end().await;
    program.assert_success();

    let both = |name: &str, before: &str, after: &str| {
        format!("SocketOption::{name}({before}); set; SocketOption::{name}({after})")
    };
    let read_only = |name: &str, value: &str| {
        format!("SocketOption::{name}({value}); WSAENOPROTOOPT; SocketOption::{name}({value})")
    };
    let neither = |name: &str| {
        let read = format!("SocketOptionName::{name}: WSAENOPROTOOPT");
        format!("{read}; WSAENOPROTOOPT; {read}")
    };
    let expected = [
        "stream".to_owned(),
        read_only("SoAcceptconn", "false"),
        neither("SoBroadcast"),
        read_only("SoError", "0"),
        both("SoKeepalive", "false", "true"),
        both("SoLinger", "None", "Some(2)"),
        neither("SoMaxMsgSize"),
        both("SoOobinline", "false", "true"),
        both("SoRcvbuf", "the system's", "32768"),
        both("SoRcvtimeo", "0", "250"),
        both("SoReuseaddr", "false", "true"),
        both("SoSndbuf", "the system's", "32768"),
        both("SoSndtimeo", "0", "250"),
        read_only("SoType", "SocketType::Stream"),
        both("TcpNodelay", "false", "true"),
        "the same information: true".to_owned(),
        "datagram".to_owned(),
        read_only("SoAcceptconn", "false"),
        both("SoBroadcast", "false", "true"),
        read_only("SoError", "0"),
        neither("SoKeepalive"),
        neither("SoLinger"),
        read_only("SoMaxMsgSize", "65507"),
        neither("SoOobinline"),
        both("SoRcvbuf", "the system's", "32768"),
        both("SoRcvtimeo", "0", "250"),
        both("SoReuseaddr", "false", "true"),
        both("SoSndbuf", "the system's", "32768"),
        both("SoSndtimeo", "0", "250"),
        read_only("SoType", "SocketType::Dgram"),
        neither("TcpNodelay"),
        "the same information: true".to_owned(),
    ];
    let printed: Vec<String> = program.stdout.lines().map(with_default_size).collect();
    assert_eq!(printed, expected);
}

/// How large buffers are at first is the system's choice.
fn with_default_size(line: &str) -> String {
    for prefix in ["SocketOption::SoRcvbuf(", "SocketOption::SoSndbuf("] {
        if let Some((size, rest)) = line.strip_prefix(prefix).and_then(|l| l.split_once(')')) {
            assert!(size.parse::<u32>().is_ok_and(|size| size > 0), "{line}");
            return format!("{prefix}the system's){rest}");
        }
    }
    line.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_and_close() {
    let peer = Listener::on(V4);
    let program = program("shutdown_and_close").peer(peer.address()).start();
    let mut shut_down = peer.accept().await;
    let arrived = peer::read_to_end(&mut shut_down).await;
    assert_same_bytes(&arrived, &vec![b'a'; 1024 * 1024]);
    let mut closed = peer.accept().await;
    program.end().await.assert_printed(&[
        "send after shutdown: WSAESHUTDOWN (10058)",
        "send before shutdown: 1048576 bytes",
        "pending: true, event set: false",
        "closed, event set: true, error: 995",
        "routine: WSA_OPERATION_ABORTED (995)",
        "send after close: WSAENOTSOCK (10038)",
        "result after close: WSAENOTSOCK (10038)",
    ]);
    // It closed with sends pending: what arrives is a part, and the peer is told so.
    let (arrived, end) = peer::read_until_gone(&mut closed).await;
    assert!(arrived.len() < 1024 * 1024);
    assert_same_bytes(&arrived, &vec![b'b'; arrived.len()]);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_status() {
    let program = program("exit_status").start().end().await;
    assert_eq!(program.outcome, Outcome::Failure);
    assert_eq!(program.stdout, "");
    assert_eq!(program.stderr, "error: this program always fails\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traps() {
    let program = program("traps").start().end().await;
    assert!(matches!(program.outcome, Outcome::Trap(_)), "{program:?}");
    assert!(
        program.stderr.contains("this program always panics"),
        "{program:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traps_while_sending() {
    let (program, stream) = with_sends_pending("traps_while_sending").await;
    let program = program.end().await;
    assert!(matches!(program.outcome, Outcome::Trap(_)), "{program:?}");
    the_peer_is_reset_and_the_host_is_well(stream).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo() {
    let peer = Listener::on(V4);
    let program = program("demo").peer(peer.address()).start();
    let arrived = peer::read_to_end(&mut peer.accept().await).await;
    let digest: String = Sha256::digest(&arrived)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut lines: Vec<String> = (0..64)
        .map(|number| format!("completion {number}: 65536 bytes, event"))
        .collect();
    lines.push(format!("sent 4194304 sha256 {digest}"));
    program.end().await.assert_printed(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resolve_and_connect() {
    let peer = Listener::on(V4);
    let port = peer.address().port();
    // The system's resolver; the name of an outbound rule may be resolved.
    let policy = resolving::policy(&format!("outbound.allow = ['tcp://localhost:{port}']"));
    let program = program("resolve_and_connect")
        .argument("localhost")
        .argument(port)
        .policy(policy);
    let program = program.start();
    let _first = peer.accept().await;
    let _second = peer.accept().await;
    program.end().await.assert_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn denied_everything() {
    let program = program("denied_everything").start();
    program.end().await.assert_printed(&[
        "socket: WSAEACCES",
        "socket: WSAEACCES",
        "socket: WSAEACCES",
        "socket: WSAEACCES",
        "resolve: WSAEINVAL",
        "resolve: WSAEACCES",
        "resolve: WSAEACCES",
        "resolve: WSAEINVAL",
        "resolve: WSAEINVAL",
    ]);
}
