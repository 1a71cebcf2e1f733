//! `wsp run --learn`: the policy that a run needs, and nothing else.

use std::fs;
use std::net::TcpListener;
use std::thread;

use wsp::policy::{Mode, Observer, Policy};
use wsp_guard::Learner;

use crate::decisions::{policy, request};
use crate::support::{program, text, wsp};
use crate::table::TABLE;

/// What is learned of a request by a policy of these flags: the policy, and what is left.
fn learned(flags: &[&str], asked: &wsp::policy::Request) -> (Policy, usize) {
    let given = crate::decisions::config(flags);
    let counting = policy(flags).with_mode(Mode::Count);
    let learner = Learner::new(&given, &counting);
    learner.decided(&counting.decide(asked));
    let learned = learner.learned();
    let again: wsp::policy::PolicyConfig = learned.config.to_string().parse().unwrap();
    assert_eq!(again, learned.config, "it is a policy file");
    (again.resolve().unwrap(), learned.unlearned.len())
}

#[test]
fn what_is_learned_of_every_row_of_the_table_allows_it_or_says_that_nothing_does() {
    for group in TABLE {
        for (target, verdict, _) in group.rows {
            let asked = request(group, target);
            let (policy, left) = learned(group.flags, &asked);
            let row = format!("{:?} {} {target}", group.flags, group.usage);
            let allowed = policy.decide(&asked).denial().is_none();
            assert_eq!(allowed, left == 0, "{row}");
            let hopeless = *verdict == "denied-by-rule"
                || ["create", "implicit-bind"].contains(&group.usage) && *verdict != "allowed";
            assert!(allowed || hopeless, "{row}");
        }
    }
}

#[test]
fn a_run_under_what_another_run_has_taught_is_denied_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let peers = thread::spawn(move || {
        for _ in 0..2 {
            listener.accept().unwrap();
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("learned.toml");
    let commands = [
        "connect",
        &target,
        "listen",
        "127.0.0.1:0",
        "send",
        "127.0.0.1:9",
        "resolve",
        "localhost",
    ];
    let teach = wsp(&["run", &format!("--learn={}", file.display())])
        .arg(program("wasi_sockets"))
        .args(commands)
        .output()
        .unwrap();
    let printed = text(&teach.stdout);
    assert!(
        printed.starts_with(&format!("connect {target}: ok\n")),
        "{printed}"
    );
    assert!(text(&teach.stderr).contains("4 rules are new, 0 refusals are left"));

    let written = fs::read_to_string(&file).unwrap();
    assert!(
        wsp(&["policy", "check"])
            .arg(&file)
            .output()
            .unwrap()
            .status
            .success()
    );
    let again = wsp(&["run", &format!("--policy={}", file.display())])
        .arg(program("wasi_sockets"))
        .args(commands)
        .output()
        .unwrap();
    assert_eq!(text(&again.stdout), printed, "{written}");
    assert_eq!(text(&again.stderr), "");
    peers.join().unwrap();
    // Nothing else is allowed by it.
    let other = wsp(&["run", &format!("--policy={}", file.display())])
        .arg(program("wasi_sockets"))
        .args(["connect", "127.0.0.1:1", "bind", "127.0.0.2:0"])
        .output()
        .unwrap();
    assert_eq!(text(&other.stdout).matches("access-denied").count(), 2);
}

#[test]
fn what_a_deny_rule_forbids_is_told_in_the_file_and_not_allowed_by_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("learned.toml");
    let flags = [
        "--allow-outbound=tcp://127.0.0.1:2",
        "--deny-outbound=tcp://127.0.0.1:1",
    ];
    let ended = wsp(&["run"])
        .args(flags)
        .arg(format!("--learn={}", file.display()))
        .arg(program("wasi_sockets"))
        .args(["connect", "127.0.0.1:1"])
        .output()
        .unwrap();
    assert_eq!(
        text(&ended.stdout),
        "connect 127.0.0.1:1: connection-refused\n"
    );
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written.contains("# Not allowed by it: connecting to tcp://127.0.0.1:1"),
        "{written}"
    );
    assert!(
        written.contains("deny = [\"tcp://127.0.0.1:1\"]"),
        "{written}"
    );
    assert_eq!(written.matches("allow = ").count(), 1, "{written}");
}
