//! What `wsp send` promises of the bytes that it was given: all of them, or a failure
//! that also the peer sees.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt;
use rustix::process::Signal;

use crate::support::{Running, ended, json_lines, payload, reset, text, wsp};

/// A listener of little room, with its target.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // What is accepted inherits it.
    sockopt::set_socket_recv_buffer_size(&listener, 16 * 1024).unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    (listener, target)
}

/// The next connection, of which no read waits for ever.
fn accept(listener: &TcpListener) -> TcpStream {
    let (peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    peer
}

/// More than the systems keep between a sender and a peer that does not read.
fn more_than_fits() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(64 << 20).unwrap();
    file
}

#[test]
fn a_sender_that_is_killed_in_the_middle_ends_with_a_reset() {
    let file = more_than_fits();
    let path = file.path().to_str().unwrap();
    let (listener, target) = listener();
    let mut sender = Running::wsp(&["send", &target, "--file", path]);
    let mut peer = accept(&listener);
    // More has come than the systems keep, so the rest of the send is pending.
    peer.read_exact(&mut vec![0; 16 << 20]).unwrap();
    sender.0.kill().unwrap();
    sender.0.wait().unwrap();
    let end = peer.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_peer_that_answers_while_it_reads_gets_everything() {
    let bytes = payload(60_000);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, &bytes).unwrap();
    let (listener, target) = listener();
    let path = file.path().to_str().unwrap();
    let arguments = ["send", &target, "--file", path, "--chunk", "16384"];
    let mut sender = Running::wsp(&arguments);
    let mut peer = accept(&listener);
    let mut received: Vec<u8> = Vec::new();
    let mut piece = [0; 1000];
    loop {
        let length = peer.read(&mut piece).unwrap();
        if length == 0 {
            break;
        }
        received.extend(&piece[..length]);
        peer.write_all(b"ok\n").unwrap();
    }
    assert!(received == bytes);
    assert_eq!(
        sender.0.try_wait().unwrap(),
        None,
        "it waits for the peer's end"
    );
    peer.write_all(b"goodbye\n").unwrap();
    drop(peer);
    assert_eq!(sender.status(), Some(0));
}

#[test]
fn a_peer_that_reads_a_piece_only_after_its_last_answer_is_there_gets_everything() {
    const PIECE: usize = 100;
    let bytes = payload(60_000);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, &bytes).unwrap();
    // Its system has room for everything, and so has everything long before it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let path = file.path().to_str().unwrap();
    let mut sender = Running::wsp(&["send", &target, "--file", path, "--reply"]);
    let mut answers = sender.0.stdout.take().unwrap();
    let mut peer = accept(&listener);
    for piece in bytes.chunks(PIECE) {
        let mut received = [0; PIECE];
        peer.read_exact(&mut received).unwrap();
        assert_eq!(received, piece);
        peer.write_all(b"ok").unwrap();
        let mut answer = [0; 2];
        answers.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"ok");
    }
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    drop(peer);
    assert_eq!(sender.status(), Some(0));
}

#[test]
fn the_reply_goes_to_standard_output_and_only_where_it_is_wanted() {
    let answer = payload(3_000_000);
    for wanted in [true, false] {
        let (listener, target) = listener();
        let expected = answer.clone();
        let server = thread::spawn(move || {
            let mut peer = accept(&listener);
            let mut request = String::new();
            peer.read_to_string(&mut request).unwrap();
            peer.write_all(&expected).unwrap();
            request
        });
        let mut command = wsp(&["send", &target, "--buffer", "a request"]);
        if wanted {
            command.arg("--reply");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(server.join().unwrap(), "a request");
        assert!(output.stdout == if wanted { &answer[..] } else { &[] });
    }
}

#[test]
fn the_reply_to_a_datagram_is_a_datagram() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = format!("udp://{}", server.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let mut request = [0; 100];
        let (length, client) = server.recv_from(&mut request).unwrap();
        server.send_to(b"an answer", client).unwrap();
        request[..length].to_vec()
    });
    let output = wsp(&["send", &target, "--buffer", "a request", "--reply"]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(serving.join().unwrap(), b"a request");
    assert_eq!(text(&output.stdout), "an answer");
}

#[test]
fn a_reply_and_lines_of_json_are_not_mixed() {
    let arguments = [
        "send",
        "tcp://127.0.0.1:9",
        "--buffer",
        "x",
        "--reply",
        "--json",
    ];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.contains("'--reply' cannot be used with '--json'"),
        "{message}"
    );
}

#[test]
fn a_peer_that_resets_after_the_last_byte_is_a_failure() {
    let (listener, target) = listener();
    let sender = Running::wsp(&["send", &target, "--buffer", "x"]);
    let mut peer = accept(&listener);
    assert_eq!(peer.read(&mut [0; 10]).unwrap(), 1);
    assert_eq!(peer.read(&mut [0; 10]).unwrap(), 0);
    reset(peer);
    let (status, message) = ended(sender);
    assert_eq!(status, Some(1));
    assert!(message.contains("WSAECONNRESET (10054)"), "{message}");
}

#[test]
fn a_peer_that_ends_its_direction_first_and_then_resets_is_a_failure() {
    let (listener, target) = listener();
    let file = tempfile::NamedTempFile::new().unwrap();
    // So much fits between the systems, and not into the peer's alone.
    file.as_file().set_len(1 << 20).unwrap();
    let path = file.path().to_str().unwrap();
    let mut sender = Running::wsp(&["send", &target, "--file", path, "--json"]);
    let peer = accept(&listener);
    peer.shutdown(Shutdown::Write).unwrap();
    let mut lines = sender.lines();
    let completion = json_lines(lines.next().unwrap().as_bytes());
    assert_eq!(completion[0]["transferred"], 1 << 20);
    reset(peer);
    let summary = json_lines(lines.next().unwrap().as_bytes());
    assert!(summary[0]["error"].is_string(), "{summary:?}");
    assert_eq!(sender.status(), Some(1));
}

#[test]
fn when_the_time_is_up_what_arrived_is_a_success_unless_a_reply_is_missing() {
    let cases = ["--timeout", "--idle"].map(|limit| [(limit, false), (limit, true)]);
    for (limit, reply) in cases.into_iter().flatten() {
        let expected = if reply { Some(1) } else { Some(0) };
        let (listener, target) = listener();
        let mut arguments = vec!["send", &target, "--buffer", "x", limit, "1s"];
        if reply {
            arguments.push("--reply");
        }
        let sender = Running::wsp(&arguments);
        let mut peer = accept(&listener);
        assert_eq!(peer.read(&mut [0; 10]).unwrap(), 1);
        let (status, message) = ended(sender);
        assert_eq!(status, expected, "{message}");
        let sentence = if reply {
            "WSAETIMEDOUT (10060)"
        } else {
            "did not end the connection in time"
        };
        assert!(message.contains(sentence), "{message}");
    }
}

/// Reads until the connection ends, with a reset.
fn assert_reset(mut peer: TcpStream) {
    let mut bytes = vec![0; 1 << 20];
    loop {
        match peer.read(&mut bytes) {
            Ok(0) => panic!("a part ended as if it were the whole"),
            Ok(_) => {}
            Err(error) => return assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
}

#[test]
fn a_send_that_runs_out_of_time_ends_with_a_reset() {
    let file = more_than_fits();
    for notify in ["event", "none"] {
        let (listener, target) = listener();
        let path = file.path().to_str().unwrap();
        let sender = Running::wsp(&[
            "send",
            &target,
            "--file",
            path,
            "--chunk",
            "65536",
            "--timeout",
            "300ms",
            "--notify",
            notify,
        ]);
        let peer = accept(&listener);
        let (status, message) = ended(sender);
        assert_eq!(status, Some(1));
        assert!(message.contains("WSAETIMEDOUT (10060)"), "{message}");
        assert_reset(peer);
    }
}

#[test]
fn a_send_whose_input_cannot_be_read_to_its_end_ends_with_a_reset() {
    let (listener, target) = listener();
    let sender = Running::wsp(&[
        "send",
        &target,
        "--buffer",
        "a first part",
        "--file",
        "/proc/self/mem",
        "--chunk",
        "16",
    ]);
    let peer = accept(&listener);
    let (status, message) = ended(sender);
    assert_eq!(status, Some(1));
    assert!(message.contains("cannot read /proc/self/mem"), "{message}");
    assert_reset(peer);
}

#[test]
fn a_send_that_is_interrupted_ends_with_a_reset() {
    let file = more_than_fits();
    let path = file.path().to_str().unwrap();
    for (signal, expected) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (listener, target) = listener();
        let sender = Running::wsp(&["send", &target, "--file", path, "--chunk", "65536"]);
        let mut peer = accept(&listener);
        peer.read_exact(&mut [0; 1000]).unwrap();
        sender.signal(signal);
        let (status, message) = ended(sender);
        assert_eq!(status, Some(expected), "{message}");
        assert!(message.contains("interrupted by SIG"), "{message}");
        assert_reset(peer);
    }
}

#[test]
fn a_send_that_waits_for_a_named_pipe_runs_out_of_time() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let (_listener, target) = listener();
    let path = pipe.to_str().unwrap();
    let output = wsp(&["send", &target, "--file", path, "--timeout", "300ms"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains("WSAETIMEDOUT (10060)"), "{message}");
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let (listener, target) = listener();
    let script = r#"trap "" INT HUP; exec "$0" send "$1" --buffer x"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_wsp"), &target]);
    let mut sender = Running::start(&mut command);
    let mut peer = accept(&listener);
    assert_eq!(peer.read(&mut [0; 10]).unwrap(), 1);
    sender.signal(Signal::INT);
    sender.signal(Signal::HUP);
    drop(peer);
    assert_eq!(sender.status(), Some(0));
}

#[test]
fn a_sender_that_is_killed_between_two_sends_ends_with_a_reset() {
    let (listener, target) = listener();
    let mut sender = Command::new(env!("CARGO_BIN_EXE_wsp"));
    sender
        .args(["send", &target, "--chunk", "1000", "--file", "-"])
        .stdin(Stdio::piped());
    let mut sender = Running(sender.spawn().unwrap());
    let mut peer = accept(&listener);
    let mut stdin = sender.0.stdin.take().unwrap();
    stdin.write_all(b"a part\n").unwrap();
    let mut part = [0; 7];
    peer.read_exact(&mut part).unwrap();
    sender.signal(Signal::KILL);
    let end = peer.read(&mut part).map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
}

#[test]
fn the_time_is_up_also_where_nobody_reads_standard_output() {
    let (listener, target) = listener();
    let file = more_than_fits();
    let mut sender = Command::new(env!("CARGO_BIN_EXE_wsp"));
    sender.args([
        "send",
        &target,
        "--json",
        "--timeout",
        "500ms",
        "--chunk",
        "1000",
        "--file",
    ]);
    sender
        .arg(file.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    let mut sender = Running(sender.spawn().unwrap());
    let mut peer = accept(&listener);
    let reading = thread::spawn(move || std::io::copy(&mut peer, &mut std::io::sink()));
    assert_eq!(sender.status(), Some(1));
    assert!(reading.join().unwrap().is_err(), "it ended with a reset");
    let output = BufReader::new(sender.0.stdout.take().unwrap());
    assert!(output.lines().count() > 100, "the pipe was full");
}
