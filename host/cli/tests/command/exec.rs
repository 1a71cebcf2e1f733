//! `wsp listen --exec`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::Value;

use crate::support::{Running, address, ended, payload, text, wsp};

/// A listener, and where it listens.
fn listening(arguments: &[&str]) -> (Running, String, impl Iterator<Item = String> + use<>) {
    let mut all = vec!["listen", "tcp://127.0.0.1:0", "--json"];
    all.extend(arguments);
    let mut listener = Running::wsp(&all);
    let mut lines = listener.lines();
    let url = address(&mut lines);
    let address = url.strip_prefix("tcp://").unwrap().to_owned();
    (listener, address, lines)
}

/// Says something, ends, and returns what is answered.
fn ask(address: &str, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address)?;
    let mut writer = connection.try_clone()?;
    let question = question.to_vec();
    let writing = std::thread::spawn(move || {
        writer.write_all(&question)?;
        writer.shutdown(Shutdown::Write)
    });
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    writing.join().unwrap()?;
    Ok(answer)
}

#[test]
fn each_connection_is_the_input_and_output_of_its_own_command() {
    let (listener, address, mut lines) = listening(&["--keep-open", "--exec", "tr a-z A-Z"]);
    // One that says nothing yet holds up no other.
    let mut silent = TcpStream::connect(&address).unwrap();
    let long = payload(3_000_000);
    let answer = ask(&address, &long).unwrap();
    let upper: Vec<u8> = long.iter().map(u8::to_ascii_uppercase).collect();
    assert!(answer == upper, "{} bytes came back", answer.len());
    silent.write_all(b"late").unwrap();
    silent.shutdown(Shutdown::Write).unwrap();
    let mut late = String::new();
    silent.read_to_string(&mut late).unwrap();
    assert_eq!(late, "LATE");
    // Its own end is known once it has told the peer of it.
    let peer = ask(&address, b"").unwrap();
    assert_eq!(text(&peer), "");
    listener.signal(rustix::process::Signal::TERM);
    let total: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert!(total["received"].as_u64() >= Some(3_000_000), "{total}");
    assert_eq!(ended(listener).0, Some(143));
}

#[test]
fn the_command_knows_its_peer_and_may_end_before_it() {
    let (listener, address, mut lines) = listening(&["--once", "--exec", "echo $WSP_PEER"]);
    let mut connection = TcpStream::connect(&address).unwrap();
    let peer = connection.local_addr().unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, format!("{peer}\n"));
    drop(connection);
    let total: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!(total["connections"], 1);
    assert_eq!(total["sent"], answer.len());
    assert_eq!(ended(listener).0, Some(0));
}

#[test]
fn a_command_that_fails_resets_its_connection() {
    let (listener, address, _lines) = listening(&["--once", "--exec", "printf part; exit 3"]);
    let error = ask(&address, b"").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let (status, said) = ended(listener);
    assert_eq!(status, Some(1));
    assert!(
        said.contains("its command has failed: exit status: 3"),
        "{said}"
    );
}

#[test]
fn silence_ends_the_command_and_the_connection() {
    let arguments = ["--once", "--idle", "50ms", "--exec", "cat"];
    let (listener, address, _lines) = listening(&arguments);
    let mut connection = TcpStream::connect(&address).unwrap();
    let error = connection.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let (status, said) = ended(listener);
    assert_eq!(status, Some(1));
    assert!(said.contains("the limit of --idle"), "{said}");
}

#[test]
fn datagrams_and_files_make_no_sense_with_a_command() {
    for arguments in [
        &["listen", "udp://127.0.0.1:0", "--exec", "cat"][..],
        &[
            "listen",
            "tcp://127.0.0.1:0",
            "--exec",
            "cat",
            "--output",
            "x",
        ],
        &["listen", "tcp://127.0.0.1:0", "--once", "--keep-open"],
    ] {
        wsp(arguments).assert().code(2);
    }
}
