//! The table as text, as JSON and as a document.

use std::fmt::Write;

use anyhow::Result;
use serde_json::{Value, json};

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
    let heads: String = Column::ALL
        .map(|column| cell(column, column.as_str()))
        .concat();
    let _ = writeln!(text, "case  {:width$}  {heads}source", "what it shows");
    for case in cases {
        let verdicts = Column::ALL.map(|column| cell(column, results.of(case, column).as_str()));
        let shows = case.name.replace('_', " ");
        let _ = writeln!(
            text,
            "{}  {shows:width$}  {}{}",
            case.id,
            verdicts.concat(),
            case.source
        );
    }
    let _ = writeln!(text, "\n{} cases", cases.len());
    for column in Column::ALL {
        let totals = totals(cases, results, column);
        let _ = writeln!(text, "{:10}  {totals}", column.as_str());
    }
    text
}

/// A cell of the column, as wide as its head and every verdict.
fn cell(column: Column, text: &str) -> String {
    let width = column.as_str().len().max(Verdict::Passed.as_str().len());
    format!("{text:width$}  ")
}

pub(super) fn json(cases: &[Case], results: &Results) -> Result<String> {
    let cases = cases.iter().map(|case| {
        let mut row = json!({
            "case": case.id,
            "name": case.name,
            "section": case.section,
            "given": case.given,
            "when": case.when,
            "then": case.then,
            "source": case.source,
            "mark": case.mark.map(super::cases::Mark::as_str),
            "reason": case.c_only,
            "not_portable": case.not_portable,
        });
        let verdicts = Column::ALL.map(|column| {
            let verdict = results.of(case, column).as_str();
            (column.as_str().to_owned(), Value::from(verdict))
        });
        if let Value::Object(row) = &mut row {
            row.extend(verdicts);
        }
        row
    });
    Ok(serde_json::to_string_pretty(&cases.collect::<Vec<_>>())?)
}

const HEAD: &str = "# Conformance

Every case of the suite in `tests/conformance`, and where it is run: *core* is the core alone over a simulated
network, *native* the core compiled into the host with loopback sockets, *component* the real provider component in the host with loopback sockets. *interposed* puts a component between
the two that copies every list, and *tickets* adds sends as the libraries of programs make them: the provider allows them,
and the payload goes past it. *portable* is the component with the [portable](portable.md) one, in a host that has WASI
alone. *c* is the C library over the component and the host. A case is one function, run in all columns but the last;
those about pointers belong to C alone, and not all of them can be portable. Faults that loopback cannot be
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
                | case | given | when | then | source | mark | {} |\n\
                | --- | --- | --- | --- | --- | --- |{}",
                Column::ALL.map(Column::as_str).join(" | "),
                Column::ALL.map(|_| " --- |").concat()
            );
        }
        let verdicts = Column::ALL.map(|column| results.of(case, column).as_str());
        let mark = case.mark.map_or("", super::cases::Mark::as_str);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {mark} | {} |",
            case.id,
            case.given,
            case.when,
            case.then,
            case.source,
            verdicts.join(" | ")
        );
    }
    let _ = writeln!(text, "\n## Cases that are not portable\n");
    for case in cases {
        if let Some(reason) = &case.not_portable {
            let _ = writeln!(text, "- {}: {reason}.", case.id);
        }
    }
    let _ = writeln!(text, "\n## Cases of the C library alone\n");
    for case in cases {
        if let Some(reason) = &case.c_only {
            let _ = writeln!(text, "- {}: {reason}.", case.id);
        }
    }
    text
}
