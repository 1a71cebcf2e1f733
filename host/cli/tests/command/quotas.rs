//! `wsp run` with quotas and an audit log.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Running, json_lines, program, text, wsp};

#[test]
fn sockets_beyond_max_sockets_fail_with_mfile() {
    let rule = "--allow-outbound=tcp://127.0.0.1:1";
    let hoarder = program("plugin_socket_hoarder");
    let output = wsp(&["run", rule, "--max-sockets=10", &hoarder])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "opened 10, refused {10024: 99990}\n");
    assert!(output.status.success());
    let warnings = text(&output.stderr);
    let first = "the quota sockets of the instance is used up";
    assert_eq!(warnings.matches(first).count(), 1, "{warnings}");
}

#[test]
fn the_quota_of_a_policy_file_holds_and_a_flag_counts_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    let rules = "outbound.allow = ['tcp://127.0.0.1:1']\nquota.sockets = 10\n";
    fs::write(&file, rules).unwrap();
    let policy = ["run", "--policy", file.to_str().unwrap()];
    let hoarder = program("plugin_socket_hoarder");
    let output = wsp(&policy).arg(&hoarder).output().unwrap();
    assert_eq!(text_of(&output), "opened 10, refused {10024: 99990}\n");
    let output = wsp(&policy).args(["--max-sockets=4", &hoarder]).output();
    assert_eq!(
        text_of(&output.unwrap()),
        "opened 4, refused {10024: 99996}\n"
    );

    fs::write(&file, "[quota]\nsocket = 1\n").unwrap();
    let output = wsp(&policy).arg(&hoarder).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.contains("policy.toml:2:1: unknown field `socket`"),
        "{message}"
    );
}

fn text_of(output: &std::process::Output) -> String {
    text(&output.stdout)
}

#[test]
fn a_program_whose_time_is_up_is_ended_with_124_and_a_sentence() {
    let output = wsp(&["run", "--timeout=2s", &program("plugin_busy_loop")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(124));
    let message = text(&output.stderr);
    assert!(
        message.contains("its time was up after 2s, while it computed"),
        "{message}"
    );
    assert!(message.contains("--timeout"), "{message}");
    assert_eq!(text(&output.stdout), "looping\n");
}

#[test]
fn a_program_that_waits_is_ended_too_when_its_time_is_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let slow = program("blocking_send_slow_peer");
    let output = wsp(&["run", &rule, "--timeout=1s", &slow, &target])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(124), "{said}");
    assert!(!said.contains("computed"), "{said}");
}

#[test]
fn memory_beyond_max_memory_is_not_given() {
    let output = wsp(&["run", "--max-memory=16MiB", &program("plugin_memory_hog")])
        .output()
        .unwrap();
    let printed = text(&output.stdout);
    let got: Option<u32> = printed
        .strip_prefix("got ")
        .and_then(|rest| rest.strip_suffix(" MiB\n"))
        .and_then(|number| number.parse().ok());
    assert!(got.is_some_and(|got| (5..16).contains(&got)), "{printed}");
}

#[test]
fn a_trap_for_want_of_memory_says_what_gives_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let big = program("blocking_send_slow_peer");
    let output = wsp(&["run", &rule, "--max-memory=6MiB", &big, &target])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(134));
    let message = text(&output.stderr);
    assert!(
        message.contains("it had wanted more memory than 6MiB; give it more with --max-memory"),
        "{message}"
    );
}

#[test]
fn payload_beyond_max_payload_fails_with_nobufs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let rule = format!("--allow-outbound=tcp://{target}");
    let flood = program("plugin_payload_flood");
    let output = wsp(&["run", &rule, "--max-payload=2500KiB", &flood, "x", &target])
        .output()
        .unwrap();
    let printed = text(&output.stdout);
    assert_eq!(printed, "posted 2, refused {10055: 998}\n");
}

#[test]
fn each_call_into_the_transport_can_be_traced() {
    let rule = "--allow-outbound=tcp://127.0.0.1:1";
    let denied = program("connect_denied");
    let output = wsp(&["run", rule, &denied, "127.0.0.1:2"])
        .env("WSP_LOG", "wsp::transport=trace")
        .output()
        .unwrap();
    let message = text(&output.stderr);
    for call in [
        "create{family=",
        "start-connect{endpoint=",
        "drop{endpoint=",
    ] {
        assert!(message.contains(call), "no {call} in {message}");
    }
}

fn lines(file: &Path) -> Vec<Value> {
    json_lines(&fs::read(file).unwrap())
}

#[test]
fn the_audit_log_tells_of_decisions_refusals_and_closes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_end(&mut bytes)
            .unwrap();
        bytes.len()
    });
    let rule = format!("--allow-outbound=tcp://{target}");
    let audit = file.to_str().unwrap();
    let name = program("overlapped_send_events");
    let output = wsp(&["run", &rule, "--audit", audit, &name, &target])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let sent = reader.join().unwrap();

    let other = format!("127.0.0.1:{}", listener_port(&target) ^ 1);
    let denied = program("connect_denied");
    let limit = "--max-connect-rate=1";
    wsp(&["run", &rule, limit, "--audit", audit, &denied, &other])
        .output()
        .unwrap();

    let lines = lines(&file);
    let of = |what: &str, verdict: &str| {
        let found = lines.iter().find(|line| {
            line["what"] == what && (verdict.is_empty() || line["verdict"] == verdict)
        });
        found.unwrap_or_else(|| panic!("no {verdict} {what} in {lines:#?}"))
    };
    let connect = of("connect", "allowed");
    assert_eq!(connect["tenant"], name.as_str());
    assert_eq!(connect["protocol"], "tcp");
    assert_eq!(connect["address"], target.as_str());
    assert_eq!(connect["rule"], rule.as_str());
    let time = connect["time"].as_str().unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert_eq!(of("create", "allowed")["address"], Value::Null);
    let close = of("close", "");
    assert_eq!(close["address"], target.as_str());
    assert_eq!(
        (&close["sent"], &close["received"]),
        (&sent.into(), &0.into())
    );
    let refused = of("connect", "denied");
    assert_eq!(refused["address"], other.as_str());
    assert_eq!(refused["reason"], "outbound-address-not-allowed");
}

fn listener_port(address: &str) -> u16 {
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn an_audit_log_on_a_full_disk_is_named_once() {
    let rule = "--allow-outbound=tcp://127.0.0.1:9";
    let output = wsp(&[
        "run",
        rule,
        "--audit",
        "/dev/full",
        &program("connect_denied"),
        "127.0.0.1:10",
    ])
    .output()
    .unwrap();
    let message = text(&output.stderr);
    let sentence = "the audit log /dev/full cannot be written, and lines are missing from now on";
    assert_eq!(message.matches(sentence).count(), 1, "{message}");
    assert!(message.contains("No space left"), "{message}");
}

#[test]
fn the_audit_log_is_whole_up_to_its_last_line_when_the_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let rule = "--allow-outbound=tcp://127.0.0.1:1";
    let audit = file.to_str().unwrap();
    let hoarder = program("plugin_socket_hoarder");
    let running = Running::wsp(&["run", rule, "--max-sockets=3", "--audit", audit, &hoarder]);
    let give_up = Instant::now() + Duration::from_secs(60);
    while fs::read(&file).map_or(0, |bytes| bytes.len()) < 2000 {
        assert!(Instant::now() < give_up, "no audit log is written");
        thread::yield_now();
    }
    // SIGKILL, in the middle of whatever it writes.
    drop(running);
    let bytes = fs::read(&file).unwrap();
    assert_eq!(bytes.last(), Some(&b'\n'));
    let lines = lines(&file);
    assert!(lines.len() > 5);
    let quota = lines.iter().filter(|line| line["what"] == "quota");
    assert!(quota.clone().count() > 0);
    for line in quota {
        assert_eq!(
            (&line["quota"], &line["scope"]),
            (&"sockets".into(), &"instance".into())
        );
        assert_eq!(line["verdict"], "refused");
    }
}

#[test]
fn an_audit_log_that_cannot_be_written_is_an_error_before_anything_runs() {
    let output = wsp(&[
        "run",
        "--audit",
        "/nowhere/audit",
        &program("plugin_busy_loop"),
    ])
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("cannot write the audit log /nowhere/audit"),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}
