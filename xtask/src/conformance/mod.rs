//! The conformance table: every case, and what became of it in each column.

mod cases;
mod results;
mod table;

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    guest::{self, Committed},
    process::progress,
    requirements::Install,
    toolchain,
    workspace::{Workspace, cargo},
};
use cases::Case;
use results::Results;

/// The document that the table is written to.
const DOCUMENT: &str = "docs/conformance.md";

/// The test targets that hold the cases: `native::…` and `component::…`, and `c::…`.
const TARGETS: [&str; 2] = ["conformance", "c_library"];

/// What to do with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Print it.
    Terminal,
    /// Print it as JSON.
    Json,
    /// Write the document.
    Write,
    /// Only say whether the document is current.
    Check,
}

/// Runs the cases. It is an error if one fails, or was not run where it should.
pub(crate) fn conformance(workspace: &Workspace, output: Output) -> Result<()> {
    let cases = cases::read(workspace)?;
    let toolchain = toolchain::find_or_install(Install::Allowed)?;
    guest::build(workspace, &toolchain, Committed::Refresh)?;
    progress("running the conformance cases");
    let results = run(workspace)?;
    match output {
        Output::Terminal => print!("{}", table::terminal(&cases, &results)),
        Output::Json => println!("{}", table::json(&cases, &results)?),
        Output::Write => {
            let document = workspace.root.join(DOCUMENT);
            fs::write(&document, table::document(&cases, &results))
                .with_context(|| format!("cannot write {}", document.display()))?;
            progress(&format!("{DOCUMENT} is written"));
        }
        Output::Check => {
            let current = fs::read_to_string(workspace.root.join(DOCUMENT)).unwrap_or_default();
            if current != table::document(&cases, &results) {
                bail!("{DOCUMENT} is stale: run `cargo xtask conformance --write`");
            }
        }
    }
    verdict(&cases, &results)
}

fn verdict(cases: &[Case], results: &Results) -> Result<()> {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| !results.satisfies(case))
        .map(Case::test)
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    bail!(
        "{} of {} cases failed or were not run: {}",
        wrong.len(),
        cases.len(),
        wrong.join(", ")
    )
}

fn run(workspace: &Workspace) -> Result<Results> {
    let mut command = Command::new(cargo());
    // The same selection as for the whole suite, so that nothing is built anew.
    command
        .arg("test")
        .args(TARGETS.map(|target| format!("--test={target}")))
        .arg("--no-fail-fast")
        .env("WSP_TEST_PROGRAMS", workspace.programs())
        .current_dir(&workspace.root);
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo test")?;
    // A case that fails is in the table, with what it said.
    let printed = String::from_utf8_lossy(&output.stdout);
    let results = results::parse(&printed);
    if !output.status.success() {
        eprint!("{printed}");
    }
    if results.is_empty() {
        bail!("`cargo test` ran no case ({})", output.status);
    }
    Ok(results)
}
