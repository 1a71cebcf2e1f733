//! The laboratory: measures sends natively, through wasi:sockets and through the
//! provider component, all in one run. `cargo xtask bench` builds and starts it.
//!
//! Exit status: 0 for success, 1 for a failure, 2 for a usage error. A budget that is
//! missed is no failure.

#![deny(unsafe_code)]

mod allocations;
mod arguments;
mod logging;
mod mark;
mod measure;
mod output;
mod paths;
mod place;
mod plan;
mod report;
mod shape;
mod statistics;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use arguments::Arguments;
use measure::run::Run;
use measure::{instructions, profile, start, traced};
use place::Place;
use place::receivers::Receivers;
use plan::{Extent, Plan};
use report::{Report, document, plot, tables, terminal};

/// How long a profiler watches.
const PROFILED: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match execute(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> anyhow::Result<()> {
    logging::start(arguments.verbose)?;
    // Before there are threads, which then are there too.
    let place = Place::enter()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // On a thread of the runtime, which learns of readiness without another's help.
    let benched = runtime.block_on(runtime.spawn(bench(arguments, place)));
    // A thread that still waits for a peer must not keep the command alive.
    runtime.shutdown_background();
    benched?
}

async fn bench(arguments: Arguments, place: Place) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        output::say(format_args!(
            "this command was built without optimizations, so its numbers say little: build it with --release"
        ));
    }
    if place.network.is_paced() {
        output::say(format_args!(
            "TCP paces here (BBR), which this user may not change for the run, so numbers of 64 KiB and more vary; write reno into /proc/sys/net/ipv4/tcp_congestion_control"
        ));
    }
    let plan = Plan::new(match (arguments.tiny, arguments.quick) {
        (true, _) => Extent::Tiny,
        (_, true) => Extent::Quick,
        _ => Extent::Full,
    });
    if arguments.instructions {
        let counted = instructions::measure()?;
        return match arguments.json {
            true => output::json_line(&counted),
            false => output::line(format_args!("{}", tables::instructions(&counted).show())),
        };
    }
    if arguments.traced {
        let measured = traced::measure(&Receivers::start(place.cores)?, &plan).await?;
        return match arguments.json {
            true => output::json_line(&measured),
            false => output::line(format_args!("{}", tables::traced(&measured).show())),
        };
    }
    if let Some(subject) = arguments.profile {
        return match arguments.count {
            Some(count) => profile::send(subject, &place, count).await,
            None => profile::run(subject, &plan, &place, PROFILED).await,
        };
    }
    let wsp = start::find(arguments.wsp)?;
    let wasmtime = arguments.wasmtime.or_else(start::find_wasmtime);
    let report = Report::of(Run::new(&plan, &place, &wsp, wasmtime.as_deref()).await?)?;
    if let Some(file) = &arguments.plot {
        plot::write(&report.run, file)?;
    }
    if let Some(root) = &arguments.write_docs {
        document::write(&report, root)?;
    }
    if arguments.json {
        output::json_line(&report)
    } else {
        output::line(format_args!("{}", terminal::text(&report)))
    }
}
