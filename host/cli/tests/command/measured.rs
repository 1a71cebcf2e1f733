//! `wsp send --bench`.

use serde_json::Value;

use crate::support::{Running, address, json_lines, text, wsp};

/// A listener, and what it prints after the first line.
fn listener(url: &str) -> (Running, String, impl Iterator<Item = String> + use<>) {
    let mut listener = Running::wsp(&["listen", url, "--once", "--json"]);
    let mut lines = listener.lines();
    let target = address(&mut lines);
    (listener, target, lines)
}

#[test]
fn a_measured_send_tells_rate_and_latencies_of_what_the_peer_got() {
    let (_listener, target, lines) = listener("tcp://127.0.0.1:0");
    let sent = wsp(&[
        "send",
        &target,
        "--bench=1200ms",
        "--chunk",
        "4096",
        "--json",
    ]);
    let printed = json_lines(&{ sent }.assert().success().get_output().stdout);
    let summary = printed.last().unwrap();
    let rate = &summary["rate"];
    let received: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!(summary["bytes"], received["bytes"]);
    assert_eq!(rate["bytes"], received["bytes"]);
    assert_eq!(
        rate["sends"].as_u64().unwrap() * 4096,
        rate["bytes"].as_u64().unwrap()
    );
    let latency = |name: &str| rate["latency_us"][name].as_f64().unwrap();
    assert!(latency("p50") <= latency("p99") && latency("p99") <= latency("max"));
    // It was more than a second, so there is a report of the first.
    assert!(printed.first().unwrap()["interval"]["sends"].as_u64() > Some(0));
}

#[test]
fn people_get_a_line_and_no_progress() {
    let (_listener, target, _lines) = listener("tcp://127.0.0.1:0");
    let sent = wsp(&["send", "-q", &target, "--bench=50ms"])
        .assert()
        .success();
    let report = text(&sent.get_output().stdout);
    assert!(report.contains(" sends/s; latency p50 "), "{report}");
    assert_eq!(text(&sent.get_output().stderr), "");
}

#[test]
fn made_up_bytes_and_given_ones_exclude_each_other() {
    for arguments in [
        &["send", "tcp://127.0.0.1:9", "--bench", "--buffer", "x"][..],
        &["send", "tcp://127.0.0.1:9", "--bench", "--reply"],
        &["send", "tcp://127.0.0.1:9", "--bench=0"],
    ] {
        wsp(arguments).assert().code(2);
    }
}
