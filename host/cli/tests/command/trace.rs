//! `--trace`, and `wsp trace`.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::support::{Running, json_lines, program, text, wsp};
use crate::windows_sources::Sources;

/// A directory with a trace in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// What `wsp trace --json` says.
    fn summary(&self) -> Value {
        let shown = wsp(&["trace", &self.file("trace.json"), "--json"]);
        let output = { shown }.assert().success().get_output().clone();
        json_lines(&output.stdout).remove(0)
    }
}

/// Takes one connection to its end.
fn receiver() -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let receiving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        received.len()
    });
    (address, receiving)
}

/// The operations of a kind, in a summary.
fn kind<'s>(summary: &'s Value, name: &str) -> &'s Value {
    let kinds = summary["kinds"].as_array().unwrap();
    let found = kinds.iter().find(|kind| kind["kind"] == name);
    found.unwrap_or_else(|| panic!("{summary}"))
}

#[test]
fn sends_are_traced_and_shown_as_numbers_and_as_a_page() {
    let place = Place::new();
    let (address, receiving) = receiver();
    let trace = place.file("trace.json");
    let target = format!("tcp://{address}");
    let mut arguments = vec![
        "send",
        &target,
        "--chunk=1000",
        "--depth=64",
        "--trace",
        &trace,
    ];
    let buffers: Vec<String> = (1..=64).map(|length| "x".repeat(length)).collect();
    for buffer in &buffers {
        arguments.extend(["--buffer", buffer]);
    }
    wsp(&arguments).assert().success();
    assert_eq!(receiving.join().unwrap(), 64 * 65 / 2);

    let summary = place.summary();
    let sends = kind(&summary, "send");
    assert_eq!((&sends["count"], &sends["failed"]), (&64.into(), &0.into()));
    assert_eq!(sends["bytes"], 64 * 65 / 2);
    assert_eq!(summary["bytes_sent"], 64 * 65 / 2);
    assert_eq!(kind(&summary, "connect")["count"], 1);
    assert_eq!(
        (&summary["is_cut"], &summary["unfinished"]),
        (&false.into(), &0.into())
    );
    let shown = wsp(&["trace", &trace])
        .assert()
        .success()
        .get_output()
        .clone();
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("on 1 socket in ") && shown.contains("p99"),
        "{shown}"
    );

    let page = place.file("page.html");
    let made = wsp(&["trace", &trace, "-o", &page]).assert().success();
    assert_eq!(text(&made.get_output().stdout), "");
    let page = fs::read_to_string(page).unwrap();
    for external in [
        "http:", "https:", "src=", "href=", "url(", "@import", "fetch(",
    ] {
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(external), "{external}");
    }
}

#[test]
fn what_a_program_was_denied_is_in_its_trace() {
    let place = Place::new();
    let traced = format!("--trace={}", place.file("trace.json"));
    let program = program("denied_everything");
    wsp(&["run", &traced, &program, "127.0.0.1:9"])
        .output()
        .unwrap();
    let summary = place.summary();
    let denials = summary["denials"].as_array().unwrap();
    let resolve = denials
        .iter()
        .find(|denial| denial["target"] == "example.com");
    let resolve = resolve.unwrap();
    assert_eq!(resolve["usage"], "resolve");
    assert_eq!(resolve["reason"], "name-not-allowed");
    assert_eq!(resolve["verdict"], "denied");
}

#[test]
fn the_threads_of_a_c_program_are_told_apart() {
    const TWO_CONNECTS: &str = "
        #include <winsock2.h>
        #include <windows.h>
        #include <stdio.h>
        #include <stdlib.h>
        static unsigned short port;
        static DWORD WINAPI connects(LPVOID p) {
            SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
            struct sockaddr_in peer = { 0 };
            peer.sin_family = AF_INET;
            peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            peer.sin_port = htons(port);
            printf(\"%lu\\n\", GetCurrentThreadId());
            return connect(s, (struct sockaddr *)&peer, sizeof peer) != 0;
        }
        int main(int argc, char **argv) {
            WSADATA data;
            HANDLE threads[2];
            WSAStartup(MAKEWORD(2, 2), &data);
            port = (unsigned short)atoi(argv[1]);
            for (int i = 0; i < 2; i++) threads[i] = CreateThread(NULL, 0, connects, NULL, 0, NULL);
            WaitForMultipleObjects(2, threads, TRUE, INFINITE);
            return 0;
        }";
    let sources = Sources::new(&[("p.c", TWO_CONNECTS)]);
    sources.build(&["-O1", "p.c"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let place = Place::new();
    let ran = wsp(&[
        "run",
        &format!("--trace={}", place.file("trace.json")),
        &format!("--allow-outbound=tcp://{address}"),
        &sources.path("a.wasm"),
        &address.port().to_string(),
    ]);
    let printed = text(&{ ran }.assert().success().get_output().stdout);
    let summary = place.summary();
    let mut threads: Vec<u64> = printed.lines().map(|line| line.parse().unwrap()).collect();
    threads.sort_unstable();
    let traced = summary["threads"].as_array().unwrap();
    let mut traced: Vec<u64> = traced
        .iter()
        .map(|one| one["thread"].as_u64().unwrap())
        .collect();
    traced.sort_unstable();
    assert_eq!(traced, threads);
}

#[test]
fn a_name_that_a_program_chose_is_a_text_in_the_page_and_obeyed_by_no_terminal() {
    let place = Place::new();
    let name = r#"</script><script>throw "obeyed"</script>\u001b[2J"#;
    let lines = [
        "[",
        r#"{"ph":"M","name":"wsp-trace","pid":0,"tid":0,"ts":0.0,"args":{"version":1}},"#,
        &format!(
            r#"{{"ph":"i","cat":"refusal","name":"denied","pid":1,"tid":0,"ts":1.0,"s":"p","args":{{"usage":"resolve","name":"{}","reason":"r","verdict":"denied"}}}}"#,
            name.replace('"', r#"\""#)
        ),
        "]\n",
    ];
    let (trace, page) = (place.file("trace.json"), place.file("page.html"));
    fs::write(&trace, lines.join("\n")).unwrap();
    wsp(&["trace", &trace, "-o", &page]).assert().success();
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains(r"\u003c/script\u003e\u003cscript\u003ethrow"));
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    let shown = wsp(&["trace", &trace])
        .assert()
        .success()
        .get_output()
        .clone();
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("<script>") && !shown.contains('\u{1b}'),
        "{shown}"
    );
}

#[test]
fn the_trace_of_a_program_that_was_killed_is_shown_up_to_there() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let trace = place.file("trace.json");
    let mut running = Running::wsp(&[
        "run",
        "--trace",
        &trace,
        &format!("--allow-outbound=tcp://{address}"),
        &program("blocking_send_slow_peer"),
        &address,
    ]);
    // It sends until nothing more goes out, and nobody reads.
    let _silent = listener.accept().unwrap();
    let give_up = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !fs::read_to_string(&trace).is_ok_and(|text| text.contains(r#""name":"send"#)) {
        assert!(std::time::Instant::now() < give_up, "no send is traced");
        thread::yield_now();
    }
    running.0.kill().unwrap();
    running.status();
    let summary = place.summary();
    assert_eq!(summary["is_cut"], true);
    assert_eq!(summary["sockets"], 1);
}

#[test]
fn a_trace_ends_at_its_limit_and_the_command_says_so() {
    let place = Place::new();
    let (address, receiving) = receiver();
    let (trace, payload) = (place.file("trace.json"), place.file("payload"));
    fs::write(&payload, "x".repeat(1000)).unwrap();
    let sent = wsp(&[
        "send",
        &format!("tcp://{address}"),
        "--trace",
        &trace,
        "--trace-limit=8KiB",
        "--chunk=10",
        "--file",
        &payload,
    ]);
    let said = text(&{ sent }.assert().success().get_output().stderr);
    assert!(said.contains("give it more with --trace-limit"), "{said}");
    assert_eq!(receiving.join().unwrap(), 1000);
    assert!(fs::metadata(&trace).unwrap().len() <= 8 << 10);
    assert_eq!(place.summary()["is_full"], true);
}

#[test]
fn what_is_no_trace_is_refused_in_a_sentence() {
    let place = Place::new();
    let trace = place.file("trace.json");
    let page = place.file("page.html");
    let header = r#"{"ph":"M","name":"wsp-trace","pid":0,"tid":0,"ts":0.0,"args":{"version":1}},"#;
    for (content, sentence) in [
        ("", "it is no trace of wsp; `wsp run --trace FILE`"),
        ("{}", "it is no trace of wsp"),
        ("\0\u{1b}[2J", "it is no trace of wsp"),
        (
            &format!("[\n{header}\n{{}}\n"),
            "line 3: it is no event of a trace",
        ),
        (
            &header.replace(":1}", ":2}").replace("{\"ph", "[\n{\"ph"),
            "version 2",
        ),
    ] {
        fs::write(&trace, content).unwrap();
        let refused = wsp(&["trace", &trace, "-o", &page]).output().unwrap();
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains(sentence), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!place.path("page.html").exists());
    }
    let missing = wsp(&["trace", &place.file("none")]).output().unwrap();
    assert!(text(&missing.stderr).contains("cannot read the trace"));
}
