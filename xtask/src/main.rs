//! The project's tasks: building guests, testing, and what continuous
//! integration runs.

#![forbid(unsafe_code)]

mod bench;
mod c;
mod conformance;
mod guest;
mod hosts;
mod languages;
mod licences;
mod packages;
mod pictures;
mod process;
mod python;
mod requirements;
mod site;
mod suite;
mod symbols;
mod toolchain;
mod windows;
mod wit;
mod workspace;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use wsp_c::clang::Clang;

use xtask::differential;

use crate::{requirements::Install, toolchain::Choice, workspace::Workspace};

/// Builds the guests and tests the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Builds the provider, the portable component and the programs for WebAssembly.
    ///
    /// Writes the committed components guest/provider/provider.wasm, guest/portable/portable.wasm,
    /// host/cli/demo.wasm and host/bench/bench-*.wasm, and those of tests/programs
    /// below the target directory; and, where clang and wasi-libc are installed, guest/c/winsock.o.
    Guest {
        /// Only say whether the committed components are current (exit status 1 if one is stale).
        #[arg(long)]
        check: bool,
        /// The Rust toolchain to build with.
        #[arg(long, value_enum, default_value_t)]
        toolchain: Choice,
    },
    /// Builds the C library only: writes guest/c/winsock.o.
    C,
    /// Runs every test.
    ///
    /// Installs what is missing, and says so before it does: the rustup target
    /// wasm32-unknown-unknown and, as root on Debian, packages.
    Test {
        /// Rebuild the committed components even if they are current.
        #[arg(long)]
        rebuild: bool,
        /// Run the suite so many times in a row.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
        /// Install nothing: name what is missing, and stop.
        #[arg(long)]
        no_install: bool,
    },
    /// Runs the conformance cases and prints their table.
    ///
    /// Each case is run natively, on the core over a simulated network, and through
    /// the real component, the host and loopback sockets; those about pointers
    /// through the C library. The exit status is 1 unless every case passes
    /// wherever it has to be run.
    Conformance {
        /// Print JSON: one object for each case.
        #[arg(long, conflicts_with_all = ["write", "check"])]
        json: bool,
        /// Write the table to docs/conformance.md.
        #[arg(long, conflicts_with = "check")]
        write: bool,
        /// Say whether docs/conformance.md is current.
        #[arg(long)]
        check: bool,
    },
    /// Checks the core against a model with random sequences of calls.
    ///
    /// Prints the seed, the number of sequences and the time they took. A
    /// sequence that fails is made small, and kept in
    /// tests/model/proptest-regressions, where every later run begins.
    Model {
        /// How many sequences.
        #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
        sequences: u32,
        /// Repeats the run that printed this seed.
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
    },
    /// Runs random scripts of calls into the host's interfaces, as a hostile guest makes them.
    ///
    /// After each one quotas, tasks, descriptors and memory must be back. Prints the
    /// seed and how the scripts ended.
    Hostile {
        /// How many scripts.
        #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
        sequences: u32,
        /// Repeats the run that printed this seed, as far as the kernel's timing repeats.
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
    },
    /// Measures sends on this machine: natively, through wasi:sockets and through the provider.
    ///
    /// Builds the laboratory, host/bench, and the command `wsp` as a release, and starts
    /// the former. The exit status is the laboratory's.
    #[command(after_help = BENCH_EXAMPLES)]
    Bench {
        /// What the laboratory is started with; `cargo xtask bench -- --help` prints what there is.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Builds the clients of examples/languages, runs them, and checks what arrives.
    ///
    /// Needs Python 3 with venv, node and npm; what builds components comes from PyPI and npm.
    Languages,
    /// Writes the WIT package as a component, as registries keep packages, and checks it.
    ///
    /// The copies of wit/ in the crates whose bindings are made of it are written too.
    /// It has every interface, also those of features that are not stable, and what
    /// wit/wkg.toml says of it.
    Wit {
        /// Where to; below the target directory otherwise.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Packs every published crate, builds each of what was packed, and runs the demonstration of the command.
    ///
    /// Builds wasmtime once more, since a user's build has no profiles of this workspace: some minutes.
    Packages {
        /// Install the command as a user does it too.
        #[arg(long)]
        install: bool,
    },
    /// Checks the crates that have features with every set of them.
    ///
    /// Installs cargo-hack from crates.io, if it is not there.
    Powerset {
        /// Only sets of at most so many features.
        #[arg(long, value_name = "N")]
        depth: Option<u32>,
    },
    /// Builds the documents as a site, below the target directory.
    ///
    /// Needs mdbook, from crates.io.
    Site {
        /// Where files outside of docs/ can be read, such as https://example.org/wsp/blob/main; without it they are named without a link.
        #[arg(long, value_name = "URL")]
        repository: Option<String>,
        /// With the documentation of the crates.
        #[arg(long)]
        api: bool,
    },
    /// Runs a portable C program on hosts that know nothing of wsp.
    ///
    /// These are wasmtime's crates, wasmtime for Python, and node with jco; the last two are
    /// installed below the target directory, from their registries. Needs python3 with venv,
    /// node and npm, and what `wsp cc` needs.
    Hosts,
    /// Builds the command for Windows, and tests it on Wine.
    ///
    /// It demonstrates, sends 100 MiB whose sha256 has to be the same, runs a program, and so on.
    /// Needs the Rust target x86_64-pc-windows-gnu, which rustup adds, and Debian's packages
    /// gcc-mingw-w64-x86-64-posix, wine64 and wine.
    Windows {
        /// Test the suites too; tests/windows/exceptions.toml says which tests cannot pass on Wine.
        #[arg(long)]
        suites: bool,
        /// Test nothing, but write the section of docs/platforms.md that lists them.
        #[arg(long, exclusive = true)]
        document: bool,
    },
    /// Draws the pages of `wsp trace` in Chromium, and checks what is on them.
    ///
    /// Needs Debian's package chromium, or the browser from elsewhere.
    Pictures {
        /// Write the picture of docs/trace.md too.
        #[arg(long)]
        write: bool,
    },
    /// Checks that what is built here comes from crates.io under a licence that deny.toml allows.
    Licences,
    /// Runs the C programs of tests/programs/c on Wine and on wsp, and compares what they print.
    ///
    /// A difference is a bug, or has its reason in tests/programs/c/explained.toml.
    /// The exit status is 1 where one has none, where a reason has no difference
    /// any more, and where a program cannot be built. Needs Debian's packages
    /// gcc-mingw-w64-x86-64-posix, wine64 and wine, and what `wsp cc` needs.
    Differential {
        /// Compare only the program of this name; may be repeated.
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
        /// Run this command `wsp` instead of building the workspace's.
        #[arg(long, value_name = "PATH")]
        wsp: Option<PathBuf>,
        /// How many programs run at a time; by default twice the number of processors.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        jobs: Option<u32>,
        /// Compare nothing, but write the section of docs/deviations.md that lists the reasons.
        #[arg(long, exclusive = true)]
        document: bool,
    },
    /// Runs what continuous integration runs: formatting, lints, licences, whether the committed components are current, every test, the comparison with Wine, and other hosts.
    Ci,
}

const BENCH_EXAMPLES: &str = "\
Examples:
  cargo xtask bench --quick
  cargo xtask bench --json > run.json
  cargo xtask bench --write-docs .
  cargo xtask bench -- --help";

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one task, and returns the exit status.
fn run(task: &Task) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let done = match *task {
        Task::Bench { ref arguments } => return bench::run(&workspace, arguments),
        Task::Differential { document: true, .. } => differential::write_document(&workspace.root),
        Task::Differential {
            ref only,
            json,
            ref wsp,
            jobs,
            ..
        } => suite::differential(&workspace, only, json, wsp.clone(), jobs),
        Task::Guest { check: true, .. } => guest::check(&workspace),
        Task::Guest { toolchain, .. } => {
            let toolchain = toolchain::find(toolchain)?;
            guest::build(&workspace, &toolchain, guest::Committed::Rebuild)?;
            match Clang::find() {
                Ok(clang) => c::build(&workspace, &clang, guest::Committed::Rebuild),
                Err(missing) => {
                    process::progress(&format!("the C library is left as it is: {missing}"));
                    Ok(())
                }
            }
        }
        Task::C => c::build(&workspace, &Clang::find()?, guest::Committed::Rebuild),
        Task::Test {
            rebuild,
            times,
            no_install,
        } => {
            let install = match no_install {
                true => Install::Never,
                false => Install::Allowed,
            };
            suite::test(&workspace, rebuild, times, install)
        }
        Task::Conformance { json, write, check } => {
            let output = match (json, write, check) {
                (true, ..) => conformance::Output::Json,
                (_, true, _) => conformance::Output::Write,
                (.., true) => conformance::Output::Check,
                _ => conformance::Output::Terminal,
            };
            conformance::conformance(&workspace, output)
        }
        Task::Model { sequences, seed } => suite::model(&workspace, sequences, seed),
        Task::Hostile { sequences, seed } => suite::hostile(&workspace, sequences, seed),
        Task::Languages => suite::languages(&workspace),
        Task::Wit { ref output } => {
            wit::copy(&workspace).and_then(|()| wit::write(&workspace, output.as_deref()))
        }
        Task::Packages { install } => packages::check(&workspace, install),
        Task::Powerset { depth } => packages::powerset(&workspace, depth),
        Task::Site {
            ref repository,
            api,
        } => site::build(&workspace, repository.as_deref(), api),
        Task::Hosts => suite::hosts(&workspace),
        Task::Windows { document: true, .. } => windows::document(&workspace.root),
        Task::Windows { suites, .. } => {
            let extent = match suites {
                true => windows::Extent::Suites,
                false => windows::Extent::Command,
            };
            windows::check(&workspace, extent)
        }
        Task::Pictures { write } => suite::pictures(&workspace, write),
        Task::Licences => licences::check(&workspace),
        Task::Ci => suite::ci(&workspace),
    };
    done.map(|()| ExitCode::SUCCESS)
}
