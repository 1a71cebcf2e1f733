//! Policies that change while `wsp run` runs a program, and names that a DNS server knows.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use tempfile::TempDir;
use wsp_tests::dns::DnsServer;

use crate::support::{Running, json_lines, program, text, wsp};

/// Puts a policy in the place of another, as editors and Kubernetes do.
fn write(file: &Path, policy: &str) {
    let beside = file.with_extension("new");
    fs::write(&beside, policy).unwrap();
    fs::rename(beside, file).unwrap();
}

/// A folder with a policy file, and the start of a run that follows it.
fn following(policy: &str, program_name: &str, arguments: &[&str]) -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    write(&file, policy);
    let audit = folder.path().join("audit.jsonl");
    let program = program(program_name);
    let flags = [
        "run",
        "--policy",
        file.to_str().unwrap(),
        "--follow-policy",
        "--audit",
        audit.to_str().unwrap(),
        "--timeout=60s",
        &program,
    ];
    let running = Running::wsp(&[&flags, arguments].concat());
    (folder, running)
}

/// The audit lines about that.
fn audited(folder: &TempDir, what: &str) -> Vec<serde_json::Value> {
    let mut lines = json_lines(&fs::read(folder.path().join("audit.jsonl")).unwrap());
    lines.retain(|line| line["what"] == what);
    lines
}

const LISTENING: &str = "inbound.allow = ['tcp://127.0.0.1:0']";

#[test]
fn a_policy_that_changes_is_in_force_a_moment_later() {
    let (folder, mut running) = following(LISTENING, "echo_server", &[]);
    let (mut lines, mut said) = (running.lines(), running.error_lines());
    let port = lines.next().unwrap();
    let port: u16 = port.strip_prefix("listening ").unwrap().parse().unwrap();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut echoed = [0; 5];
    client.write_all(b"hello").unwrap();
    client.read_exact(&mut echoed).unwrap();

    let file = folder.path().join("policy.toml");
    write(&file, "outbound.allow = [");
    let why = said.next().unwrap();
    assert!(why.contains("policy.toml has changed, but"), "{why}");
    assert!(why.contains("the one before stays in force"), "{why}");
    fs::remove_file(&file).unwrap();
    let why = said.next().unwrap();
    assert!(why.contains("cannot be read"), "{why}");
    // Nothing has happened to the connection.
    client.write_all(b"there").unwrap();
    client.read_exact(&mut echoed).unwrap();
    assert_eq!(&echoed, b"there");

    let from = client.local_addr().unwrap();
    write(
        &file,
        &format!("{LISTENING}\npeer.deny = ['tcp://{from}']\nquota.sockets = 9"),
    );
    let mut told = said.filter(|line| line.starts_with("wsp: "));
    let first = told.next().unwrap();
    assert!(first.ends_with("is in force; sockets ended: 1"), "{first}");
    let second = told.next().unwrap();
    assert!(second.contains("takes a restart"), "{second}");
    client.read_exact(&mut [0]).unwrap_err();
    // What the program was told is an error like any other to it.
    assert_eq!(running.status(), Some(1));
    let [revoked] = &audited(&folder, "revoke")[..] else {
        panic!("{:?}", audited(&folder, "revoke"));
    };
    assert_eq!(revoked["address"], from.to_string());
    assert_eq!(
        (&revoked["sent"], &revoked["received"]),
        (&10.into(), &10.into())
    );
    assert_eq!(audited(&folder, "policy").len(), 1);
}

#[test]
fn a_program_of_wasi_sockets_is_ended_with_a_connection_that_is_no_longer_allowed() {
    for (name, hold) in [
        ("wasi_sockets", "hold"),
        ("wasi_sockets", "hold-again"),
        ("wasi_sockets_03", "hold"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap().to_string();
        let policy = format!("outbound.allow = ['tcp://{target}']");
        let (folder, mut running) = following(&policy, name, &[hold, &target]);
        let (mut lines, mut said) = (running.lines(), running.error_lines());
        let (mut peer, _) = listener.accept().unwrap();
        assert_eq!(lines.next().unwrap(), format!("holding {target}"));
        let file = folder.path().join("policy.toml");
        // A policy that allows it too.
        write(&file, "outbound.allow = ['tcp://127.0.0.0/8:*']");
        assert!(said.next().unwrap().contains("is in force"));
        write(
            &file,
            &format!("{policy}\noutbound.deny = ['tcp://127.0.0.0/8:*']"),
        );
        assert!(peer.read(&mut [0]).is_ok_and(|read| read == 0) || peer.take_error().is_ok());
        let rest: Vec<String> = said.collect();
        assert_eq!(running.status(), Some(137), "{name} {hold}: {rest:?}");
        assert!(lines.next().is_none());
        let [revoked] = &audited(&folder, "revoke")[..] else {
            panic!("{name}: {:?}", audited(&folder, "revoke"));
        };
        assert_eq!(revoked["address"], target);
        assert_eq!(revoked["reason"], "denied-by-rule");
    }
}

#[test]
fn there_must_be_a_policy_to_follow() {
    let output = wsp(&["run", "--follow-policy", &program("denied_everything")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--policy"));
}

const SERVICE: &str = "93.184.215.14";

#[test]
fn the_names_of_rules_are_asked_of_the_dns_server_that_is_named() {
    let dns = DnsServer::answering(&[SERVICE], 60);
    let server = format!("--dns={}", dns.address());
    let explain = |target: &str| {
        let output = wsp(&["policy", "explain", &server, "--json"])
            .arg("--allow-outbound=tcp://service.example:443")
            .arg(target)
            .output()
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
        answer["verdict"].clone()
    };
    let target = format!("tcp://{SERVICE}:443");
    assert_eq!(explain(&target), "allowed");
    dns.answers(&["93.184.215.15", "10.0.0.1"]);
    assert_eq!(explain(&target), "denied");
    assert_eq!(explain("tcp://93.184.215.15:443"), "allowed");
    assert_eq!(explain("tcp://10.0.0.1:443"), "denied");
}

#[test]
fn a_program_is_told_the_addresses_that_the_rule_stands_for() {
    let dns = DnsServer::answering(&[SERVICE, "10.0.0.1"], 60);
    let server = format!("--dns={}", dns.address());
    let output = wsp(&["run", &server, "--allow-resolve=*.example"])
        .args([&program("resolve_and_connect"), "service.example", "443"])
        .output()
        .unwrap();
    let denied = "WSAEACCES (10013)";
    let line = format!("{SERVICE}: {denied}\n10.0.0.1: {denied}\n");
    assert_eq!(text(&output.stdout), line.repeat(2));
    let questions = dns.asked();
    assert!(questions >= 1);
    // Neither is asked for what no rule names.
    let output = wsp(&["run", &server])
        .args([&program("resolve_and_connect"), "service.example", "443"])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), format!("{denied}\n").repeat(2));
    assert_eq!(dns.asked(), questions);
}

#[test]
fn a_server_that_does_not_answer_or_is_none_is_said() {
    let (_held, port) = crate::support::silent_port();
    for (server, why) in [
        (format!("--dns=127.0.0.1:{port}"), "cannot resolve"),
        ("--dns=dns.example".to_owned(), "write it as ADDRESS"),
    ] {
        let output = wsp(&["policy", "explain", &server])
            .arg("--allow-outbound=tcp://service.example:443")
            .arg("tcp://192.0.2.1:443")
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(0));
        let said = text(&output.stderr);
        assert!(said.contains(why), "{said}");
    }
}
