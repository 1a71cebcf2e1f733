//! The table as text, as JSON and as a document.

use std::fmt::Write;

use anyhow::Result;
use serde_json::json;

use super::cases::Case;
use super::results::{Column, Results, Verdict};

/// How many cases have each verdict in a column.
fn totals(cases: &[Case], results: &Results, column: Column) -> String {
    let count = |verdict| {
        let of = cases.iter().map(|case| results.of(case, column));
        of.filter(|found| *found == verdict).count()
    };
    let mut text = format!("{} passed", count(Verdict::Passed));
    for verdict in [Verdict::Failed, Verdict::NotApplicable] {
        if count(verdict) > 0 {
            let _ = write!(text, ", {} {}", count(verdict), verdict.as_str());
        }
    }
    text
}

pub(super) fn terminal(cases: &[Case], results: &Results) -> String {
    let mut text = String::new();
    let width = cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
    let _ = writeln!(
        text,
        "case  {:width$}  native  component  c       source",
        "what it shows"
    );
    for case in cases {
        let [native, component, c] = Column::ALL.map(|column| results.of(case, column).as_str());
        let shows = case.name.replace('_', " ");
        let _ = writeln!(
            text,
            "{}  {shows:width$}  {native:6}  {component:9}  {c:6}  {}",
            case.id, case.source
        );
    }
    let _ = writeln!(text, "\n{} cases", cases.len());
    for column in Column::ALL {
        let totals = totals(cases, results, column);
        let _ = writeln!(text, "{:9}  {totals}", column.as_str());
    }
    text
}

pub(super) fn json(cases: &[Case], results: &Results) -> Result<String> {
    let cases = cases.iter().map(|case| {
        let [native, component, c] = Column::ALL.map(|column| results.of(case, column).as_str());
        json!({
            "case": case.id,
            "name": case.name,
            "section": case.section,
            "given": case.given,
            "when": case.when,
            "then": case.then,
            "source": case.source,
            "mark": case.mark.map(super::cases::Mark::as_str),
            "native": native,
            "component": component,
            "c": c,
            "reason": case.c_only,
        })
    });
    Ok(serde_json::to_string_pretty(&cases.collect::<Vec<_>>())?)
}

const HEAD: &str = "# Conformance

Every case of the suite in `tests/conformance`, and where it is run: *native* is the core alone over a simulated
network, *component* the real provider component in the host with loopback sockets, *c* the C library over all of that.
A case is one function, run in the first two; those about pointers belong to C alone. Faults that loopback cannot be
made to have (no memory, no network, a time-out, a failed keep-alive) are injected at the transport or, in the
component, at the host's system call.

*policy* marks a case where the sources leave a choice ([deviations](deviations.md) has it), *profile* an option of
`configure`. Of the sources, SEED is the page WSPSend of Windows CE 5.0, by its
parts; CE other pages of it; MS desktop pages; WINE, ROS and FIELD what other implementations, their tests and reports
show about Windows; anything else is a rule that this project chose.

This page is written by `cargo xtask conformance --write`.

";

pub(super) fn document(cases: &[Case], results: &Results) -> String {
    let mut text = HEAD.to_owned();
    let _ = writeln!(text, "{} cases:\n", cases.len());
    for column in Column::ALL {
        let totals = totals(cases, results, column);
        let _ = writeln!(text, "- {}: {totals}", column.as_str());
    }
    let mut section = "";
    for case in cases {
        if case.section != section {
            section = &case.section;
            let _ = writeln!(
                text,
                "\n## {section}\n\n\
                | case | given | when | then | source | mark | native | component | c |\n\
                | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
            );
        }
        let [native, component, c] = Column::ALL.map(|column| results.of(case, column).as_str());
        let mark = case.mark.map_or("", super::cases::Mark::as_str);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {mark} | {native} | {component} | {c} |",
            case.id, case.given, case.when, case.then, case.source
        );
    }
    let _ = writeln!(text, "\n## Cases of the C library alone\n");
    for case in cases {
        if let Some(reason) = &case.c_only {
            let _ = writeln!(text, "- {}: {reason}.", case.id);
        }
    }
    text
}
