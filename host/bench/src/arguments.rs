//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Parser};

use crate::measure::profile::Subject;

/// Measure sends on this machine: natively, through wasi:sockets and through the provider
#[derive(Parser)]
#[command(name = "wsp-bench", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Measure only what the budgets need, which takes less than two minutes
    #[arg(long)]
    pub(crate) quick: bool,

    /// Print everything that was measured as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw sizes against the ratio to native, one line for each path
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,

    /// Write docs/performance.md and its plot, below this root of the repository
    #[arg(long, value_name = "ROOT")]
    pub(crate) write_docs: Option<PathBuf>,

    /// Send in one shape only, for ten seconds and with names for perf; with OUTSTANDING, that
    /// many overlapped sends at once
    #[arg(long, value_name = "PATH:SINK:BYTES[:PARTS[:OUTSTANDING]]")]
    pub(crate) profile: Option<Subject>,

    /// Count the instructions of a send in software, with valgrind: no neighbour disturbs that;
    /// it takes some minutes
    #[arg(long, conflicts_with_all = ["quick", "plot", "write_docs", "profile"])]
    pub(crate) instructions: bool,

    /// Compare sends that are traced with sends that are not; it takes a minute
    #[arg(long, conflicts_with_all = ["plot", "write_docs", "profile", "instructions"])]
    pub(crate) traced: bool,

    /// With --profile: send so often, and nothing else
    #[arg(long, hide = true, requires = "profile")]
    pub(crate) count: Option<u32>,

    /// Measure the start of this command wsp, in place of the one beside this command
    #[arg(long, value_name = "PATH")]
    pub(crate) wsp: Option<PathBuf>,

    /// Compare the start of programs with this command wasmtime, in place of the one that the shell finds
    #[arg(long, value_name = "PATH")]
    pub(crate) wasmtime: Option<PathBuf>,

    /// Log more: -v for what happens, -vv for details (or set WSP_LOG, as in WSP_LOG=wsp=trace)
    #[arg(short, long, action = ArgAction::Count, display_order = 100)]
    pub(crate) verbose: u8,

    /// Measure so little that it says nothing about speed, for tests
    #[arg(long, hide = true)]
    pub(crate) tiny: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench --quick
  cargo xtask bench --json > run.json
  cargo xtask bench --plot ratios.svg
  cargo xtask bench --write-docs .
  cargo xtask bench --profile native:tcp:65536:256
  cargo xtask bench --instructions
  cargo xtask bench --traced --quick
  perf record target/release/wsp-bench --profile program:null:64";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
