//! `wsp run`: what a program may reach, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use crate::support::{program, silent_port, starter, text, wsp};

/// The network system calls of `wsp run` with these arguments, and what the program printed.
fn traced(arguments: &[&str]) -> (Vec<String>, String) {
    let output = starter("strace")
        .args(["-f", "-e", "trace=network", "-o", "/dev/stderr"])
        .args(["timeout", "60", env!("CARGO_BIN_EXE_wsp"), "run"])
        .args(arguments)
        .output()
        .expect("strace runs; install it with `apt-get install strace`");
    let trace = text(&output.stderr);
    assert!(
        trace.contains("+++ exited with 0 +++"),
        "strace followed it: {trace}"
    );
    let calls = trace.lines().filter(|line| {
        // A call looks like `[pid] name(arguments) = result`.
        line.contains(") = ") && !line.contains("+++") && !line.contains("---")
    });
    (calls.map(str::to_owned).collect(), text(&output.stdout))
}

#[test]
fn without_a_grant_connect_is_denied_and_no_network_system_call_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let (calls, printed) = traced(&[&program("connect_denied"), &target]);
    assert_eq!(printed, "connect: WSAEACCES (10013)\n");
    assert_eq!(calls, Vec::<String>::new());
}

#[test]
fn the_system_is_asked_for_the_name_that_was_decided_on_and_no_other() {
    // What the system completes names by.
    let search = ("LOCALDOMAIN", "corp.internal");
    let once = ("RES_OPTIONS", "attempts:1 timeout:1 ndots:5");
    let output = starter("strace")
        .args(["-f", "-s", "200", "-e", "trace=sendto,sendmsg,sendmmsg"])
        .args(["timeout", "60", env!("CARGO_BIN_EXE_wsp"), "run"])
        .args(["--allow-resolve=*", "--deny-resolve=*.corp.internal"])
        .args([&program("hostile"), "resolve secret"])
        .envs([search, once])
        .output()
        .expect("strace runs; install it with `apt-get install strace`");
    let trace = text(&output.stderr);
    assert!(trace.contains("secret"), "{trace}");
    assert!(!trace.contains("internal"), "{trace}");
}

#[test]
fn a_program_that_is_granted_nothing_makes_no_network_system_call_whatever_it_tries() {
    let (calls, printed) = traced(&[&program("denied_everything")]);
    assert!(printed.contains("resolve: WSAEACCES"), "{printed}");
    assert!(!printed.contains("ok"), "{printed}");
    assert_eq!(calls, Vec::<String>::new());
}

#[test]
fn a_program_with_a_grant_makes_network_system_calls_that_the_trace_shows() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let (calls, printed) = traced(&[&rule, &program("connect_denied"), &target]);
    assert_eq!(printed, "connect: ok\n");
    let connects = calls.iter().filter(|call| call.contains("connect("));
    assert_eq!(connects.count(), 1, "{calls:?}");
}

#[test]
fn with_a_policy_file_a_denial_names_the_line_to_add_to_it() {
    let (_held, port) = silent_port();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    let file = file.to_str().unwrap();
    let target = format!("127.0.0.1:{port}");
    std::fs::write(file, "[outbound]\nallow = ['tcp://*:*']\n").unwrap();
    let arguments = ["run", "--policy", file, &program("connect_denied"), &target];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: WSAEACCES (10013)\n");
    let message = text(&output.stderr);
    let sentence = format!(
        "connecting to tcp://{target} is denied: a loopback address needs a rule of its own; allow it with \
         --allow-outbound=tcp://{target}, or \"tcp://{target}\" in allow of [outbound] in {file}"
    );
    assert!(message.contains(&sentence), "{message}");
}

#[test]
fn a_policy_file_grants_what_it_says_and_a_deny_flag_wins_over_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    let file = file.to_str().unwrap();
    std::fs::write(file, format!("outbound.allow = ['tcp://{target}']\n")).unwrap();
    let arguments = ["run", "--policy", file, &program("connect_denied"), &target];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");

    let deny = "--deny-outbound=tcp://127.0.0.0/8:*";
    let arguments = [
        "run",
        deny,
        "--policy",
        file,
        &program("connect_denied"),
        &target,
    ];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: WSAEACCES (10013)\n");
    let message = text(&output.stderr);
    let sentence = format!("{deny} forbids it; allow it by taking away {deny}");
    assert!(message.contains(&sentence), "{message}");
}

#[test]
fn counting_only_lets_the_program_through_and_says_what_it_would_deny() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let arguments = ["run", "--count-only", &program("connect_denied"), &target];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");
    let message = text(&output.stderr);
    let sentence = format!("connecting to tcp://{target} would be denied");
    assert!(message.contains(&sentence), "{message}");
}

#[test]
fn a_denial_tells_the_person_what_to_add_and_the_program_only_the_code() {
    let (_held, port) = silent_port();
    let other = format!("--allow-outbound=tcp://127.0.0.1:{}", port ^ 1);
    let target = format!("127.0.0.1:{port}");
    let output = wsp(&["run", &other, &program("connect_denied"), &target])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "connect: WSAEACCES (10013)\n");
    let message = text(&output.stderr);
    let remedy = format!("--allow-outbound=tcp://{target}");
    assert!(message.contains(&remedy), "{message}");
}

#[test]
fn with_a_grant_the_same_program_connects() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, &program("connect_denied"), &target])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "connect: ok\n");
    assert!(output.status.success());
}

#[test]
fn an_async_program_has_a_hundred_sends_in_flight() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let reader = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        std::io::copy(&mut peer, &mut std::io::sink()).unwrap()
    });
    let rule = format!("--allow-outbound=tcp://{target}");
    let output = wsp(&["run", &rule, &program("async_hundred_sends"), &target])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("completed 100 sends, 1638400 bytes"),
        "{printed}"
    );
    assert_eq!(reader.join().unwrap(), 1_638_400);
}

#[test]
fn the_exit_status_is_passed_through() {
    let output = wsp(&["run", &program("exit_status")]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("this program always fails"));
}

#[test]
fn a_trap_exits_134_with_a_sentence() {
    let output = wsp(&["run", &program("traps")]).output().unwrap();
    assert_eq!(output.status.code(), Some(134));
    assert!(text(&output.stderr).contains("trapped"));
}

#[test]
fn a_program_that_polls_without_a_pause_gets_on_where_the_host_has_one_thread() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let mut child = starter("timeout")
        .args(["60", env!("CARGO_BIN_EXE_wsp"), "run"])
        .arg(format!("--allow-outbound=tcp://{target}"))
        .args([&program("overlapped_send_poll"), &target, "spin"])
        .env("TOKIO_WORKER_THREADS", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "posted 4 sends\n");

    let (mut stream, _) = listener.accept().unwrap();
    let reading = thread::spawn(move || {
        let mut arrived = Vec::new();
        stream.read_to_end(&mut arrived).map(|_| arrived.len())
    });
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(reading.join().unwrap().unwrap(), 4 * 256 * 1024);
}

/// A program that reads a line of standard input, byte for byte, and ends; with success
/// where there was one.
fn reads_a_line() -> Vec<u8> {
    let text = r#"(component
        (import "wasi:io/error@0.2.6" (instance $error (export "error" (type (sub resource)))))
        (alias export $error "error" (type $e))
        (import "wasi:io/streams@0.2.6" (instance $streams
            (export "input-stream" (type $in (sub resource)))
            (alias outer 1 $e (type $outer))
            (export "error" (type $error (eq $outer)))
            (type $failed (variant (case "last-operation-failed" (own $error)) (case "closed")))
            (export "stream-error" (type $stream-error (eq $failed)))
            (type $bytes (list u8))
            (export "[method]input-stream.blocking-read" (func
                (param "self" (borrow $in)) (param "len" u64)
                (result (result $bytes (error $stream-error)))))))
        (alias export $streams "input-stream" (type $in))
        (import "wasi:cli/stdin@0.2.6" (instance $stdin
            (alias outer 1 $in (type $outer))
            (export "input-stream" (type $in (eq $outer)))
            (export "get-stdin" (func (result (own $in))))))
        (alias export $stdin "get-stdin" (func $get))
        (alias export $streams "[method]input-stream.blocking-read" (func $read))
        (core module $memory
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
        (core instance $memory (instantiate $memory))
        (alias core export $memory "memory" (core memory $m))
        (core func $get (canon lower (func $get)))
        (core func $read (canon lower (func $read) (memory $m) (realloc (func $memory "realloc"))))
        (core module $program
            (import "" "memory" (memory 1))
            (import "" "get" (func $get (result i32)))
            (import "" "read" (func $read (param i32 i64 i32)))
            (func (export "run") (result i32) (local $in i32)
                (local.set $in (call $get))
                (loop $more
                    (call $read (local.get $in) (i64.const 1) (i32.const 0))
                    (if (i32.load8_u (i32.const 0)) (then (return (i32.const 1))))
                    (br_if $more (i32.ne (i32.load8_u (i32.const 1024)) (i32.const 10))))
                i32.const 0))
        (core instance $program (instantiate $program (with "" (instance
            (export "memory" (memory $m))
            (export "get" (func $get))
            (export "read" (func $read))))))
        (func $run (result (result)) (canon lift (core func $program "run")))
        (component $wrap (import "run" (func $r (result (result)))) (export "run" (func $r)))
        (instance $w (instantiate $wrap (with "run" (func $run))))
        (export "wasi:cli/run@0.2.6" (instance $w)))"#;
    wat::parse_str(text).unwrap()
}

#[test]
fn no_more_of_standard_input_is_read_than_the_program_asks_for() {
    let directory = tempfile::tempdir().unwrap();
    let (line, lines) = (
        directory.path().join("line.wasm"),
        directory.path().join("lines"),
    );
    std::fs::write(&line, reads_a_line()).unwrap();
    std::fs::write(&lines, "one\ntwo\nthree").unwrap();
    let script = |input: &str| {
        let run = "timeout 60 \"$0\" run \"$1\"";
        format!("{input} (set -e; {run}; {run}; cat; ! {run})")
    };
    for script in [
        script("cat \"$2\" |"),
        // In pieces, so that it waits for some.
        script("(head -c 2 \"$2\"; tail -c +3 \"$2\") |"),
        script("exec < \"$2\";"),
    ] {
        let output = starter("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_wsp")])
            .args([&line, &lines])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{script}: {}",
            text(&output.stderr)
        );
        assert_eq!(text(&output.stdout), "three", "{script}");
    }
}
