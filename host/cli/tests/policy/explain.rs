//! `wsp policy explain`.

use serde_json::Value;

use crate::support::{json_lines, text, wsp};
use crate::table::TABLE;

#[test]
fn the_command_explains_every_row_of_the_table() {
    let mut rows = 0;
    for group in TABLE {
        let mut arguments = vec!["policy", "explain", "--json", "--usage", group.usage];
        if let Some(local) = group.local {
            arguments.extend(["--local", local]);
        }
        arguments.extend(group.flags);
        arguments.extend(group.rows.iter().map(|(target, ..)| target));
        let output = wsp(&arguments).output().unwrap();
        let denied = group
            .rows
            .iter()
            .any(|(_, verdict, _)| *verdict != "allowed");
        assert_eq!(
            output.status.code(),
            Some(i32::from(denied)),
            "{arguments:?}"
        );

        let lines = json_lines(&output.stdout);
        assert_eq!(lines.len(), group.rows.len(), "{}", text(&output.stderr));
        for (line, (target, verdict, rule)) in lines.iter().zip(group.rows) {
            assert_eq!(line["target"], *target);
            assert_eq!(line["usage"], group.usage);
            let found = match (&line["range"], &line["reason"]) {
                (Value::Null, Value::Null) => &line["verdict"],
                (Value::Null, reason) => reason,
                (range, reason) => {
                    assert_eq!(reason, "special-range-needs-explicit-rule");
                    range
                }
            };
            assert_eq!(found, verdict, "{line}");
            let decided_by = match (&line["rule"], &line["nearest"]) {
                (Value::String(rule), _) => rule,
                (_, Value::String(nearest)) => nearest.split(' ').next().unwrap(),
                _ => "-",
            };
            assert_eq!(decided_by, *rule, "{line}");
            rows += 1;
        }
    }
    assert!(rows >= 150, "{rows} rows");
}

#[test]
fn a_person_is_told_the_verdict_the_rule_why_and_what_to_add() {
    let arguments = [
        "policy",
        "explain",
        "--allow-outbound=tcp://*:443",
        "--deny-outbound=tcp://8.8.4.4:*",
        "tcp://8.8.8.8:443",
        "tcp://[::ffff:10.0.0.1]:443",
        "tcp://8.8.8.8:80",
        "tcp://8.8.4.4:443",
        "udp://8.8.8.8:53",
    ];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        "\
tcp://8.8.8.8:443: connect is allowed
  rule: --allow-outbound=tcp://*:443
tcp://[::ffff:10.0.0.1]:443: connect is denied, decided on as 10.0.0.1:443
  why: a private address needs a rule of its own (special-range-needs-explicit-rule)
  nearest rule: --allow-outbound=tcp://*:443 does not name the special range
  add: --allow-outbound=tcp://10.0.0.1:443
  or in a file: outbound.allow = [\"tcp://10.0.0.1:443\"]
tcp://8.8.8.8:80: connect is denied
  why: no outbound rule covers it (outbound-address-not-allowed)
  nearest rule: --allow-outbound=tcp://*:443 is for another port
  add: --allow-outbound=tcp://8.8.8.8:80
  or in a file: outbound.allow = [\"tcp://8.8.8.8:80\"]
tcp://8.8.4.4:443: connect is denied
  why: --deny-outbound=tcp://8.8.4.4:* forbids it (denied-by-rule)
  take away: --deny-outbound=tcp://8.8.4.4:*
  or in a file: outbound.deny = [\"tcp://8.8.4.4:*\"]
udp://8.8.8.8:53: datagram-to is denied
  why: nothing is granted to udp (no-grant-for-protocol)
  nearest rule: --allow-outbound=tcp://*:443 is for another protocol
  add: --allow-outbound=udp://8.8.8.8:53
  or in a file: outbound.allow = [\"udp://8.8.8.8:53\"]
"
    );
}

#[test]
fn what_only_counts_says_what_it_would_deny() {
    let target = "tcp://127.0.0.1:80";
    let arguments = ["policy", "explain", "--count-only", "--json", target];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = json_lines(&output.stdout);
    assert_eq!(lines[0]["verdict"], "would-be-denied");
    assert_eq!(lines[0]["reason"], "no-grant-for-protocol");
    assert_eq!(
        lines[0]["toml"],
        r#"outbound.allow = ["tcp://127.0.0.1:80"]"#
    );
}

#[test]
fn everything_allowed_is_status_0_and_a_question_without_sense_is_2() {
    let allow = "--allow-outbound=tcp://8.8.8.8:1";
    let allowed = wsp(&["policy", "explain", allow, "tcp://8.8.8.8:1"]);
    assert_eq!({ allowed }.output().unwrap().status.code(), Some(0));
    for (arguments, sentence) in [
        (vec!["tcp://8.8.8.8"], "no port in"),
        // Spellings that some resolvers read as 127.0.0.1.
        (vec!["tcp://0x7f.1:80"], "bad host"),
        (vec!["tcp://0177.0.0.1:80"], "bad host"),
        (vec!["tcp://2130706433:80"], "bad host"),
        (vec!["tcp://127.0.0.1.:80"], "bad host"),
        (vec!["tcp://[fe80::1%lo]:80"], "bad host"),
        (vec!["tcp://nobody.invalid:80"], "cannot resolve the host"),
        (
            vec!["--usage=accept", "tcp://8.8.8.8:1"],
            "accepting needs --local",
        ),
        (vec!["--usage=resolve", "10.0.0.1"], "bad name"),
        (
            vec!["--allow-outbound=tcp://nobody.invalid:1", "tcp://8.8.8.8:1"],
            "cannot resolve",
        ),
        (
            vec![
                "--allow-outbound=tcp://[2002:808:808::]:1",
                "tcp://8.8.8.8:1",
            ],
            "write 8.8.8.8",
        ),
        (
            vec!["--allow-outbound=tcp://8.8.8.8:0", "tcp://8.8.8.8:1"],
            "port 0 is for inbound rules",
        ),
        (
            vec!["--policy", "/nonexistent.toml", "tcp://8.8.8.8:1"],
            "cannot read the policy",
        ),
    ] {
        let output = wsp(&[&["policy", "explain"], &arguments[..]].concat())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(sentence), "{arguments:?}: {message}");
        assert_eq!(text(&output.stdout), "");
    }
}
