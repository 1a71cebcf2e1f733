//! `wsp bench`.

mod allocations;
mod budgets;
mod cores;
mod document;
mod embedder;
mod guest;
mod instances;
mod latency;
mod machine;
mod mark;
mod native;
mod network;
mod outstanding;
mod place;
mod plan;
mod plot;
mod profile;
mod receivers;
mod rounds;
mod run;
mod shape;
mod sockets;
mod start;
mod statistics;
mod tables;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use place::Place;

use crate::output;
use plan::{Extent, Plan};
use profile::Subject;
use run::Run;
use shape::Sink;

/// Measure sends on this machine: natively, through wasi:sockets and through the provider
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Measure only what the budgets need, which takes less than two minutes
    #[arg(long)]
    quick: bool,

    /// Print everything that was measured as JSON
    #[arg(long)]
    json: bool,

    /// Draw sizes against the ratio to native, one line for each path
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,

    /// Write docs/performance.md and its plot, below this root of the repository
    #[arg(long, value_name = "ROOT")]
    write_docs: Option<PathBuf>,

    /// Send in one shape only, for ten seconds and with names for perf; see the examples
    #[arg(long, value_name = "PATH:SINK:BYTES[:PARTS]")]
    profile: Option<Subject>,

    /// Measure so little that it says nothing about speed, for tests
    #[arg(long, hide = true)]
    tiny: bool,
}

const EXAMPLES: &str = "\
Examples:
  wsp bench --quick
  wsp bench --json > run.json
  wsp bench --plot ratios.svg
  wsp bench --write-docs .
  perf record wsp bench --profile program:null:64
  wsp bench --profile native:tcp:65536:256";

/// How long a profiler watches.
const PROFILED: Duration = Duration::from_secs(10);

pub(crate) async fn execute(arguments: Arguments, place: Place) -> anyhow::Result<u8> {
    if cfg!(debug_assertions) {
        output::say(format_args!(
            "wsp: this command was built without optimizations, so its numbers say little: build it with --release"
        ));
    }
    if place.network.is_paced() {
        output::say(format_args!(
            "wsp: TCP paces here (BBR), which this user may not change for the run, so numbers of 64 KiB and more vary; write reno into /proc/sys/net/ipv4/tcp_congestion_control"
        ));
    }
    let extent = match (arguments.tiny, arguments.quick) {
        (true, _) => Extent::Tiny,
        (_, true) => Extent::Quick,
        _ => Extent::Full,
    };
    if let Some(subject) = arguments.profile {
        return profile::run(subject, &Plan::new(extent), &place, PROFILED)
            .await
            .map(|()| 0);
    }
    let run = Run::new(&Plan::new(extent), &place).await?;
    if let Some(file) = &arguments.plot {
        plot::write(&run, file)?;
    }
    if let Some(root) = &arguments.write_docs {
        document::write(&run, root)?;
    }
    if arguments.json {
        output::json_line(&run)?;
    } else {
        output::line(format_args!("{}", report(&run)))?;
    }
    Ok(0)
}

/// The tables, for a terminal.
fn report(run: &Run) -> String {
    format!(
        "Loopback TCP, one part, Nagle on (in brackets: native time over it)\n\n{}\n\
         Null sink: what the host would send is discarded\n\n{}\n\
         Budgets\n\n{}",
        tables::sizes(run, Sink::Tcp, false).show(),
        tables::sizes(run, Sink::Null, false).show(),
        tables::budgets(run).show(),
    )
}
