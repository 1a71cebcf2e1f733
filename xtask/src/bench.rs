//! The laboratory: building it, and starting it.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    process::run as run_to_its_end,
    workspace::{Workspace, cargo},
};

/// Builds the laboratory, and the command whose start it measures, and runs it in the
/// directory of the caller. Returns its exit status.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    // One after the other: cargo gives packages that it builds together each other's
    // features, and what is measured is the command as people install it.
    for package in ["wsp-cli", "wsp-bench"] {
        let mut build = Command::new(cargo());
        build
            .current_dir(&workspace.root)
            .args(["build", "--release", "--package", package]);
        run_to_its_end(build)?;
    }
    let laboratory = workspace.laboratory();
    let status = Command::new(&laboratory).args(arguments).status();
    let status = status.with_context(|| format!("cannot start {}", laboratory.display()))?;
    // Without a status of its own it was ended by a signal.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
