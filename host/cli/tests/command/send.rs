//! `wsp send`, to receivers that are not ours.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::receiver::Receiver;
use crate::support::{Running, json_lines, payload, sha256, silent_port, text, wsp};

const LENGTH: usize = 200_000_000;
const CHUNK: usize = 65_536;

/// 200 MB from a pipe in chunks of 64 KiB, and what must be reported of them.
fn a_long_send_arrives_byte_for_byte(notify: &str) {
    let bytes = payload(LENGTH);
    let mut receiver = Receiver::stream();
    let target = format!("tcp://127.0.0.1:{}", receiver.port);
    let output = wsp(&["send", &target, "--file", "-", "--chunk", "65536"])
        .args(["--depth", "32", "--notify", notify, "--json"])
        .write_stdin(bytes.clone())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(receiver.line(), format!("{LENGTH} {}", sha256(&bytes)));

    let lines = json_lines(&output.stdout);
    let (summary, completions) = lines.split_last().unwrap();
    // A pipe that is not full for a moment may make a send shorter.
    assert!(completions.len() >= LENGTH.div_ceil(CHUNK));
    for completion in completions {
        assert!(completion["transferred"].as_u64().unwrap() <= CHUNK as u64);
        assert!(completion["error"].is_null(), "{completion}");
        assert_eq!(completion["notify"], notify);
        assert!(completion["elapsed_us"].is_u64(), "{completion}");
    }
    let transferred: u64 = completions
        .iter()
        .map(|completion| completion["transferred"].as_u64().unwrap())
        .sum();
    assert_eq!(transferred, LENGTH as u64, "the counts add up");
    let mut operations: Vec<u64> = completions
        .iter()
        .map(|completion| completion["operation"].as_u64().unwrap())
        .collect();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!(
        operations.len(),
        completions.len(),
        "one line for each operation"
    );
    assert_eq!(summary["bytes"], LENGTH as u64);
    assert_eq!(summary["operations"], completions.len() as u64);
}

#[test]
fn a_long_send_with_events_arrives_byte_for_byte() {
    a_long_send_arrives_byte_for_byte("event");
}

#[test]
fn a_long_send_with_routines_arrives_byte_for_byte() {
    a_long_send_arrives_byte_for_byte("routine");
}

#[test]
fn a_long_polled_send_arrives_byte_for_byte() {
    a_long_send_arrives_byte_for_byte("poll");
}

#[test]
fn a_long_synchronous_send_arrives_byte_for_byte() {
    a_long_send_arrives_byte_for_byte("none");
}

#[test]
fn buffers_and_files_leave_in_the_order_of_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("middle");
    fs::write(&file, "from a file, ").unwrap();
    let mut receiver = Receiver::stream();
    let target = format!("tcp://127.0.0.1:{}", receiver.port);
    wsp(&["send", &target, "--buffer", "first, ", "--file"])
        .arg(&file)
        .args(["--buffer", "", "--buffer", "last"])
        .assert()
        .success();
    let expected = b"first, from a file, last";
    assert_eq!(
        receiver.line(),
        format!("{} {}", expected.len(), sha256(expected))
    );
}

#[test]
fn a_gather_is_one_system_call() {
    let receiver = Receiver::stream();
    let target = format!("tcp://127.0.0.1:{}", receiver.port);
    let output = Command::new("strace")
        .args([
            "-f",
            "-e",
            "trace=sendmsg,sendto,write,writev",
            "-o",
            "/dev/stderr",
        ])
        .args(["timeout", "60", env!("CARGO_BIN_EXE_wsp"), "send", &target])
        .args(["--buffer", "one", "--buffer", "two", "--buffer", "three"])
        .output()
        .expect("strace runs; install it with `apt-get install strace`");
    let trace = text(&output.stderr);
    let sends: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains("sendmsg("))
        .collect();
    assert_eq!(sends.len(), 1, "{trace}");
    assert!(
        sends[0].contains(r#""one""#) && sends[0].contains(r#""three""#),
        "{trace}"
    );
    // Where threads run at once, strace prints the result on a line of its own.
    let mut results = trace.lines().filter(|line| line.contains("sendmsg"));
    assert!(results.any(|line| line.ends_with("= 11")), "{trace}");
}

#[test]
fn several_buffers_are_one_datagram() {
    let mut receiver = Receiver::datagram();
    let target = format!("udp://127.0.0.1:{}", receiver.port);
    wsp(&["send", &target, "--buffer", "one ", "--buffer", "datagram"])
        .assert()
        .success();
    assert_eq!(receiver.line(), "one datagram");
}

#[test]
fn the_last_byte_of_an_urgent_send_is_out_of_band() {
    let mut receiver = Receiver::urgent();
    let target = format!("tcp://127.0.0.1:{}", receiver.port);
    wsp(&["send", &target, "--buffer", "abX", "--oob"])
        .assert()
        .success();
    assert_eq!(receiver.line(), "X");
    assert_eq!(receiver.line(), "ab");
}

#[test]
fn a_datagram_that_is_too_long_is_refused_by_name_number_and_meaning() {
    let (_held, port) = silent_port();
    let target = format!("udp://127.0.0.1:{port}");
    let output = wsp(&["send", &target, "--file", "-"])
        .write_stdin(vec![0; 70_000])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("WSAEMSGSIZE (10040): the message is too long"),
        "{message}"
    );
}

#[test]
fn a_refused_connection_is_a_failure_with_its_winsock_code() {
    let (_held, port) = silent_port();
    let target = format!("tcp://127.0.0.1:{port}");
    let output = wsp(&["send", &target, "--buffer", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = text(&output.stderr);
    assert!(message.contains("WSAECONNREFUSED (10061)"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_peer_that_never_reads_runs_into_the_time_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let output = wsp(&["send", &target, "--file", "-", "--timeout", "300ms"])
        .write_stdin(vec![0; 32 << 20])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("WSAETIMEDOUT (10060)"));
}

#[test]
fn a_file_goes_out_in_full_chunks_also_as_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, payload(10 * CHUNK + 1)).unwrap();
    for name in [file.to_str().unwrap(), "-"] {
        let mut receiver = Receiver::stream();
        let target = format!("tcp://127.0.0.1:{}", receiver.port);
        let mut command = Command::new(env!("CARGO_BIN_EXE_wsp"));
        command.args([
            "send", &target, "--json", "--chunk", "65536", "--file", name,
        ]);
        command.stdin(fs::File::open(&file).unwrap());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(json_lines(&output.stdout).len(), 11 + 1);
        assert!(receiver.line().starts_with("655361 "));
    }
}

#[test]
fn a_line_from_a_pipe_goes_out_while_the_pipe_stays_open() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsp"));
    command.args(["send", &target, "--file", "-", "--chunk", "65536"]);
    let mut sender = Running(command.stdin(Stdio::piped()).spawn().unwrap());
    let mut input = sender.0.stdin.take().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    for line in [b"one\n", b"two\n"] {
        input.write_all(line).unwrap();
        let mut received = [0; 4];
        peer.read_exact(&mut received).unwrap();
        assert_eq!(&received, line);
    }
    drop(input);
    drop(peer);
    assert_eq!(sender.status(), Some(0));
}

#[test]
fn a_text_may_begin_with_a_hyphen() {
    let mut receiver = Receiver::stream();
    let target = format!("tcp://127.0.0.1:{}", receiver.port);
    wsp(&["send", &target, "--buffer", "-5 degrees", "--buffer=-6"])
        .assert()
        .success();
    let expected = b"-5 degrees-6";
    let line = format!("{} {}", expected.len(), sha256(expected));
    assert_eq!(receiver.line(), line);
}
