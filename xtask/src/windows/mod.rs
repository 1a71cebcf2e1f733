//! The command for Windows, on Wine.

mod command;
mod started;
mod suites;

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};
use xtask::wine::{COMPILER, Wine};

use crate::{
    process::{progress, run},
    requirements::{self, Install},
    toolchain,
    workspace::{Workspace, cargo},
};

/// What is built for.
const TARGET: &str = "x86_64-pc-windows-gnu";

/// No run of the command takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(120);

/// What runs on Wine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The command.
    Command,
    /// The command and the test suites.
    Suites,
}

/// Builds the command for Windows, and runs it on Wine, and the suites too if they are wanted.
pub(crate) fn check(workspace: &Workspace, extent: Extent) -> Result<()> {
    requirements::ensure(true, Install::Allowed)?;
    toolchain::ensure_library(TARGET)?;
    progress("building the command for Windows");
    let mut build = Command::new(cargo());
    build
        .args([
            "build",
            "--target",
            TARGET,
            "--bin=wsp",
            "--bin=plugin-host",
        ])
        .current_dir(&workspace.root);
    run(build)?;
    let built = workspace.built_for(TARGET);
    random_numbers(workspace, &built)?;
    let suites = match extent {
        Extent::Command => Vec::new(),
        Extent::Suites => suites::build(workspace)?,
    };

    let wine = Wine::start(&workspace.differential())?;
    progress("running the command on Wine");
    command::check(workspace, &wine, &built)?;
    if extent == Extent::Suites {
        suites::run(workspace, &wine, &suites)?;
    }
    progress("the command for Windows works");
    Ok(())
}

/// Puts a library beside the programs that Wine may not have.
fn random_numbers(workspace: &Workspace, built: &Path) -> Result<()> {
    let source = workspace.root.join("tests/windows/bcryptprimitives.c");
    let library = built.join("bcryptprimitives.dll");
    let mut compiler = Command::new(COMPILER);
    compiler
        .args(["-Wall", "-Wextra", "-Werror", "-shared", "-O1"])
        .arg(source)
        .arg("-o")
        .arg(&library)
        .arg("-ladvapi32");
    run(compiler)?;
    // Where the tests are.
    let deps = built.join("deps");
    fs::create_dir_all(&deps)?;
    fs::copy(&library, deps.join("bcryptprimitives.dll"))
        .context("cannot copy bcryptprimitives.dll")?;
    Ok(())
}
