//! `wsp run` of programs that use wasi:sockets: the same rules, quotas and reports.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;

use crate::support::{Running, program, silent_port, text, tracing, wsp};
use crate::table::TABLE;

/// What `wsp run` with these arguments printed and said, with the program as the last flag.
fn run(flags: &[&str], commands: &[&str]) -> (String, String) {
    let program = program("wasi_sockets");
    let arguments = [&["run"], flags, &[&program], commands].concat();
    let output = wsp(&arguments).output().unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_rule_lets_a_connection_out_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let (mut peer, _) = listener.accept().unwrap();
        peer.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let (_held, other) = silent_port();
    let other = format!("127.0.0.1:{other}");
    let rule = format!("--allow-outbound=tcp://{target}");
    let (printed, said) = run(
        &[&rule],
        &[
            "connect",
            &target,
            "connect",
            &other,
            "bind",
            "127.0.0.1:0",
            "send",
            &target,
        ],
    );
    assert_eq!(
        printed,
        format!(
            "connect {target}: ok\nconnect {other}: access-denied\n\
             bind 127.0.0.1:0: access-denied\nsend {target}: access-denied\n"
        )
    );
    assert_eq!(reader.join().unwrap(), b"four");
    let hint = format!("allow it with --allow-outbound=tcp://{other}");
    assert!(said.contains(&hint), "{said}");
}

#[test]
fn datagrams_are_sent_to_and_received_from_whom_the_rules_name() {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = peer.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=udp://{target}");
    let (printed, _) = run(&[&rule], &["send", &target, "send", "127.0.0.2:9"]);
    assert_eq!(
        printed,
        format!("send {target}: sent 1\nsend 127.0.0.2:9: access-denied\n")
    );
    let mut room = [0; 8];
    assert_eq!(peer.recv(&mut room).unwrap(), 4);

    let stranger = UdpSocket::bind("127.0.0.2:0").unwrap();
    let mut running = Running::wsp(&[
        "run",
        "--allow-inbound=udp://127.0.0.1:*",
        "--allow-peer=udp://127.0.0.1:*",
        "--timeout=30s",
        &program("wasi_sockets"),
        "receive",
        "127.0.0.1:0",
    ]);
    let mut lines = running.lines();
    let port = lines.next().unwrap();
    let port: u16 = port.strip_prefix("bound ").unwrap().parse().unwrap();
    stranger.send_to(b"strange", ("127.0.0.1", port)).unwrap();
    peer.send_to(b"welcome", ("127.0.0.1", port)).unwrap();
    assert_eq!(lines.next().unwrap(), "receive 127.0.0.1:0: welcome");
}

#[test]
fn a_connection_is_accepted_from_peers_that_are_welcome() {
    let mut running = Running::wsp(&[
        "run",
        "--allow-inbound=tcp://127.0.0.1:0",
        "--deny-peer=tcp://127.0.0.2:*",
        "--timeout=30s",
        &program("wasi_sockets"),
        "accept",
        "127.0.0.1:0",
    ]);
    let mut lines = running.lines();
    let port = lines.next().unwrap();
    let port: u16 = port.strip_prefix("listening ").unwrap().parse().unwrap();
    // Linux lets a socket of loopback be bound to any of its addresses.
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    );
    let socket = socket.unwrap();
    let at = |text: &str| text.parse::<std::net::SocketAddr>().unwrap();
    rustix::net::bind(&socket, &at("127.0.0.2:0")).unwrap();
    rustix::net::connect(&socket, &at(&format!("127.0.0.1:{port}"))).unwrap();
    let mut turned_away = TcpStream::from(socket);
    assert!(turned_away.read(&mut [0; 1]).unwrap_or(0) == 0);
    let mut welcome = TcpStream::connect(("127.0.0.1", port)).unwrap();
    welcome.write_all(b"hello").unwrap();
    assert_eq!(lines.next().unwrap(), "accept 127.0.0.1:0: 5 bytes");
}

#[test]
fn names_are_resolved_if_a_rule_says_so_and_addresses_always() {
    let commands = [
        "resolve",
        "localhost",
        "resolve",
        "127.0.0.1",
        "resolve",
        "other.test",
    ];
    let (printed, said) = run(&["--allow-resolve=localhost"], &commands);
    assert_eq!(
        printed,
        "resolve localhost: found\nresolve 127.0.0.1: found\nresolve other.test: access-denied\n"
    );
    assert!(said.contains("--allow-resolve=other.test"), "{said}");
}

#[test]
fn sockets_count_until_they_are_closed() {
    let (printed, _) = run(
        &["--allow-outbound=tcp://127.0.0.1:1", "--max-sockets=3"],
        &["sockets", "3", "sockets", "5"],
    );
    assert_eq!(
        printed,
        "sockets 3: 3 ok, then 3 ok\n\
         sockets 5: 3 new-socket-limit, then 3 new-socket-limit\n"
    );
}

#[test]
fn what_is_only_counted_is_done_and_reported() {
    let (printed, said) = run(&["--count-only"], &["connect", "127.0.0.1:1"]);
    assert_eq!(printed, "connect 127.0.0.1:1: connection-refused\n");
    assert!(said.contains("would be denied"), "{said}");
}

#[test]
fn without_a_rule_no_network_system_call_is_made() {
    let output = tracing("network")
        .args(["run", &program("wasi_sockets")])
        .args([
            "connect",
            "127.0.0.1:9",
            "send",
            "127.0.0.1:9",
            "listen",
            "127.0.0.1:0",
        ])
        .args(["resolve", "localhost", "bind-udp", "0.0.0.0:0"])
        .output()
        .expect("strace runs; install it with `apt-get install strace`");
    let printed = text(&output.stdout);
    assert_eq!(printed.matches(": access-denied\n").count(), 5, "{printed}");
    let trace = text(&output.stderr);
    assert!(trace.contains("+++ exited with 0 +++"), "{trace}");
    assert!(!trace.contains("socket("), "{trace}");
}

/// What a program does to be decided on as a row of the table says. A program binds before it
/// listens, and needs a peer to accept and receive: those rows are the library's alone.
fn command_for(usage: &str) -> Option<&'static str> {
    match usage {
        "connect" => Some("connect"),
        "bind" => Some("bind"),
        "datagram-to" => Some("send"),
        _ => None,
    }
}

#[test]
fn every_row_of_the_table_holds_for_a_program_without_a_network() {
    let mut rows = 0;
    for group in TABLE {
        let Some(command) = command_for(group.usage) else {
            continue;
        };
        let targets = group.rows.iter().map(|(target, verdict, _)| {
            let (scheme, address) = target.split_once("://").unwrap();
            let command = match (command, scheme) {
                ("bind", "udp") => "bind-udp",
                ("connect", "udp") => "send",
                (command, _) => command,
            };
            (command, address, *verdict == "allowed")
        });
        let targets: Vec<_> = targets.collect();
        let commands = targets
            .iter()
            .flat_map(|(command, address, _)| [*command, *address]);
        // In a namespace of its own without interfaces every address is out of reach.
        let output = Command::new("unshare")
            .args(["--map-root-user", "--net", env!("CARGO_BIN_EXE_wsp"), "run"])
            .args(group.flags)
            .arg(program("wasi_sockets"))
            .args(commands)
            .output()
            .expect("unshare runs; install it with `apt-get install util-linux`");
        let printed = text(&output.stdout);
        let answers: Vec<&str> = printed.lines().collect();
        assert_eq!(
            answers.len(),
            targets.len(),
            "{printed}{}",
            text(&output.stderr)
        );
        for ((command, address, allowed), answer) in targets.iter().zip(answers) {
            let denied = answer.ends_with(": access-denied");
            // Some addresses wasmtime refuses itself, whatever the rules are.
            let invalid = answer.ends_with(": invalid-argument");
            let holds = if *allowed { !denied } else { denied || invalid };
            assert!(holds, "{:?} {command} {address}: {answer}", group.flags);
            rows += 1;
        }
    }
    assert!(rows >= 120, "{rows} rows");
}

#[test]
fn the_same_holds_for_programs_of_wasi_0_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, "--allow-resolve=localhost", "--max-sockets=3"])
        .arg(program("wasi_sockets_03"))
        .args([
            "connect",
            &target,
            "connect",
            "127.0.0.2:9",
            "listen",
            "127.0.0.1:0",
        ])
        .args(["send", &target, "sockets", "5"])
        .args([
            "resolve",
            "localhost",
            "resolve",
            "other.test",
            "resolve",
            "::1",
        ])
        .output()
        .unwrap();
    let denied = "ErrorCode::AccessDenied";
    assert_eq!(
        text(&output.stdout),
        format!(
            "connect {target}: ok\nconnect 127.0.0.2:9: {denied}\nlisten 127.0.0.1:0: {denied}\n\
             send {target}: {denied}\nsockets 5: 3, then 3\n\
             resolve localhost: found\nresolve other.test: {denied}\nresolve ::1: found\n"
        )
    );
}

#[test]
fn a_stream_counts_as_its_socket_as_long_as_the_program_keeps_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, "--max-sockets=3"])
        .args([&program("wasi_sockets_03"), "lend", &target])
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stdout),
        format!("lend {target}: 3, then ErrorCode::Other(Some(\"too many sockets\")), then 3\n")
    );
}

#[test]
fn a_rate_of_bytes_is_said_to_be_no_bound() {
    let said = |rate: &[&str]| run(rate, &["resolve", "127.0.0.1"]).1;
    let no_bound = "is no bound on what";
    assert!(said(&["--max-rate=1MiB"]).contains(no_bound));
    assert!(!said(&[]).contains(no_bound));
}
