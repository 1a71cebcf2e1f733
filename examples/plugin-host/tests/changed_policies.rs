//! Policies of plugins that change while the plugins run.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::Running;
use tempfile::TempDir;

/// A host that runs.
struct Host {
    process: Running,
    folder: TempDir,
    said: Box<dyn Iterator<Item = String>>,
}

impl Host {
    /// Runs a program as the plugins `first` and `second`, each of which may connect to
    /// `peer`.
    fn two(program: &str, peer: &str, arguments: &[&str]) -> Host {
        let folder = tempfile::tempdir().unwrap();
        for name in ["first", "second"] {
            fs::copy(
                support::program(program),
                folder.path().join(name).with_extension("wasm"),
            )
            .unwrap();
        }
        for name in ["first", "second"] {
            write(
                folder.path(),
                name,
                &format!("outbound.allow = ['tcp://{peer}']"),
            );
        }
        let mut host = Command::new("timeout")
            .args(["60", env!("CARGO_BIN_EXE_plugin-host"), "--json", "--audit"])
            .arg(folder.path().join("audit.jsonl"))
            .arg(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(host.stderr.take().unwrap()).lines();
        let said = said.map(Result::unwrap);
        Host {
            process: Running(host),
            folder,
            said: Box::new(said.filter(|line| line.starts_with("plugin-host: "))),
        }
    }

    /// Gives a plugin another policy, and returns what the host says to that.
    fn change(&mut self, plugin: &str, policy: &str) -> String {
        write(self.folder.path(), plugin, policy);
        self.said.next().unwrap()
    }

    /// The audit lines about that.
    fn audited(&self, what: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line: &Value| line["what"] == what).collect()
    }

    /// What became of the two.
    fn outcomes(mut self) -> [Value; 2] {
        let mut text = String::new();
        let mut output = self.process.0.stdout.take().unwrap();
        output.read_to_string(&mut text).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        [lines.next().unwrap(), lines.next().unwrap()]
    }
}

fn write(folder: &Path, plugin: &str, policy: &str) {
    let beside = folder.join(plugin).with_extension("new");
    fs::write(&beside, policy).unwrap();
    fs::rename(beside, folder.join(plugin).with_extension("toml")).unwrap();
}

/// Two connections, and the one that remains after the other was ended.
fn remaining(mut peers: [TcpStream; 2]) -> TcpStream {
    for peer in &peers {
        peer.set_nonblocking(true).unwrap();
    }
    // Whatever the plugin sent is read, so that the end is seen.
    let mut room = vec![0; 64 * 1024];
    let is_over = |peer: &mut TcpStream, room: &mut [u8]| match peer.read(room) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    loop {
        std::thread::yield_now();
        for over in 0..2 {
            if is_over(&mut peers[over], &mut room) {
                let [first, second] = peers;
                let remains = if over == 0 { second } else { first };
                remains.set_nonblocking(false).unwrap();
                return remains;
            }
        }
    }
}

#[test]
fn a_plugin_of_wasi_sockets_is_ended_by_its_new_policy_and_its_neighbour_goes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = listener.local_addr().unwrap().to_string();
    let mut running = Host::two("wasi_sockets", &peer, &["hold", &peer]);
    let peers = [(); 2].map(|()| listener.accept().unwrap().0);

    let why = running.change("first", "outbound.allow = 1");
    assert!(
        why.contains("the policy of first has changed, but"),
        "{why}"
    );
    let told = running.change("second", "outbound.allow = ['tcp://127.0.0.1:*']");
    assert!(
        told.contains("the policy of second has changed and is in force"),
        "{told}"
    );
    let told = running.change("first", "");
    assert!(
        told.contains("the policy of first has changed and is in force"),
        "{told}"
    );

    let mut remaining = remaining(peers);
    remaining.write_all(b"hello").unwrap();
    while running.audited("revoke").is_empty() {
        std::thread::yield_now();
    }
    let revoked = running.audited("revoke");
    assert_eq!((revoked.len(), &revoked[0]["tenant"]), (1, &"first".into()));
    assert_eq!(running.audited("policy").len(), 2);
    let [first, second] = running.outcomes();
    assert_eq!(first["ended"], "revoked");
    assert_eq!(first["report"]["revoked"], 1);
    assert_eq!(second["ended"], "success");
    assert!(second["output"].as_str().unwrap().ends_with("5 bytes\n"));
}

#[test]
fn a_plugin_of_winsock_is_told_that_its_connection_was_aborted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = listener.local_addr().unwrap().to_string();
    let mut running = Host::two("blocking_send_slow_peer", &peer, &[&peer]);
    let peers = [(); 2].map(|()| listener.accept().unwrap().0);
    let told = running.change("second", "outbound.deny = ['tcp://*:*']");
    assert!(told.ends_with("is in force; sockets ended: 1"), "{told}");
    std::io::copy(&mut remaining(peers), &mut std::io::sink()).unwrap();
    let revoked = running.audited("revoke");
    assert_eq!(
        (revoked.len(), &revoked[0]["tenant"]),
        (1, &"second".into())
    );
    let [first, second] = running.outcomes();
    assert_eq!(first["ended"], "success");
    assert_eq!(second["ended"], "failure", "{second}");
    let output = second["output"].as_str().unwrap();
    assert!(output.contains("WSAECONNABORTED"), "{output}");
}
