//! Trace files: what is written can be read, by us and as the format says, whatever happens to
//! the file.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;
use wsp::policy::{Policy, Protocol};
use wsp::trace::{Event, History, Sink, TraceFile, What};
use wsp::{AddressFamily, Host, MessageFlags, Notify, Settings, SocketType};
use wsp_tests::peer::{self, Listener, V4};

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Tells `sink` of 20 sends of 1 to 20 bytes, a denial, and the close.
async fn some_sends(sink: Arc<dyn Sink>) {
    let listener = Listener::on(V4);
    let policy = Policy::naming(Protocol::Tcp, &[listener.address()]);
    let settings = Settings::new(policy).with_trace(sink);
    let provider = Host::native().provider(settings).unwrap();
    let socket = provider.socket(AddressFamily::Inet, SocketType::Stream);
    let socket = socket.unwrap();
    socket.connect((V4, 9).into()).await.unwrap_err();
    socket.connect(listener.address()).await.unwrap();
    let mut stream = listener.accept().await;
    for length in 1..=20 {
        let buffers = [Bytes::from(vec![7; length])];
        let none = MessageFlags::empty();
        socket
            .send_overlapped(buffers, none, Notify::Event)
            .unwrap();
    }
    let mut completions = provider.completions();
    for _ in 1..=20 {
        completions.next().await.unwrap().unwrap();
    }
    peer::read_exactly(&mut stream, 210).await;
    socket.close().unwrap();
}

/// A file of such sends.
async fn written(limit: u64) -> String {
    let memory = Memory::default();
    let file = TraceFile::new(memory.clone(), limit).unwrap();
    some_sends(Arc::new(file.clone())).await;
    file.finish().unwrap();
    memory.text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_is_what_happened() {
    let history = History::read(written(1 << 20).await.as_bytes()).unwrap();
    assert!(!history.is_cut && !history.is_full && history.lost == 0);
    let sends: Vec<_> = history
        .operations
        .iter()
        .filter(|one| one.is_send())
        .collect();
    let mut lengths: Vec<u64> = sends.iter().map(|send| send.bytes).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, (1..=20).collect::<Vec<u64>>());
    for send in &sends {
        assert_eq!((send.transferred, send.code), (send.bytes, None));
        let (ended, indicated) = (send.ended.unwrap(), send.indicated.unwrap());
        assert!(send.submitted <= ended && ended <= indicated, "{send:?}");
    }
    assert_eq!(history.sockets.len(), 1);
    assert!(history.sockets[0].closed.is_some());
    assert_eq!(history.denials.len(), 1);
    assert_eq!(history.denials[0].usage, "connect");
    assert_eq!(history.denials[0].target.as_deref(), Some("127.0.0.1:9"));
}

/// As the document "Trace Event Format" asks for it.
fn assert_is_in_the_format(text: &str) {
    let events: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut named = HashSet::new();
    let mut under_way = HashMap::new();
    for event in &events {
        let phase = event["ph"].as_str().unwrap();
        let process = event["pid"].as_u64().unwrap();
        let thread = event["tid"].as_u64().unwrap();
        assert!(event["ts"].as_f64().unwrap() >= 0.0);
        let name = event["name"].as_str().unwrap();
        match phase {
            "M" => {
                let is_named = event["args"]["name"].is_string();
                assert!(is_named || event["args"]["version"].is_u64(), "{event}");
                named.insert((name.to_owned(), process, thread));
            }
            "i" => assert!(["g", "p", "t"].contains(&event["s"].as_str().unwrap())),
            "b" | "n" | "e" => {
                assert!(named.contains(&("thread_name".to_owned(), process, thread)));
                assert!(named.contains(&("process_name".to_owned(), process, 0)));
                let id = event["id2"]["local"].as_str().unwrap().to_owned();
                assert!(id.starts_with("0x"), "{id}");
                let time = event["ts"].as_f64().unwrap();
                let key = (process, event["cat"].as_str().unwrap().to_owned(), id);
                match phase {
                    "b" => assert!(under_way.insert(key, (name.to_owned(), time)).is_none()),
                    "n" => assert!(under_way[&key].1 <= time, "{event}"),
                    _ => {
                        let (begun, since) = under_way.remove(&key).unwrap();
                        assert!(begun == name && since <= time, "{event}");
                    }
                }
            }
            other => panic!("{other}"),
        }
    }
    assert!(under_way.is_empty(), "{under_way:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_in_the_format_of_chrome_and_perfetto() {
    assert_is_in_the_format(&written(1 << 20).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_never_exceeds_its_limit_and_says_that_it_is_full() {
    for limit in [4 << 10, 5 << 10, 6 << 10, 7 << 10] {
        let text = written(limit).await;
        assert!(text.len() as u64 <= limit, "{} of {limit}", text.len());
        assert_is_in_the_format(&text);
        assert!(History::read(text.as_bytes()).unwrap().is_full, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_ends_anywhere_is_read_up_to_there() {
    let text = written(1 << 20).await;
    let header = text.match_indices('\n').nth(1).unwrap().0;
    let mut most = 0;
    for end in (header + 1..text.len() - 3).step_by(7) {
        let history = History::read(&text.as_bytes()[..end]).unwrap();
        assert!(history.is_cut);
        assert!(history.operations.len() >= most);
        most = history.operations.len();
    }
    let all = History::read(text.as_bytes()).unwrap().operations.len();
    assert_eq!(most, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_file_is_refused_with_the_line() {
    let text = written(1 << 20).await;
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().position(|line| line.contains(r#""ph":"b""#));
    let begins = begins.unwrap();
    let refused = |line: usize, with: &str| {
        let mut lines = lines.clone();
        lines[line] = with;
        let refused = History::read(lines.join("\n").as_bytes()).unwrap_err();
        let refused = refused.to_string();
        assert!(!refused.contains(['\n', '\u{1b}']), "{refused:?}");
        refused
    };
    let twice = format!("{}\n{}", lines[begins], lines[begins]);
    let late = lines[begins].replace(r#""ts":"#, r#""ts":1e300,"_":"#);
    let negative = lines[begins].replace(r#""ts":"#, r#""ts":-1,"_":"#);
    let number = lines[begins].replace(r#""0x"#, r#""\u001b"#);
    let unknown = lines[begins].replace(r#""ph":"b""#, r#""ph":"X""#);
    let long = format!("[{}", " ".repeat(10_000));
    for (with, mistake) in [
        ("", "it is no event of a trace"),
        ("{},", "it is no event of a trace"),
        ("[[[[[[[[", "it is no event of a trace"),
        (&twice, "its operation is under way already"),
        (&late, "its time is no time"),
        (&negative, "its time is no time"),
        (&number, "is no number such as"),
        (&unknown, "wsp writes no such event"),
        (&long, "it is longer than any line"),
        ("]", "something follows the end"),
    ] {
        let refused = refused(begins, with);
        assert!(refused.contains(mistake), "{with}: {refused}");
        let line = begins + 1 + usize::from(std::ptr::eq(with, &*twice) || with == "]");
        assert!(refused.starts_with(&format!("line {line}: ")), "{refused}");
        assert!(refused.ends_with("trace the program again"), "{refused}");
    }
    for (line, with) in [(0, "{"), (0, ""), (1, "{}"), (1, "\u{1b}[2J")] {
        assert!(refused(line, with).starts_with("it is no trace of wsp"));
    }
    let newer = lines[1].replace(r#""version":1"#, r#""version":9"#);
    assert!(refused(1, &newer).contains("version 9"));
    for nothing in ["", "[", "[\n", "\0\0\0\0", &" ".repeat(1 << 20)] {
        assert!(History::read(nothing.as_bytes()).is_err());
    }
}

/// A file that takes nothing before it is told to.
struct Stalled {
    memory: Memory,
    go_on: mpsc::Receiver<()>,
    header: usize,
}

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The header is written by who makes the file.
        if self.header == 0 {
            let _ = self.go_on.recv();
        }
        self.header = self.header.saturating_sub(1);
        self.memory.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_too_fast_is_lost_and_counted_and_nobody_waits_for_a_disk() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&told);
    some_sends(Arc::new(move |events: &[Event]| {
        keep.lock().unwrap().extend_from_slice(events);
    }))
    .await;
    let denied = told.lock().unwrap();
    let denied = denied
        .iter()
        .find(|event| matches!(event.what, What::Denied(_)));
    let denied = denied.unwrap();

    let memory = Memory::default();
    let (going_on, go_on) = mpsc::channel();
    let stalled = Stalled {
        memory: memory.clone(),
        go_on,
        header: 1,
    };
    let file = TraceFile::new(stalled, 1 << 30).unwrap();
    const TOLD: u64 = 200_000;
    for _ in 0..TOLD {
        file.tell(std::slice::from_ref(denied));
    }
    drop(going_on);
    let written = file.finish().unwrap();
    let history = History::read(memory.text().as_bytes()).unwrap();
    assert!(written.lost > 0);
    assert_eq!(history.lost, written.lost);
    assert_eq!(history.denials.len() as u64 + written.lost, TOLD);
}

#[test]
fn a_disk_that_is_full_is_an_error_at_the_end_and_no_sooner() {
    struct Full(bool);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match std::mem::replace(&mut self.0, true) {
                false => Ok(bytes.len()),
                true => Err(io::ErrorKind::StorageFull.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let file = TraceFile::new(Full(false), 1 << 20).unwrap();
    let failed = file.finish().unwrap_err();
    assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
}
