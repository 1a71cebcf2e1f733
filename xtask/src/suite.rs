//! Tests and lints.

use std::{num::NonZero, path::PathBuf, process::Command, thread};

use anyhow::{Context, Result};
use wsp_c::clang::Clang;
use xtask::differential::Options;

use crate::{
    c,
    guest::{self, Committed},
    hosts, languages, licences,
    process::{progress, run},
    toolchain::{self, TARGET, Toolchain},
    wit,
    workspace::{Workspace, cargo},
};

/// Builds the guests and runs every test, `times` times.
pub(crate) fn test(workspace: &Workspace, rebuild: bool, times: u32) -> Result<()> {
    let toolchain = toolchain::find_or_install()?;
    let clang = Clang::find().context("the C library cannot be built and tested")?;
    let committed = if rebuild {
        Committed::Rebuild
    } else {
        Committed::Refresh
    };
    guest::build(workspace, &toolchain, committed)?;
    c::build(workspace, &clang, committed)?;
    for time in 1..=times {
        progress(&format!("running the tests ({time} of {times})"));
        // The programs have no entry point that could be linked here.
        let mut tests = task(workspace, "test");
        tests
            .args(["--workspace", "--exclude=wsp-test-programs"])
            .env("WSP_TEST_PROGRAMS", workspace.programs());
        run(tests)?;
    }
    progress("every test passed");
    Ok(())
}

/// The model check alone, optimised.
pub(crate) fn model(workspace: &Workspace, sequences: u32, seed: Option<u64>) -> Result<()> {
    let mut check = task(workspace, "test");
    check
        .args(["--release", "--package=wsp-model", "--", "--nocapture"])
        .env("WSP_MODEL_SEQUENCES", sequences.to_string());
    if let Some(seed) = seed {
        check.env("WSP_MODEL_SEED", seed.to_string());
    }
    run(check)
}

/// The random guest alone, with the programs as they were built last.
pub(crate) fn hostile(workspace: &Workspace, sequences: u32, seed: Option<u64>) -> Result<()> {
    let mut check = task(workspace, "test");
    check
        .args(["--workspace", "--exclude=wsp-test-programs"])
        .args(["--test=hostile_random", "--", "--nocapture"])
        .env("WSP_TEST_PROGRAMS", workspace.programs())
        .env("WSP_HOSTILE_SEQUENCES", sequences.to_string());
    if let Some(seed) = seed {
        check.env("WSP_HOSTILE_SEED", seed.to_string());
    }
    run(check)
}

/// What continuous integration runs.
pub(crate) fn ci(workspace: &Workspace) -> Result<()> {
    progress("checking the formatting");
    let mut format = task(workspace, "fmt");
    format.args(["--all", "--check"]);
    run(format)?;

    guest::check(workspace)?;

    progress("running the lints");
    let mut lints = task(workspace, "clippy");
    lints.args(["--workspace", "--all-targets", "--", "-D", "warnings"]);
    run(lints)?;

    // The lints have fetched every package.
    progress("checking the licences");
    licences::check(workspace)?;
    wit::write(workspace, None)?;

    let toolchain = toolchain::find_or_install()?;
    // The component shell exists for WebAssembly only; Debian has no lints for it.
    if matches!(toolchain, Toolchain::Active) {
        let mut lints = task(workspace, "clippy");
        lints
            .args(["--package=wsp-provider", "--package=wsp-sdk"])
            .args(["--package=wsp-over-wasi", "--package=wsp-portable"])
            .args([
                "--features=wsp-sdk/async",
                "--target",
                TARGET,
                "--target-dir",
            ])
            .arg(workspace.guest_target())
            .args(["--", "-D", "warnings"]);
        run(lints)?;
    }

    // The command that people are told to test with, as they run it.
    let mut tests = task(workspace, "xtask");
    tests.args(["test", "--rebuild"]);
    run(tests)?;

    let mut conformance = task(workspace, "xtask");
    conformance.args(["conformance", "--check"]);
    run(conformance)?;

    progress("comparing the C programs with Wine");
    // The tests have built the command. Wine's timing is not ours: what differs
    // twice in a row is a difference.
    let compare = || differential(workspace, &[], false, Some(workspace.wsp()), None);
    compare().or_else(|error| {
        progress(&format!("comparing once more, because of {error:#}"));
        compare()
    })?;

    progress("running a portable program on other hosts");
    hosts(workspace)?;
    languages(workspace)
}

/// Runs the clients in other languages.
pub(crate) fn languages(workspace: &Workspace) -> Result<()> {
    commands(workspace)?;
    languages::check(workspace)
}

/// Runs a portable program on hosts that know nothing of wsp.
pub(crate) fn hosts(workspace: &Workspace) -> Result<()> {
    commands(workspace)?;
    hosts::check(workspace)
}

/// Builds the command, and the host of the tests that knows nothing of it.
fn commands(workspace: &Workspace) -> Result<()> {
    let mut build = task(workspace, "build");
    // The selection of the tests, which builds no dependency twice.
    build.args(["--workspace", "--exclude=wsp-test-programs"]);
    build.args(["--bin=wsp", "--bin=stock-host"]);
    run(build)
}

/// Compares the C programs with what they print on Wine.
pub(crate) fn differential(
    workspace: &Workspace,
    only: &[String],
    json: bool,
    wsp: Option<PathBuf>,
    jobs: Option<u32>,
) -> Result<()> {
    let wsp = match wsp {
        Some(wsp) => wsp,
        None => {
            let mut build = task(workspace, "build");
            // The selection of the tests, which builds no dependency twice.
            build.args(["--workspace", "--exclude=wsp-test-programs", "--bin=wsp"]);
            run(build)?;
            workspace.wsp()
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    xtask::differential::run(&Options {
        root: &workspace.root,
        directory: workspace.differential(),
        wsp,
        only,
        // Most of the time they wait for each other.
        jobs: jobs.map_or(2 * processors, |jobs| jobs as usize),
        json,
    })
}

/// A cargo command in the workspace.
fn task(workspace: &Workspace, name: &str) -> Command {
    let mut command = Command::new(cargo());
    command.arg(name).current_dir(&workspace.root);
    command
}
