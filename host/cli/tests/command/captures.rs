//! What `wsp listen` promises of its file and of its peers.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::{FileType, Mode};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Running, ended, first_line, reset, sha256, text, tracing, wsp};

/// Nothing is waited for longer.
const LIMIT: Duration = Duration::from_secs(60);

/// A directory with a file that a listener writes to, and what was there before.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        fs::write(place.file(), "earlier").unwrap();
        place
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("file")
    }

    fn content(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Files beside the one.
    fn others(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let entries = entries.map(|entry| entry.unwrap().path());
        entries.filter(|path| *path != self.file()).collect()
    }

    /// Waits until a file beside the one has these bytes.
    fn wait_for_part(&self, bytes: &[u8]) {
        let give_up = Instant::now() + LIMIT;
        let is_whole = |part: &PathBuf| fs::read(part).unwrap() == bytes;
        while !self.others().iter().any(is_whole) {
            assert!(Instant::now() < give_up, "the bytes do not arrive");
            std::thread::yield_now();
        }
    }
}

/// A listener, and where it is.
fn listen(protocol: &str, output: &Path, more: &[&str]) -> (Running, String) {
    let address = format!("{protocol}://127.0.0.1:0");
    let mut arguments = vec![
        "listen",
        &address,
        "--json",
        "--output",
        output.to_str().unwrap(),
    ];
    arguments.extend(more);
    let mut listener = Running::wsp(&arguments);
    let line = first_line(listener.0.stdout.as_mut().unwrap());
    let line: Value = serde_json::from_str(&line).unwrap();
    let url = line["listening"].as_str().unwrap();
    let address = url.split_once("://").unwrap().1.to_owned();
    (listener, address)
}

fn connect(address: &str) -> TcpStream {
    let peer = TcpStream::connect(address).unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    peer
}

/// Sends all of it, and waits until the listener has it.
fn send(address: &str, bytes: &[u8]) {
    let mut peer = connect(address);
    peer.write_all(bytes).unwrap();
    end(peer);
}

/// Ends a connection, and waits for the listener's end.
fn end(mut peer: TcpStream) {
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

fn assert_reset(mut peer: TcpStream) {
    let error = peer.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// The last line of JSON.
fn summary(listener: &mut Running) -> Value {
    serde_json::from_str(&listener.lines().last().unwrap()).unwrap()
}

#[test]
fn a_file_is_kept_where_nothing_can_be_received() {
    let place = Place::new();
    let file = place.file();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("tcp://{}", taken.local_addr().unwrap());
    for address in [&taken, "tcp://no-such-name.invalid:9000"] {
        let output = wsp(&[
            "listen",
            address,
            "--once",
            "--output",
            file.to_str().unwrap(),
        ])
        .output()
        .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert_eq!(place.content(), "earlier");
        assert!(place.others().is_empty());
    }
    // Not even opened: that would wait for who reads it.
    let pipe = place.0.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        FileType::Fifo,
        Mode::RUSR | Mode::WUSR,
        0,
    )
    .unwrap();
    let output = wsp(&["listen", &taken, "--output", pipe.to_str().unwrap()]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}

#[test]
fn a_file_is_on_the_disk_before_it_has_its_place() {
    let place = Place::new();
    let mut command = tracing("fsync,rename,renameat,renameat2");
    command.args(["listen", "tcp://127.0.0.1:0", "--once", "--output"]);
    let mut listener = Running::start(command.arg(place.file()));
    let mut traced = BufReader::new(listener.0.stderr.take().unwrap()).lines();
    let mut line = || traced.next().unwrap().unwrap();
    let listening = std::iter::from_fn(|| Some(line())).find(|line| line.starts_with("listening"));
    let listening = listening.unwrap();
    send(listening.rsplit('/').next().unwrap(), b"all of it");
    let trace: Vec<String> = traced.map(Result::unwrap).collect();
    let of_file = |line: &&String| line.contains(".part") && !line.contains("resumed");
    let [synced, renamed] = &trace.iter().filter(of_file).collect::<Vec<_>>()[..] else {
        panic!("{trace:?}");
    };
    assert!(synced.contains("fsync("), "{synced}");
    assert!(renamed.contains("rename"), "{renamed}");
    assert_eq!(place.content(), "all of it");
}

#[test]
fn a_file_that_cannot_be_written_is_named_before_anything_is_received() {
    let arguments = [
        "listen",
        "tcp://127.0.0.1:0",
        "--once",
        "--output",
        "/nowhere/a\x1b[2Jb",
    ];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("cannot write /nowhere/a\\u{1b}[2Jb: No such file"),
        "{message}"
    );
}

#[test]
fn a_full_disk_is_told_in_words() {
    let (mut listener, address) = listen("tcp", Path::new("/dev/full"), &["--once"]);
    let mut peer = connect(&address);
    peer.write_all(b"x").unwrap();
    assert_reset(peer);
    assert_eq!(summary(&mut listener)["bytes"], 0);
    let (status, message) = ended(listener);
    assert_eq!(status, Some(1));
    assert!(
        message.contains("cannot write /dev/full: No space left"),
        "{message}"
    );
}

#[test]
fn a_limit_of_file_sizes_is_an_error_and_no_signal() {
    let place = Place::new();
    let script = r#"ulimit -f 8; exec "$@""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_wsp"), "listen"]);
    command.args(["tcp://127.0.0.1:0", "--once", "--output"]);
    let mut listener = Running::start(command.arg(place.file()));
    let first = first_line(listener.0.stderr.as_mut().unwrap());
    let address = first.rsplit('/').next().unwrap();
    let mut peer = connect(address);
    peer.write_all(&[0; 10_000]).unwrap();
    assert_reset(peer);
    let (status, message) = ended(listener);
    assert_eq!(status, Some(1));
    let sentence = format!("cannot write {}: File too large", place.file().display());
    assert!(message.contains(&sentence), "{message}");
    assert_eq!(place.content(), "earlier");
}

#[test]
fn the_first_connection_that_ends_well_puts_the_file_in_place_and_others_are_appended() {
    let place = Place::new();
    let (mut listener, address) = listen("tcp", &place.file(), &[]);
    assert_eq!(place.content(), "earlier");
    send(&address, b"one ");
    assert_eq!(place.content(), "one ");
    send(&address, b"two");
    assert_eq!(place.content(), "one two");
    listener.signal(Signal::INT);
    let summary = summary(&mut listener);
    assert_eq!(
        (&summary["bytes"], &summary["received"]),
        (&7.into(), &2.into())
    );
    assert_eq!(listener.status(), Some(130));
    assert!(place.others().is_empty());
}

#[test]
fn a_connection_that_is_cut_leaves_the_file_and_a_part_beside_it() {
    let place = Place::new();
    let (mut listener, address) = listen("tcp", &place.file(), &["--once"]);
    let mut peer = connect(&address);
    peer.write_all(b"a part").unwrap();
    place.wait_for_part(b"a part");
    reset(peer);
    assert_eq!(summary(&mut listener)["bytes"], 6);
    let (status, message) = ended(listener);
    assert_eq!(status, Some(1));
    assert!(message.contains("WSAECONNRESET"), "{message}");
    assert_eq!(place.content(), "earlier");
    let [part] = &place.others()[..] else {
        panic!("{:?}", place.others())
    };
    assert!(message.contains(part.to_str().unwrap()), "{message}");
    assert_eq!(fs::read(part).unwrap(), b"a part");
}

#[test]
fn what_arrived_before_a_signal_is_written_and_its_sender_told() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let place = Place::new();
        let (mut listener, address) = listen("tcp", &place.file(), &[]);
        let mut peer = connect(&address);
        peer.write_all(b"a part").unwrap();
        place.wait_for_part(b"a part");
        listener.signal(signal);
        assert_reset(peer);
        let summary = summary(&mut listener);
        assert_eq!(summary["bytes"], 6);
        assert_eq!(summary["sha256"], sha256(b"a part"));
        assert_eq!(listener.status(), Some(status));
        assert_eq!(place.content(), "a part");
    }
}

#[test]
fn datagrams_are_put_in_place_at_the_end() {
    let place = Place::new();
    let (mut listener, address) = listen("udp", &place.file(), &["--once"]);
    assert_eq!(place.content(), "earlier");
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"a datagram", &address).unwrap();
    assert_eq!(listener.status(), Some(0));
    assert_eq!(place.content(), "a datagram");
}

#[test]
fn silent_peers_keep_nobody_out_and_bytes_of_two_peers_are_not_mixed() {
    let place = Place::new();
    let (_listener, address) = listen("tcp", &place.file(), &["--idle", "none"]);
    let silent = connect(&address);
    let mut first = connect(&address);
    first.write_all(b"first, ").unwrap();
    place.wait_for_part(b"first, ");
    let mut second = connect(&address);
    second.write_all(b"second, ").unwrap();
    second.shutdown(Shutdown::Write).unwrap();
    first.write_all(b"first again, ").unwrap();
    end(first);
    assert_eq!(second.read(&mut [0]).unwrap(), 0);
    assert_eq!(place.content(), "first, first again, second, ");
    end(silent);
}

#[test]
fn a_silent_peer_is_reset_and_fails_a_listener_that_takes_only_one() {
    let place = Place::new();
    let (listener, address) = listen("tcp", &place.file(), &["--once", "--idle", "200ms"]);
    assert_reset(connect(&address));
    let (status, message) = ended(listener);
    assert_eq!(status, Some(1));
    assert!(message.contains("it sent nothing for 200ms"), "{message}");
    assert_eq!(place.content(), "earlier");

    let (_listener, address) = listen("tcp", &place.file(), &["--idle", "200ms"]);
    let mut falls_silent = connect(&address);
    falls_silent.write_all(b"a word, ").unwrap();
    assert_reset(connect(&address));
    assert_reset(falls_silent);
    send(&address, b"and one more");
    assert_eq!(place.content(), "a word, and one more");
}

#[test]
fn a_listener_that_takes_only_one_refuses_another() {
    let place = Place::new();
    let (mut listener, address) = listen("tcp", &place.file(), &["--once"]);
    let mut first = connect(&address);
    first.write_all(b"one").unwrap();
    place.wait_for_part(b"one");
    let refused = TcpStream::connect(&address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    end(first);
    assert_eq!(listener.status(), Some(0));
    assert_eq!(place.content(), "one");
}

#[test]
fn more_peers_than_are_open_at_once_are_all_served() {
    let place = Place::new();
    let (_listener, address) = listen("tcp", &place.file(), &[]);
    let peers: Vec<TcpStream> = (0..70).map(|_| connect(&address)).collect();
    for mut peer in peers {
        peer.write_all(b"x").unwrap();
        end(peer);
    }
    assert_eq!(place.content(), "x".repeat(70));
}
