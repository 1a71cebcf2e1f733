//! The suites that run on every system, without the tests that cannot pass there.

mod exceptions;

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    guest::{self, Committed},
    process::{progress, run},
    requirements::Install,
    toolchain,
    workspace::{Workspace, cargo},
};

use exceptions::HERE;
pub(crate) use exceptions::{Exceptions, ON_WINE, document};

/// The suites, by the names of their tests.
pub(crate) const SUITES: [&str; 2] = ["conformance", "embedder"];

/// Builds the programs that they run, and runs the suites on this system.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let exceptions = Exceptions::read(&workspace.root)?;
    let toolchain = toolchain::find_or_install(Install::Allowed)?;
    guest::build(workspace, &toolchain, Committed::Refresh)?;
    each(|suite| {
        progress(&format!("running the suite {suite}"));
        let mut tests = Command::new(cargo());
        tests
            .args(["test", "--test", suite, "--"])
            .args(exceptions.skipped(suite, HERE))
            .env("WSP_TEST_PROGRAMS", workspace.programs())
            .current_dir(&workspace.root);
        run(tests)
    })
}

/// Runs every suite, also when one of them fails, which is an error in the end.
pub(crate) fn each(mut run: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let mut failed = Vec::new();
    for suite in SUITES {
        if let Err(error) = run(suite) {
            failed.push(format!("the suite {suite}: {error:#}"));
        }
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    Ok(())
}
