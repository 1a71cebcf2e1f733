//! `wsp policy check`, and policy files.

use std::fs;
use std::path::PathBuf;

use crate::support::{json_lines, text, wsp};

struct File(tempfile::TempDir);

impl File {
    fn new(contents: &str) -> File {
        let file = File(tempfile::tempdir().unwrap());
        fs::write(file.path(), contents).unwrap();
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("policy.toml")
    }

    fn name(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }
}

const GOOD: &str = "\
# What the program needs.
outbound = { allow = ['TCP://Example.COM:443', \"tcp://[::ffff:10.0.0.0]/104:5432\"], deny = ['tcp://10.9.0.0/16:*'] }
[resolve]
allow = ['*.Example.com.']
";

const NORMAL: &str = "\
mode = \"enforce\"

[outbound]
allow = [\"tcp://example.com:443\", \"tcp://10.0.0.0/8:5432\"]
deny = [\"tcp://10.9.0.0/16:*\"]

[resolve]
allow = [\"*.example.com\"]
";

#[test]
fn a_good_file_is_printed_in_its_normal_form_which_is_a_policy_file() {
    let file = File::new(GOOD);
    let output = wsp(&["policy", "check", &file.name()]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), NORMAL);

    let normal = File::new(NORMAL);
    let output = wsp(&["policy", "check", &normal.name()]).output().unwrap();
    assert_eq!(text(&output.stdout), NORMAL);

    let output = wsp(&["policy", "check", "--json", &file.name()])
        .output()
        .unwrap();
    let line = &json_lines(&output.stdout)[0];
    assert_eq!(line["policy"]["mode"], "enforce");
    assert_eq!(line["policy"]["outbound"]["deny"][0], "tcp://10.9.0.0/16:*");
}

#[test]
fn every_mistake_is_told_with_its_line_and_column() {
    let file = File::new(
        "mode = 'count'\n\
         [outbound]\n\
         allow = ['tcp://ok:1', 'http://x:1',\n\
         \x20 'tcp://é:1', 'tcp://x:0']\n\
         [resolve]\n\
         deny = ['10.0.0.1']\n",
    );
    let name = file.name();
    let output = wsp(&["policy", "check", &name]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let expected = [
        r#":3:24: unknown scheme "http" in "http://x:1": it must start with tcp:// or udp://"#,
        r#":4:3: bad host "é" in "tcp://é:1": write an IPv4 address, an IPv6 address in brackets, or a DNS name"#,
        ":4:16: tcp://x:0 covers nothing: port 0 is for inbound rules, where the system chooses a port, so name a port or write *",
        r#":6:9: bad name "10.0.0.1": write a DNS name such as example.com, *.example.com for what is below it, or *"#,
    ];
    let expected = expected
        .map(|mistake| format!("{name}{mistake}\n"))
        .concat();
    assert_eq!(text(&output.stderr), expected);

    let output = wsp(&["policy", "check", "--json", &name]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let mistake = &json_lines(&output.stdout)[0]["mistakes"][0];
    assert_eq!(
        (&mistake["line"], &mistake["column"]),
        (&3.into(), &24.into())
    );
    assert_eq!(mistake["text"], "'http://x:1'");
}

#[test]
fn mistakes_of_the_file_itself_are_told_in_the_same_way() {
    for (contents, place, words) in [
        ("[outbound\n", ":1:10: ", "unclosed table"),
        (
            "\n[outbuond]\nallow = []\n",
            ":2:2: ",
            "unknown field `outbuond`, expected one of",
        ),
        ("outbound.alow = []\n", ":1:10: ", "unknown field `alow`"),
        ("outbound.allow = 'tcp://x:1'\n", ":1:18: ", "invalid type"),
        (
            "mode = 'off'\n",
            ":1:8: ",
            "unknown variant `off`, expected `enforce` or `count`",
        ),
        ("outbound.allow = [1]\n", ":1:19: ", "invalid type"),
    ] {
        let file = File::new(contents);
        let output = wsp(&["policy", "check", &file.name()]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{contents}");
        let message = text(&output.stderr);
        let start = format!("{}{place}", file.name());
        assert!(
            message.starts_with(&start) && message.contains(words),
            "{message}"
        );
    }
}

#[test]
fn a_run_with_a_mistaken_policy_does_not_start() {
    let file = File::new("outbound.allow = ['tcp://x']\n");
    let arguments = ["run", "--policy", &file.name(), "program.wasm"];
    let output = wsp(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    let mistake = format!("{}:1:19: no port in", file.name());
    assert!(message.contains(&mistake), "{message}");
}
