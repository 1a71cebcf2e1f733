//! Whole programs against peers outside of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Stdio};
use std::thread;

use crate::support::{Build, LIMIT, text};

static THOUSAND_SENDS: Build = Build::new("thousand_sends", &["programs/thousand_sends.c"]);
static SERVES_ONE: Build = Build::new("serves_one", &["programs/serves_one.c"]);
static RESOLVES: Build = Build::new("resolves", &["programs/resolves.c"]);
static WRONG_TEXTS: Build = Build::new("wrong_texts", &["programs/wrong_texts.c"]);
static EVENT_HANDLES: Build = Build::new("event_handles", &["case.c", "programs/event_handles.c"]);
static RECEIVES_OF_NOTHING: Build = Build::new(
    "receives_of_nothing",
    &["case.c", "programs/receives_of_nothing.c"],
);
static FORMS_AGREE: Build = Build::new("forms_agree", &["case.c", "programs/forms_agree.c"]);
static SCOPES: Build = Build::new("scopes", &["case.c", "programs/scopes.c"]);
static DISSOCIATES: Build = Build::new("dissociates", &["case.c", "programs/dissociates.c"]);
static GROUPS: Build = Build::new("groups", &["programs/groups.c"]);
static BOTH_FAMILIES: Build = Build::new("both_families", &["programs/both_families.c"]);
static CUT_CONTROL: Build = Build::new("cut_control", &["case.c", "programs/cut_control.c"]);
static FILES: Build = Build::new("files", &["programs/files.c"]);
static TRANSMITS: Build = Build::new("transmits", &["programs/transmits.c"]);
static OWN_SOURCE: Build = Build::new("own_source", &["case.c", "programs/own_source.c"]);
static LAYOUTS: Build = Build::new("layouts", &["programs/layouts.c"]);

/// A process that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn routines_that_post_the_next_send_deliver_a_thousand_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let reader = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(LIMIT)).unwrap();
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let output = THOUSAND_SENDS.run(&[&port]).output().unwrap();
    let printed = text(&output.stdout);
    let bytes = reader.join().unwrap();
    let expected: usize = (0..1000).map(|send| send * 7919 % 40000).sum();
    assert_eq!(
        printed,
        format!(
            "posted 1000, completed 1000, outstanding 0, {expected} bytes\ncancelled: 0, 1168; waited: 0\n"
        )
    );
    assert_eq!(bytes.len(), expected);
    let wrong = bytes.iter().zip(0_u32..).position(|(byte, position)| {
        *byte != position.wrapping_mul(31).wrapping_add(position / 251) as u8
    });
    assert_eq!(wrong, None, "the first byte that is out of order");
    assert!(output.status.success());
}

#[test]
fn a_server_selects_among_a_stream_urgent_data_and_datagrams() {
    let mut command = SERVES_ONE.process();
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut server = Running(child);
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let ports: [u16; 2] = [line().parse().unwrap(), line().parse().unwrap()];

    let mut stream = TcpStream::connect(("127.0.0.1", ports[0])).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    assert_eq!(line(), "a connection from 127.0.0.1");
    let mut answer = [0; 7];
    stream.write_all(b"winsock").unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"WINSOCK");
    send_urgent(&stream, b'!');
    assert_eq!(line(), "urgent: !");
    drop(stream);
    assert_eq!(line(), "the connection ended");

    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket.connect(("127.0.0.1", ports[1])).unwrap();
    socket.send(b"datagram").unwrap();
    let mut answer = [0; 100];
    let length = socket.recv(&mut answer).unwrap();
    assert_eq!(&answer[..length], b"DATAGRAM");
    socket.send(b"").unwrap();
    assert_eq!(line(), "the end");
    assert!(server.0.wait().unwrap().success());
}

fn send_urgent(stream: &TcpStream, byte: u8) {
    rustix::net::send(stream, &[byte], rustix::net::SendFlags::OOB).unwrap();
}

#[test]
fn numeric_addresses_and_localhost_are_resolved_without_the_host() {
    let resolved = |arguments: &[&str]| {
        let output = RESOLVES.run(arguments).output().unwrap();
        text(&output.stdout)
    };
    assert_eq!(resolved(&["192.0.2.7", "80"]), "192.0.2.7 80\n");
    assert_eq!(resolved(&["2001:db8::7", "80"]), "2001:db8::7 80\n");
    assert_eq!(resolved(&["localhost", "80"]), "::1 80\n127.0.0.1 80\n");
    assert_eq!(resolved(&["192.0.2.7", "http"]), "192.0.2.7 80\n");
    // WSATYPE_NOT_FOUND.
    assert_eq!(resolved(&["192.0.2.7", "no-such-service"]), "10109\n");
}

#[test]
fn a_name_that_no_rule_names_is_not_resolved() {
    let output = RESOLVES.run(&["example.com", "80"]).output().unwrap();
    // WSAEACCES.
    assert_eq!(text(&output.stdout), "10013\n");
}

/// The bytes of a component's string have to be UTF-8, or the call is a trap.
#[test]
fn what_is_no_text_is_refused_by_every_call_that_takes_text() {
    // WSAHOST_NOT_FOUND, WSATYPE_NOT_FOUND and WSAEINVAL, then WSAEFAULT.
    let not_ascii = "11001 10109 11001 1 0 10022\n".repeat(6);
    let no_memory = "10014 10014 10014 1 -1 10022\n".repeat(2);
    let expected = format!("{not_ascii}{no_memory}10022\n-1 1\n");
    for grant in ["--allow-resolve=*", "--allow-resolve=other.example"] {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
        command.args(["run", grant]).arg(WRONG_TEXTS.component());
        let output = command.timeout(LIMIT).output().unwrap();
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
        assert!(output.status.success());
    }
}

#[test]
fn an_events_handle_counts_without_its_lowest_bits_and_where_events_are_selected() {
    let output = EVENT_HANDLES.run(&[]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn a_receive_of_no_bytes_waits_until_a_stream_has_something() {
    let output = RECEIVES_OF_NOTHING.run(&[]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn a_message_whose_control_data_do_not_fit_is_indicated_once() {
    let output = CUT_CONTROL.run(&[]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn every_form_of_a_call_tells_the_same_also_beside_an_error() {
    let output = FORMS_AGREE.run(&[]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn the_scope_of_an_address_survives_every_conversion() {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
    command
        .args(["run", "--allow-outbound=udp://[::1]:*"])
        .arg("--allow-inbound=udp://[::1]:*")
        .arg(SCOPES.component());
    let output = command.timeout(LIMIT).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn a_datagram_socket_without_its_peer_keeps_its_port() {
    let output = DISSOCIATES.run(&[]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn structures_and_values_are_as_documented() {
    let output = LAYOUTS.run(&[]).output().unwrap();
    assert!(output.status.success());
}

#[test]
fn a_multicast_group_is_joined_and_sent_to_only_if_rules_name_it() {
    let with = |rules: &[&str]| {
        let output = GROUPS.run_with(rules).output().unwrap();
        text(&output.stdout)
    };
    let bound = "--allow-inbound=udp://0.0.0.0:*";
    assert_eq!(
        with(&[
            bound,
            "--allow-inbound=udp://239.7.7.7:*",
            "--allow-outbound=udp://239.7.7.7:*",
        ]),
        "join: 0\njoin again: 10022\nsend: 0\nreceived 1: g\nleave: 0\nno group: 10022\n\
         join leaf: 0\njoin another: 10022\na stream: 10022\n"
    );
    assert_eq!(
        with(&[bound, "--allow-outbound=udp://239.7.7.8:*"]),
        "join: 10013\njoin again: 10013\nsend: 10013\nleave: 10049\nno group: 10022\n\
         join leaf: 10013\njoin another: 10022\na stream: 10022\n"
    );
}

#[test]
fn a_server_of_both_families_needs_the_rules_of_both() {
    let with = |rules: &[&str]| {
        let output = BOTH_FAMILIES.run_with(rules).output().unwrap();
        text(&output.stdout)
    };
    let client = "--allow-outbound=tcp://127.0.0.1:*";
    let (six, four) = (
        "--allow-inbound=tcp://[::]:*",
        "--allow-inbound=tcp://0.0.0.0:*",
    );
    assert_eq!(
        with(&[client, six, four]),
        "bind: 0\nlisten: 0\nconnect: 0\naccepted ::ffff:127.0.0.1\nconnect by name: 0\ntoo late: 10022\n"
    );
    assert_eq!(with(&[client, six]), "bind: 0\nlisten: 10013\n");
    assert_eq!(with(&[client, four]), "bind: 0\nlisten: 10013\n");
}

/// A run of the program of files with this directory, as `--dir` names it.
fn run_with_directory(directory: &str, arguments: &[&str]) -> std::process::Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
    command
        .args(["run", "--dir", directory])
        .arg(FILES.component())
        .args(arguments);
    command.timeout(LIMIT).output().unwrap()
}

#[test]
fn files_are_there_by_every_family_of_functions_in_a_directory_that_was_given() {
    let directory = tempfile::tempdir().unwrap();
    let given = format!("{}::.", directory.path().display());
    let output = run_with_directory(&given, &[]);
    assert_eq!(
        text(&output.stdout),
        include_str!("programs/files.expected")
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_may_be_given_to_read_only_and_under_its_own_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display();
    std::fs::write(directory.path().join("file.txt"), "text").unwrap();
    let printed = |given: &str, file: &str| text(&run_with_directory(given, &[file]).stdout);
    let both = "read: 1, write: 1\n";
    assert_eq!(printed(&format!("{path}::."), "file.txt"), both);
    assert_eq!(printed(&format!("{path}::data"), "data\\file.txt"), both);
    assert_eq!(
        printed(&path.to_string(), &format!("{path}/file.txt")),
        both
    );
    assert_eq!(
        printed(&format!("{path}::.:ro"), "file.txt"),
        "read: 1, write: 0\n"
    );
    assert_eq!(
        printed(&format!("{path}::data"), "..\\file.txt"),
        "read: 0, write: 0\n"
    );
}

#[test]
fn a_directory_that_is_none_is_refused_in_a_sentence() {
    let said = |given: &str| text(&run_with_directory(given, &[]).stderr);
    let missing = said("/nowhere/at/all");
    assert!(
        missing.contains("cannot give the program the directory /nowhere/at/all"),
        "{missing}"
    );
    let file = said(FILES.component().to_str().unwrap());
    assert!(file.contains("it is no directory"), "{file}");
    let wrong = said("::x");
    assert!(
        wrong.contains("write it as HOST, HOST::GUEST or HOST::GUEST:ro"),
        "{wrong}"
    );
}

#[test]
fn files_are_transmitted_whole_in_parts_and_as_operations() {
    let directory = tempfile::tempdir().unwrap();
    let file: Vec<u8> = (0..1_000_000_u32)
        .map(|place| (place % 251) as u8)
        .collect();
    std::fs::write(directory.path().join("sent.bin"), &file).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let reader = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(LIMIT)).unwrap();
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let given = format!("{}::.", directory.path().display());
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
    command
        .args(["run", "--allow-outbound=tcp://127.0.0.1:*"])
        .args(["--allow-outbound=udp://127.0.0.1:*", "--dir", &given])
        .arg(TRANSMITS.component())
        .args([&port, "sent.bin"]);
    let output = command.timeout(LIMIT).output().unwrap();
    assert_eq!(text(&output.stdout), "done\n", "{}", text(&output.stderr));
    let expected = [
        b"<".as_slice(),
        &file,
        b">",
        &file[10..15],
        b"memory",
        &file[3..7],
        &file[15..17],
        &file,
        &file[20..27],
        &file[..4],
    ]
    .concat();
    let received = reader.join().unwrap();
    assert_eq!(received.len(), expected.len());
    assert!(received == expected);
}

#[test]
fn a_datagram_is_answered_from_the_address_that_it_came_to() {
    let output = OWN_SOURCE.run(&[]).output().unwrap();
    assert_eq!(text(&output.stdout), "done\n", "{}", text(&output.stderr));
}
