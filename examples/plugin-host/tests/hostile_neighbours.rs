//! A folder of hostile plugins with a few good ones between them.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// No run takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(120);

/// Bytes that each of the good plugins sends.
const DELIVERED: u64 = 64 * 4 * 16 * 1024;

/// A plugin of the test: its name, its program and the quota it has.
const PLUGINS: [(&str, &str, &str); 14] = [
    ("busy-1", "plugin_busy_loop", "timeout = '4s'"),
    ("busy-2", "plugin_busy_loop", "timeout = '4s'"),
    ("busy-3", "plugin_busy_loop", "timeout = '4s'"),
    (
        "connects",
        "plugin_connect_storm",
        "connects-per-second = 1",
    ),
    ("denied", "plugin_denied_targets", ""),
    ("flood", "plugin_payload_flood", "payload-bytes = '5MiB'"),
    ("good-1", "demo", ""),
    ("good-2", "demo", ""),
    ("good-3", "demo", ""),
    ("hoarder", "plugin_socket_hoarder", "sockets = 16"),
    ("memory", "plugin_memory_hog", "memory-bytes = '24MiB'"),
    ("never-reads", "plugin_never_reads", "operations = 4"),
    ("paced", "demo", "bytes-per-second = '3MiB'"),
    ("traps", "traps_while_sending", ""),
];

/// A peer that reads everything of everybody.
struct Sink {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    accepting: JoinHandle<()>,
    /// The length and digest of what each connection brought.
    streams: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Sink {
    fn new() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let streams = Arc::new(Mutex::new(Vec::new()));
        let (end, found) = (Arc::clone(&ended), Arc::clone(&streams));
        let accepting = thread::spawn(move || {
            let mut readers = Vec::new();
            while let Ok((stream, _)) = listener.accept() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let found = Arc::clone(&found);
                readers.push(thread::spawn(move || {
                    found.lock().unwrap().push(read_all(stream));
                }));
            }
            for reader in readers {
                reader.join().unwrap();
            }
        });
        Sink {
            address,
            ended,
            accepting,
            streams,
        }
    }

    /// What arrived, once everybody who connected is gone.
    fn end(self) -> Vec<(u64, String)> {
        self.ended.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).unwrap();
        self.accepting.join().unwrap();
        Arc::into_inner(self.streams).unwrap().into_inner().unwrap()
    }
}

/// The length and digest of everything up to the end, graceful or not.
fn read_all(mut stream: TcpStream) -> (u64, String) {
    let (mut length, mut digest) = (0, Sha256::new());
    let mut bytes = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut bytes) {
            Ok(count @ 1..) => {
                length += count as u64;
                digest.update(bytes.get(..count).unwrap());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
        }
    }
    let digest = digest.finalize();
    (
        length,
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    )
}

/// A folder with these plugins, which may reach `peers`.
fn folder(plugins: &[(&str, &str, &str)], peers: &[SocketAddr]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<String> = peers.iter().map(|peer| format!("'tcp://{peer}'")).collect();
    for (name, program, quota) in plugins {
        let component = support::program(program);
        fs::copy(&component, folder.path().join(name).with_extension("wasm")).unwrap_or_else(
            |error| panic!("{} ({error}): run `cargo xtask guest`", component.display()),
        );
        let rules = rules.join(", ");
        let text = format!("[outbound]\nallow = [{rules}]\n\n[quota]\n{quota}\n");
        fs::write(folder.path().join(name).with_extension("toml"), text).unwrap();
    }
    folder
}

fn plugin_host(folder: &Path, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_plugin-host"));
    command.args(arguments).arg(folder).timeout(LIMIT);
    command
}

/// How a plugin ended: `success`, or the key of what else.
fn ended(outcome: &Value) -> &str {
    let ended = &outcome["ended"];
    match ended.as_object() {
        Some(other) => other.keys().next().unwrap(),
        None => ended.as_str().unwrap(),
    }
}

/// How often the quota of the instance refused something.
fn refused(outcome: &Value, quota: &str) -> u64 {
    let refusals = outcome["report"]["refusals"].as_array().unwrap();
    let of_quota = refusals
        .iter()
        .filter(|refusal| refusal["quota"] == quota && refusal["scope"] == "instance");
    of_quota
        .map(|refusal| refusal["count"].as_u64().unwrap())
        .sum()
}

fn denied(outcome: &Value, reason: &str) -> u64 {
    let denials = outcome["report"]["denials"].as_array().unwrap();
    let of_reason = denials.iter().filter(|denial| denial["reason"] == reason);
    of_reason
        .map(|denial| denial["count"].as_u64().unwrap())
        .sum()
}

#[test]
fn hostile_plugins_are_ended_or_refused_and_their_neighbours_deliver_every_byte() {
    let sink = Sink::new();
    // Connections are made, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let peers = [sink.address, silent.local_addr().unwrap()];
    let folder = folder(&PLUGINS, &peers);
    let audit = folder.path().join("audit.jsonl");
    let output = plugin_host(
        folder.path(),
        &["--json", "--audit", audit.to_str().unwrap()],
    )
    .args(peers.map(|peer| peer.to_string()))
    .output()
    .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    let outcomes: BTreeMap<String, Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|outcome: Value| (outcome["name"].as_str().unwrap().to_owned(), outcome))
        .collect();
    assert_eq!(outcomes.len(), PLUGINS.len(), "{printed}");
    let arrived = sink.end();

    // The neighbours.
    for name in ["good-1", "good-2", "good-3", "paced"] {
        let outcome = &outcomes[name];
        assert_eq!(ended(outcome), "success", "{outcome:#}");
        assert_eq!(outcome["report"]["bytes-sent"], DELIVERED, "{outcome:#}");
        assert_eq!(outcome["report"]["refusals"], Value::Array(vec![]));
        let said = outcome["output"].as_str().unwrap().trim_end();
        let digest = said.rsplit_once("sha256 ").unwrap().1;
        let whole = arrived
            .iter()
            .filter(|(length, found)| (*length, found.as_str()) == (DELIVERED, digest));
        assert_eq!(whole.count(), 4, "each of the four sends the same");
        // A turn lasts one epoch at most, and on the average it waits for a few of each
        // of its neighbours, never for one that does not end.
        let turns = &outcome["turns"];
        let (own, waited) = (turns["own"].as_u64(), turns["waited"].as_u64());
        let neighbours = PLUGINS.len() as u64 - 1;
        let bound = own.unwrap() * neighbours * 3;
        assert!(waited.unwrap() <= bound, "{outcome:#}");
    }

    // The others, and what the report says of them.
    for name in ["busy-1", "busy-2", "busy-3"] {
        assert_eq!(ended(&outcomes[name]), "timed-out", "{outcomes:#?}");
    }
    assert_eq!(ended(&outcomes["traps"]), "trapped", "{printed}");
    let hoarder = &outcomes["hoarder"];
    assert_eq!(refused(hoarder, "sockets"), 100_000 - 16, "{hoarder:#}");
    let flood = &outcomes["flood"];
    assert_eq!(refused(flood, "payload-bytes"), 1000 - 5, "{flood:#}");
    let never_reads = &outcomes["never-reads"];
    assert!(refused(never_reads, "operations") > 0, "{never_reads:#}");
    // Those four, and the connecting.
    let operations = never_reads["report"]["operations"].as_u64().unwrap();
    assert!(operations <= 5, "{never_reads:#}");
    let memory = &outcomes["memory"];
    assert!(refused(memory, "memory-bytes") > 0, "{memory:#}");
    let connects = &outcomes["connects"];
    assert!(refused(connects, "connects-per-second") > 0, "{connects:#}");
    let targets = &outcomes["denied"];
    let special = denied(targets, "special-range-needs-explicit-rule");
    let other = denied(targets, "outbound-address-not-allowed");
    assert_eq!(special + other, 1500, "{targets:#}");

    // Nobody holds anything any more.
    for (name, outcome) in &outcomes {
        for unit in ["sockets", "operations", "pending-bytes", "payload-bytes"] {
            assert_eq!(outcome["report"]["held"][unit], 0, "{name} has {unit}");
        }
    }

    // The audit log tells them apart.
    let audit = fs::read_to_string(audit).unwrap();
    let lines: Vec<Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (name, what) in [
        ("good-1", "close"),
        ("hoarder", "quota"),
        ("denied", "connect"),
    ] {
        let found = |line: &&Value| line["tenant"] == name && line["what"] == what;
        assert!(lines.iter().any(|line| found(&line)), "no {what} of {name}");
    }
}

#[test]
fn the_table_names_each_refusal_with_its_count() {
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = peer.local_addr().unwrap();
    let plugins = [
        ("hoarder", "plugin_socket_hoarder", "sockets = 3"),
        ("targets", "plugin_denied_targets", ""),
        ("traps", "traps", ""),
    ];
    let folder = folder(&plugins, &[peer]);
    let output = plugin_host(folder.path(), &[]).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let contains = |text: &str| assert!(table.contains(text), "no {text:?} in\n{table}");
    contains("plugin   ended         seconds  waited");
    contains("hoarder  success");
    contains("refused 99997 times: sockets of the instance");
    contains("denied 1500 times: outbound-address-not-allowed");
    contains("traps    trapped");
}

/// The outcomes of the plugins of a folder, by name.
fn outcomes(folder: &Path, arguments: &[String]) -> BTreeMap<String, Value> {
    let output = plugin_host(folder, &["--json"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    printed(&output)
}

/// The outcomes that a host has printed.
fn printed(output: &Output) -> BTreeMap<String, Value> {
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let outcomes = printed.lines().map(|line| {
        let outcome: Value = serde_json::from_str(line).unwrap();
        (outcome["name"].as_str().unwrap().to_owned(), outcome)
    });
    outcomes.collect()
}

fn not_started(outcome: &Value) -> &str {
    let why = outcome["ended"]["not-started"].as_str();
    why.unwrap_or_else(|| panic!("{outcome:#}"))
}

#[test]
fn what_cannot_be_loaded_is_said_with_the_file_and_the_way_out() {
    let folder = folder(&[("p", "traps", "")], &[]);
    let fails = |expected: &str| {
        let outcomes = outcomes(folder.path(), &[]);
        let why = not_started(&outcomes["p"]);
        assert!(why.contains(expected), "{why}");
    };
    fs::write(folder.path().join("p.toml"), "[quota]\nsocket = 1\n").unwrap();
    fails("unknown field `socket`");
    fs::remove_file(folder.path().join("p.toml")).unwrap();
    fails("an empty file is one that denies everything");
    fs::remove_file(folder.path().join("p.wasm")).unwrap();
    let output = plugin_host(folder.path(), &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("put a NAME.wasm and a NAME.toml there"),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}

/// A function that a compiler works on for minutes: loops within loops, each with all locals live.
fn slow_to_compile() -> Vec<u8> {
    const DEPTH: usize = 3000;
    let mut code = "(local".to_owned() + &" i32".repeat(DEPTH) + ")";
    for number in 0..DEPTH {
        let to = number * 7 % DEPTH;
        code += &format!(" loop local.get {number} i32.const 1 i32.add local.set {to}");
    }
    code += &" local.get 0 br_if 0 end".repeat(DEPTH);
    wat::parse_str(format!("(component (core module (func {code})))")).unwrap()
}

#[test]
fn plugins_that_cannot_be_started_are_reported_and_the_others_run() {
    let sink = Sink::new();
    let folder = folder(
        &[
            ("a-slow", "traps", "timeout = '1s'"),
            ("b-slow", "traps", "timeout = '1s'"),
            ("c-damaged", "traps", ""),
            ("d-odd", "traps", ""),
            ("e-nested", "traps", ""),
            ("f-directory", "traps", ""),
            ("g-many", "traps", "memory-bytes = '2MiB'"),
            ("h-forger", "traps", ""),
            ("good", "demo", ""),
        ],
        &[sink.address],
    );
    let component = |name: &str| folder.path().join(name).with_extension("wasm");
    for name in ["a-slow", "b-slow"] {
        fs::write(component(name), slow_to_compile()).unwrap();
    }
    let damaged = fs::read(component("c-damaged")).unwrap();
    fs::write(component("c-damaged"), &damaged[..damaged.len() / 2]).unwrap();
    let odd = r#"(component
        (import "winsock:spi/provider@0.2.0" (instance))
        (import "i" (instance (export "m" (core module)))))"#;
    fs::write(component("d-odd"), wat::parse_str(odd).unwrap()).unwrap();
    let nested = "(component ".repeat(100) + &")".repeat(100);
    fs::write(component("e-nested"), wat::parse_str(nested).unwrap()).unwrap();
    fs::remove_file(component("f-directory")).unwrap();
    fs::create_dir(component("f-directory")).unwrap();

    let many = format!(
        "(component (core module $m {}) {})",
        "(global i64 (i64.const 0))".repeat(1000),
        "(core instance (instantiate $m))".repeat(200)
    );
    fs::write(component("g-many"), wat::parse_str(many).unwrap()).unwrap();

    let forger = r#"(component (import "url=<x\0agood  success\1b[2J>" (func)))"#;
    fs::write(component("h-forger"), wat::parse_str(forger).unwrap()).unwrap();

    let outcomes = outcomes(folder.path(), &[sink.address.to_string()]);
    assert_eq!(ended(&outcomes["good"]), "success", "{outcomes:#?}");
    assert_eq!(outcomes["good"]["report"]["bytes-sent"], DELIVERED);
    assert!(sink.end().iter().any(|(length, _)| *length == DELIVERED));
    for (name, expected) in [
        ("a-slow", "it cannot be compiled within 1s"),
        ("b-slow", "it cannot be compiled within 1s"),
        ("c-damaged", "it is a damaged component"),
        ("d-odd", "its import i has m, which is a core module"),
        ("e-nested", "nested more than 64 deep"),
        ("f-directory", "it cannot be read"),
        ("g-many", "which is more than the limit of 2MiB"),
        ("h-forger", r"url=<x good  success\u{1b}[2J>"),
    ] {
        let why = not_started(&outcomes[name]);
        assert!(why.contains(expected), "{name}: {why}");
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_resolver_that_never_answers_keeps_only_the_plugins_that_ask_it_and_those_in_time() {
    let quota = "timeout = '9s'";
    let plugins = [
        ("asks", "hostile", quota),
        ("named", "hostile", quota),
        ("refused", "hostile", quota),
    ];
    let folder = folder(&plugins, &[]);
    let policies = [
        ("asks", "[resolve]\nallow = ['*']"),
        ("named", "[outbound]\nallow = ['tcp://rule.example:80']"),
    ];
    for (name, policy) in policies {
        let file = folder.path().join(name).with_extension("toml");
        fs::write(file, format!("{policy}\n\n[quota]\n{quota}\n")).unwrap();
    }
    // As the tests of the command have it; Rust links with the same compiler.
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../host/cli/tests/command/hanging_resolver.c"
    );
    let place = tempfile::tempdir().unwrap();
    let resolver = place.path().join("hanging_resolver.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", source, "-o"])
        .arg(&resolver);
    assert!(compiler.status().unwrap().success());

    let mut host = plugin_host(folder.path(), &["--json"]);
    let host = host.arg("resolve db.example");
    let output = host.env("LD_PRELOAD", &resolver).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for asked in ["asked for db.example.\n", "asked for rule.example\n"] {
        assert!(said.contains(asked), "{said}");
    }
    let outcomes = printed(&output);
    assert_eq!(ended(&outcomes["asks"]), "timed-out", "{outcomes:#?}");
    let why = not_started(&outcomes["named"]);
    assert!(why.contains("it cannot be opened within 9s"), "{why}");
    assert_eq!(ended(&outcomes["refused"]), "success", "{outcomes:#?}");
}

#[test]
fn a_plugin_whose_quota_says_nothing_of_memory_has_a_limit_too() {
    let folder = folder(&[("hog", "plugin_memory_hog", "")], &[]);
    let outcomes = outcomes(folder.path(), &[]);
    let hog = &outcomes["hog"];
    assert!(refused(hog, "memory-bytes") > 0, "{hog:#}");
    let got = hog["output"].as_str().unwrap();
    let got = got
        .trim()
        .strip_prefix("got ")
        .and_then(|rest| rest.strip_suffix(" MiB"));
    let got: u32 = got.unwrap().parse().unwrap();
    assert!((200..256).contains(&got), "{hog:#}");
}
