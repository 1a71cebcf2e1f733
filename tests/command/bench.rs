//! `wsp bench`, with so few sends that it says nothing about speed.

use serde_json::Value;

use crate::support::{json_lines, text, wsp};

/// What the table of budgets must have, in this order.
const ROWS: [&str; 14] = [
    "null sink, program, 64 B",
    "null sink, program, 1 MiB",
    "TCP, program against wasi 0.3, 64 B",
    "TCP, program against wasi 0.2, 1 MiB",
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
];

#[test]
fn the_json_of_a_run_has_every_budget_with_its_number() {
    let output = wsp(&["bench", "--quick", "--tiny", "--json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let run: &Value = &json_lines(&output.stdout).pop().unwrap();
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
    std::fs::create_dir(root.path().join("docs")).unwrap();
    let plot = root.path().join("plot.svg");
    let output = wsp(&["bench", "--quick", "--tiny", "--plot"])
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
    let plot = std::fs::read_to_string(plot).unwrap();
    assert!(plot.starts_with("<svg") && plot.contains("wsp program"));
    let document = std::fs::read_to_string(root.path().join("docs/performance.md")).unwrap();
    for row in ROWS {
        assert!(document.contains(row), "{row} is not in the document");
    }
    assert!(root.path().join("docs/performance.svg").exists());
}
