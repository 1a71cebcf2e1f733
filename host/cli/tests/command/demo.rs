//! `wsp demo`.

use serde_json::Value;

use crate::support::{json_lines, text, wsp};

#[test]
fn the_demo_shows_completions_and_proves_that_everything_arrived() {
    let output = wsp(&["demo"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert_eq!(
        printed.matches(": 65536 bytes, event").count(),
        64,
        "{printed}"
    );
    let digests: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("sent ") || line.starts_with("received "))
        .filter_map(|line| line.split_once("sha256 "))
        .map(|(_, digest)| digest)
        .collect();
    assert_eq!(digests.len(), 2, "{printed}");
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn the_demo_speaks_json() {
    let output = wsp(&["demo", "--json"]).output().unwrap();
    assert!(output.status.success());
    let last: &Value = &json_lines(&output.stdout).pop().unwrap();
    assert_eq!(last["equal"], true, "{last}");
}
