//! The laboratory, with so few sends that it says nothing about speed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// No run takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(60);

/// In place of the user's caches, which tests leave alone.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// The command, to be run to its end within the limit.
fn bench(arguments: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp-bench"));
    command.args(arguments).timeout(LIMIT);
    command.env_remove("WSP_LOG").env("XDG_CACHE_HOME", CACHE);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A command in this folder that does nothing: whatever the machine has, the laboratory takes
/// it for wasmtime.
fn wasmtime(folder: &Path) -> PathBuf {
    let file = folder.join("wasmtime");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    file
}

/// What the table of budgets must have, in this order.
const ROWS: [&str; 16] = [
    "null sink, program, 64 B",
    "null sink, program, 1 MiB",
    "TCP, program against wasi 0.3, 64 B",
    "TCP, program against wasi 0.2, 1 MiB",
    "TCP, portable against wasi 0.2, 64 KiB",
    "TCP, program against native, 64 B",
    "TCP, 256 parts against native, 64 KiB",
    "TCP, embedder against native, worst of 16 KiB and more",
    "submit → indication beyond native poll, after waiting (256 KiB)",
    "64 outstanding against one blocking, 16 KiB",
    "cost per operation, 200 outstanding against 100",
    "allocations of the host per immediate send, 16 parts",
    "allocations of the guest per immediate send, 16 parts",
    "idle provider instance, resident",
    "`wsp send` of 1 byte, start to exit, warm",
    "second start of a program of 1 MiB, against `wasmtime run`",
];

#[test]
fn the_json_of_a_run_has_every_budget_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let output = bench(&["--quick", "--tiny", "--json", "--wasmtime"])
        .arg(wasmtime(folder.path()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    let budgets = run["budgets"].as_array().unwrap();
    let found: Vec<&str> = budgets
        .iter()
        .filter_map(|budget| budget["what"].as_str())
        .filter(|what| ROWS.contains(what))
        .collect();
    assert_eq!(found, ROWS);
    for budget in budgets {
        for number in ["measured", "must", "aim"] {
            assert!(budget[number].is_number(), "{budget}");
        }
        let holds = &budget["holds"];
        assert!(holds.is_boolean() || holds.is_null(), "{budget}");
    }
    let program = run["second_start"]["bytes"].as_u64().unwrap();
    assert!((1 << 20..5 << 18).contains(&program), "{program}");
    let network = &run["machine"]["network"];
    assert!(network["own"].is_boolean(), "{network}");
    assert!(network["congestion_control"].is_string(), "{network}");
    for path in [
        "native", "tokio", "wasi-0.2", "wasi-0.3", "program", "embedder",
    ] {
        let mut sends = run["sends"].as_array().unwrap().iter();
        assert!(sends.any(|send| send["path"] == path), "{path}");
    }
}

#[test]
fn a_run_is_a_table_a_picture_and_a_document() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("docs")).unwrap();
    let plot = root.path().join("plot.svg");
    let output = bench(&["--quick", "--tiny", "--wasmtime"])
        .arg(wasmtime(root.path()))
        .arg("--plot")
        .arg(&plot)
        .arg("--write-docs")
        .arg(root.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for row in ROWS {
        assert!(printed.contains(row), "{row} is not in {printed}");
    }
    let plot = fs::read_to_string(plot).unwrap();
    assert!(plot.starts_with("<svg") && plot.contains("wsp program"));
    let document = fs::read_to_string(root.path().join("docs/performance.md")).unwrap();
    for row in ROWS {
        assert!(document.contains(row), "{row} is not in the document");
    }
    assert!(root.path().join("docs/performance.svg").exists());
}

#[test]
fn a_missing_command_is_named_with_the_way_to_build_it_before_anything_is_measured() {
    let output = bench(&["--quick", "--tiny", "--wsp", "no/such/wsp"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = text(&output.stderr);
    for words in ["no/such/wsp", "-p wsp-cli`", "--wsp"] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn the_command_beside_it_is_found_wherever_both_lie() {
    let here = tempfile::tempdir().unwrap();
    let lonely = here.path().join("wsp-bench");
    // A copy, because a link is not where the command is.
    fs::copy(env!("CARGO_BIN_EXE_wsp-bench"), &lonely).unwrap();
    let output = assert_cmd::Command::new(&lonely)
        .args(["--quick", "--tiny"])
        .timeout(LIMIT)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let beside = here.path().canonicalize().unwrap().join("wsp");
    let message = text(&output.stderr);
    assert!(message.contains(beside.to_str().unwrap()), "{message}");
}

#[test]
fn a_mistake_in_the_command_line_is_a_usage_error() {
    for (arguments, says) in [
        (&["--profile", "me:tcp:64"][..], "no path is called"),
        (&["--quickly"], "unexpected argument"),
    ] {
        let output = bench(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn the_help_has_examples_that_run_it_through_cargo() {
    let output = bench(&["--help"]).output().unwrap();
    assert!(output.status.success());
    let help = text(&output.stdout);
    assert!(
        help.contains("Examples:\n  cargo xtask bench --quick\n"),
        "{help}"
    );
}
