//! Metrics of all plugins together.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use support::{Running, program};

#[test]
fn metrics_count_what_all_plugins_have() {
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["first", "second"] {
        let file = folder.path().join(name);
        fs::copy(program("wasi_http"), file.with_extension("wasm")).unwrap();
        let policy = format!("outbound.allow = ['tcp://{address}']");
        fs::write(file.with_extension("toml"), policy).unwrap();
    }
    let host = Command::new(env!("CARGO_BIN_EXE_plugin-host"))
        .arg("--metrics=127.0.0.1:0")
        .arg(folder.path())
        .args(["get", &format!("http://{address}/")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut host = Running(host.unwrap());
    let mut said = BufReader::new(host.0.stderr.take().unwrap()).lines();
    let line = said.next().unwrap().unwrap();
    let served = line
        .strip_prefix("plugin-host: metrics at http://")
        .unwrap();
    let served = served.strip_suffix("/metrics").unwrap();
    // Both have asked, and nobody answers.
    let _held = [peer.accept().unwrap(), peer.accept().unwrap()];
    let mut stream = TcpStream::connect(served).unwrap();
    write!(stream, "GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\nwsp_sockets_open 2\n"), "{answer}");
}
