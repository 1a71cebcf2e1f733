//! Tests and lints.

use std::{num::NonZero, path::PathBuf, process::Command, thread};

use anyhow::{Context, Result};
use wsp_c::clang::Clang;
use xtask::differential::Options;

use crate::{
    c,
    guest::{self, Committed},
    hosts, languages, licences, packages, pictures,
    process::{progress, run},
    requirements::{self, Install},
    site,
    toolchain::{self, TARGET, Toolchain, WASIP2},
    windows, wit,
    workspace::{Workspace, cargo},
};

/// The features of the packages of guests that have all of their code.
const GUESTS: &str = "wsp-provider/component,wsp-portable/component,wsp-sdk/futures-io";

/// Sets of so many features are checked every time; all of them take half an hour.
const ALONE: u32 = 1;

/// Builds the guests and runs every test, `times` times.
pub(crate) fn test(
    workspace: &Workspace,
    rebuild: bool,
    times: u32,
    install: Install,
) -> Result<()> {
    requirements::ensure(false, install)?;
    let toolchain = toolchain::find_or_install(install)?;
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
        let mut tests = task(workspace, "test");
        tests.env("WSP_TEST_PROGRAMS", workspace.programs());
        run(tests)?;
        // With what built the guests, which nothing else here is built of.
        let mut guests = task(workspace, "test");
        guests
            .args(["--package=wsp-sdk", "--features=futures-io"])
            .args(["--profile=guest", "--target-dir"])
            .arg(workspace.guest_target());
        run(guests)?;
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
    requirements::ensure(true, Install::Allowed)?;
    progress("checking the formatting");
    let mut format = task(workspace, "fmt");
    format.args(["--all", "--check"]);
    run(format)?;

    wit::check_copies(workspace)?;
    site::check(workspace)?;
    guest::check(workspace)?;

    progress("running the lints");
    let mut lints = task(workspace, "clippy");
    lints.args(["--all-targets", "--", "-D", "warnings"]);
    run(lints)?;
    let toolchain = toolchain::find_or_install(Install::Allowed)?;
    let mut lints = task(workspace, "clippy");
    lints
        .args(["--package=wsp-provider", "--package=wsp-portable"])
        .args(["--package=wsp-sdk", "--package=wsp-over-wasi"])
        .args(["--package=wsp-test-programs", "--target-dir"])
        .arg(workspace.guest_target())
        .args(["--features", GUESTS]);
    // Debian has no lints for WebAssembly, so there the guests are read as if for this machine.
    match toolchain {
        Toolchain::Active => lints.args(["--target", TARGET]),
        Toolchain::Debian { .. } => lints.arg("--all-targets"),
    };
    lints.args(["--", "-D", "warnings"]);
    run(lints)?;

    if toolchain::ensure_library(WASIP2).is_ok() {
        progress("building the library for programs in Rust for WASI 0.2");
        let mut library = task(workspace, "build");
        library
            .args([
                "--package=wsp-sdk",
                "--features=futures-io",
                "--target",
                WASIP2,
            ])
            .arg("--target-dir")
            .arg(workspace.guest_target());
        run(library)?;
    } else {
        progress("no standard library of WASI 0.2 is here: the library is not built for it");
    }

    // The lints have fetched every package.
    progress("checking the licences");
    licences::check(workspace)?;
    wit::write(workspace, None)?;

    packages::powerset(workspace, Some(ALONE))?;
    packages::check(workspace, false)?;

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

    windows::check(workspace, windows::Extent::Command)?;

    pictures(workspace, false)?;

    progress("running a portable program on other hosts");
    hosts(workspace)?;
    languages(workspace)
}

/// Draws the pages of traces.
pub(crate) fn pictures(workspace: &Workspace, write: bool) -> Result<()> {
    commands(workspace)?;
    pictures::check(workspace, write)
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
            build.arg("--bin=wsp");
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

/// A cargo command in the workspace. It builds the default members unless it is told of others:
/// one selection has one set of features, with which nothing is built twice.
fn task(workspace: &Workspace, name: &str) -> Command {
    let mut command = Command::new(cargo());
    command.arg(name).current_dir(&workspace.root);
    command
}
