//! `wsp listen`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};

use serde_json::Value;

use crate::support::{Running, address, payload, sha256, wsp};

fn socket_address(url: &str) -> &str {
    url.split_once("://").unwrap().1
}

#[test]
fn what_wsp_sends_wsp_receives_byte_for_byte() {
    for notify in ["event", "routine", "poll", "none"] {
        let bytes = payload(20_000_000);
        let mut listener = Running::wsp(&["listen", "tcp://127.0.0.1:0", "--once", "--json"]);
        let mut lines = listener.lines();
        let target = address(&mut lines);
        wsp(&["send", &target, "--file", "-", "--chunk", "65536"])
            .args(["--depth", "32", "--notify", notify])
            .write_stdin(bytes.clone())
            .assert()
            .success();
        let summary: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
        assert_eq!(summary["bytes"], bytes.len() as u64);
        assert_eq!(summary["sha256"], sha256(&bytes));
        assert!(listener.0.wait().unwrap().success());
    }
}

#[test]
fn two_hundred_megabytes_arrive_at_a_listener() {
    let bytes = payload(200_000_000);
    let mut listener = Running::wsp(&["listen", "tcp://127.0.0.1:0", "--once", "--json"]);
    let mut lines = listener.lines();
    let target = address(&mut lines);
    wsp(&["send", &target, "--file", "-", "--chunk", "65536"])
        .args(["--depth", "32", "--notify", "event"])
        .write_stdin(bytes.clone())
        .assert()
        .success();
    let summary: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!(summary["bytes"], 200_000_000);
    assert_eq!(summary["sha256"], sha256(&bytes));
}

#[test]
fn the_port_is_printed_and_the_data_go_to_standard_output() {
    let mut listener = Running::wsp(&["listen", "tcp://127.0.0.1:0", "--once"]);
    let first = listener.error_lines().next().unwrap();
    let url = first.strip_prefix("listening on ").unwrap();
    let mut peer = TcpStream::connect(socket_address(url)).unwrap();
    peer.write_all(b"from a peer that is not ours").unwrap();
    drop(peer);
    let mut received = String::new();
    let mut output = listener.0.stdout.take().unwrap();
    output.read_to_string(&mut received).unwrap();
    assert_eq!(received, "from a peer that is not ours");
}

#[test]
fn the_data_go_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("received");
    let path = file.to_str().unwrap();
    let mut listener = Running::wsp(&[
        "listen",
        "tcp://[::1]:0",
        "--once",
        "--json",
        "--output",
        path,
    ]);
    let mut lines = listener.lines();
    let target = address(&mut lines);
    wsp(&["send", &target, "--buffer", "over ", "--buffer", "IPv6"])
        .assert()
        .success();
    let summary: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!(summary["bytes"], 9);
    assert_eq!(fs::read(&file).unwrap(), b"over IPv6");
}

#[test]
fn one_datagram_is_enough_with_once() {
    let mut listener = Running::wsp(&["listen", "udp://127.0.0.1:0", "--once", "--json"]);
    let mut lines = listener.lines();
    let target = address(&mut lines);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender
        .send_to(b"datagram", socket_address(&target))
        .unwrap();
    let summary: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!(summary["bytes"], 8);
    assert_eq!(summary["sha256"], sha256(b"datagram"));
}
