//! What is exported of a guest.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

fn program(name: &str) -> PathBuf {
    let programs = match std::env::var_os("WSP_TEST_PROGRAMS") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guest/programs"),
    };
    programs.join(name).with_extension("wasm")
}

#[test]
fn decisions_are_events_of_the_span_of_the_guest() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        stream.write_all(answer).unwrap();
    });
    let output = Command::new(env!("CARGO_BIN_EXE_telemetry"))
        .arg(format!("tcp://{peer}"))
        .arg(program("wasi_http"))
        .args(["get", &format!("http://{peer}/")])
        .args(["get", "http://10.0.0.1/", "get", "http://other.test/"])
        .output()
        .unwrap();
    serving.join().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    let port = format!("network.peer.port: I64({})", peer.port());
    for told in [
        "Name         : guest",
        "wsp.bytes.sent: I64(",
        "Name      : connect",
        "Name      : close",
        "Name      : resolve",
        r#"wsp.decision: String(Owned("allowed"))"#,
        "outbound-address-not-allowed",
        r#"network.peer.address: String(Owned("127.0.0.1"))"#,
        r#"network.peer.address: String(Owned("10.0.0.1"))"#,
        r#"server.address: String(Owned("other.test"))"#,
        &port,
    ] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
}
