//! The documents say what the code says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap()
}

#[test]
fn the_program_in_the_tutorial_is_the_example_that_the_sdk_compiles() {
    let library = file("guest/sdk/src/lib.rs");
    let example: Vec<&str> = library
        .lines()
        .skip_while(|line| *line != "//! ```no_run")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| {
            line.trim_start_matches("//!")
                .strip_prefix(' ')
                .unwrap_or_default()
        })
        .collect();
    assert!(example.len() > 10, "the example of the sdk was found");
    let tutorial = file("docs/tutorials/programs.md");
    assert!(
        tutorial.contains(&example.join("\n")),
        "{}",
        example.join("\n")
    );
}

#[test]
fn every_function_of_the_provider_is_in_the_table_of_slots() {
    let slots = file("docs/slots.md");
    let provider = file("wit/provider.wit");
    let functions = provider
        .lines()
        .filter_map(|line| line.trim().split_once(": func("))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("wsp-") || name.starts_with("ioctl-"));
    for function in functions {
        assert!(slots.contains(&format!("`{function}`")), "{function}");
    }
}

#[test]
fn every_quota_and_every_metric_is_in_the_tables_of_quotas() {
    use wsp::metrics::{
        BYTES_RECEIVED, BYTES_SENT, CONNECTS, DENIALS, OPERATIONS, REFUSALS, REVOKED, SENDS_JOINED,
        SOCKETS, SOCKETS_OPEN,
    };

    let quotas = file("docs/quotas.md");
    for kind in wsp::quota::QuotaKind::ALL {
        assert!(quotas.contains(&format!("| `{kind}`")), "{kind}");
    }
    for metric in [
        SOCKETS,
        SOCKETS_OPEN,
        CONNECTS,
        OPERATIONS,
        SENDS_JOINED,
        BYTES_SENT,
        BYTES_RECEIVED,
        DENIALS,
        REFUSALS,
        REVOKED,
    ] {
        assert!(quotas.contains(&format!("| `{metric}`")), "{metric}");
    }
}

#[test]
fn the_page_on_performance_has_the_method_and_the_reasons_as_the_laboratory_writes_them() {
    let page = file("docs/performance.md");
    for part in ["method.md", "where_time_goes.md"] {
        let text = file(&format!("host/bench/src/report/{part}"));
        assert!(page.contains(&text), "{part}");
    }
}

#[test]
fn the_page_on_telemetry_has_the_code_of_the_example() {
    let page = file("docs/telemetry.md");
    let example = file("examples/telemetry/src/main.rs");
    let example: Vec<&str> = example.lines().map(str::trim).collect();
    let mut lines = 0;
    let mut of_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            of_code = line == "```rust,ignore";
        } else if of_code {
            assert!(example.contains(&line.trim()), "{line}");
            lines += 1;
        }
    }
    assert!(lines > 10, "the page has code");
}
