//! `wsp run --metrics` and `--metrics-file`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use rustix::process::Signal;

use crate::support::{Running, program, text, wsp};

/// The whole answer to a request for a path.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_are_served_while_the_program_runs() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut running = Running::wsp(&[
        "run",
        "--metrics=127.0.0.1:0",
        &format!("--allow-outbound=tcp://{}", silent.local_addr().unwrap()),
        &program("wasi_http"),
        "get",
        "http://127.0.0.1:1/",
        "get",
        &url,
    ]);
    let mut said = running.error_lines();
    let line = said.next().unwrap();
    let address = line.strip_prefix("wsp: metrics at http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    // The program has a connection now, and nobody answers.
    let (_held, _) = silent.accept().unwrap();
    let answer = get(address, "/metrics");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for line in [
        "# TYPE wsp_sockets_open gauge",
        "# HELP wsp_connects_total Connections attempted",
        "wsp_sockets_open 1",
        "wsp_connects_total 1",
        r#"wsp_denials_total{reason="outbound-address-not-allowed",verdict="denied"} 1"#,
    ] {
        assert!(answer.lines().any(|told| told == line), "{line}: {answer}");
    }
    assert!(get(address, "/").starts_with("HTTP/1.1 404 "));
    // Connections that say nothing keep nobody from the others.
    let _idle: Vec<_> = (0..4).map(|_| TcpStream::connect(address)).collect();
    assert!(get(address, "/metrics").contains("wsp_sockets_open 1"));
    running.signal(Signal::INT);
    running.status();
}

#[test]
fn metrics_are_written_at_the_end_however_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("metrics.prom");
    let flag = format!("--metrics-file={}", file.display());
    for (flags, program, status) in [
        (vec![], program("wasi_sockets"), 0),
        (vec!["--timeout=1s"], program("plugin_busy_loop"), 124),
        (vec![], program("traps"), 134),
    ] {
        let _ = fs::remove_file(&file);
        let output = wsp(&["run", &flag])
            .args(flags)
            .args([&program, "connect", "127.0.0.1:1"])
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(status),
            "{}",
            text(&output.stderr)
        );
        let written = fs::read_to_string(&file).unwrap();
        assert!(written.contains("\nwsp_sockets_open 0\n"), "{written}");
    }
}

#[test]
fn an_address_that_is_taken_is_told_before_the_program_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = wsp(&["run", &format!("--metrics={address}"), &program("demo")])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let sentence = format!("wsp: cannot serve metrics at {address}: ");
    assert!(said.starts_with(&sentence), "{said}");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn sends_that_go_out_together_are_counted_and_there_are_none_with_no_bursts() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("metrics.prom");
    let flag = format!("--metrics-file={}", file.display());
    for (flags, joins) in [(vec![], true), (vec!["--no-bursts"], false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let rule = format!("--allow-outbound=tcp://{address}");
        let peer = thread::spawn(move || {
            let mut arrived = String::new();
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_to_string(&mut arrived).unwrap();
            arrived
        });
        let output = wsp(&["run", &flag, &rule])
            .args(flags)
            .args([&program("burst_of_sends"), &address])
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), "480 bytes in 40 sends\n");
        assert_eq!(peer.join().unwrap(), "one of many\n".repeat(40));
        let written = fs::read_to_string(&file).unwrap();
        let joined = written
            .lines()
            .find_map(|line| line.strip_prefix("wsp_sends_joined_total "));
        let joined: u64 = joined.map_or(0, |count| count.parse().unwrap());
        assert_eq!(joined > 0, joins, "{written}");
    }
}
