//! docs/performance.md, written from a run.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::Report;
use crate::report::budgets::size;
use crate::report::plot;
use crate::report::tables;
use crate::shape::Sink;

/// What no run can say: how it is measured, and where the time goes.
const METHOD: &str = include_str!("method.md");
const WHERE_TIME_GOES: &str = include_str!("where_time_goes.md");

/// Writes the document and its plot below the root of the repository.
pub(crate) fn write(report: &Report, root: &Path) -> anyhow::Result<()> {
    let document = root.join("docs/performance.md");
    plot::write(&report.run, &root.join("docs/performance.svg"))?;
    fs::write(&document, text(report))
        .with_context(|| format!("cannot write {}", document.display()))
}

fn text(report: &Report) -> String {
    let Report { run, budgets } = report;
    let machine = &run.machine;
    let build = if machine.optimized {
        "a release build"
    } else {
        "a build WITHOUT optimizations, whose numbers say little"
    };
    let with = |holds| {
        let such = budgets.iter().filter(move |budget| budget.holds == holds);
        such.map(|budget| format!("* {}\n", budget.what))
            .collect::<String>()
    };
    let mut missed = match with(Some(false)).as_str() {
        "" => "No budget was missed in this run.\n".to_owned(),
        missed => format!("These budgets did not hold in this run:\n\n{missed}"),
    };
    let close = with(None);
    if !close.is_empty() {
        missed += "\nThese are too close to their bound to tell: within 5 % of it, by which runs \
                   differ, or within the uncertainty of their median:\n\n";
        missed += &close;
    }
    format!(
        "# Performance\n\n\
         `cargo xtask bench --write-docs .` wrote this page from one run; do not edit it.\n\n\
         {METHOD}\n\
         ## Machine\n\n\
         {processor}, {cores} cores ({placed}), Linux {kernel}, {network}, whose TCP avoids \
         congestion as {congestion_control} does; wsp {version}, {build}. Load average at the \
         start: {load}. {rounds} rounds, {seconds:.0} s.\n\n\
         ## Budgets\n\n{budgets}\n{missed}\n\n\
         ## Loopback TCP, one part, Nagle on\n\n\
         ![Ratio to native by size](performance.svg)\n\n\
         Time per send, and in brackets the native time over it.\n\n{nagle}\n\
         ## Loopback TCP, one part, TCP_NODELAY\n\n{no_delay}\n\
         ## Loopback TCP, one part, Nagle on, to a reader that sleeps\n\n{sleeping}\n\
         ## Null sink, one part\n\n{null}\n\
         ## Loopback UDP, one part\n\n{udp}\n\
         ## Parts and overlapped sends\n\n{shapes}\n\
         ## From submission to indication\n\n{latencies}\n\
         ## Many at once\n\n\
         An overlapped send costs {few:.0} ns with {few_count} outstanding and {many:.0} ns with \
         {many_count}: its post and the taking of its completion, by an embedder.\n\n\
         A send into the null sink, from one open socket after the other, by an embedder:\n\n\
         {sockets}\n\
         A datagram of 64 bytes on each of {broadcast_sockets} sockets, round after round: {broadcast_native:.0} ns \
         natively, {broadcast_embedder:.0} ns by a native embedder.\n\n\
         Idle provider instances:\n\n{instances}\n\
         ## Threads of a program of C\n\n{threads}\n\
         ## Starts\n\n\
         `wsp send` of one byte takes {start:.1} ms from the start of the process to its \
         exit; `wsp run` of a program of {size} that was run before {second:.1} ms{wasmtime}.\n\n\
         {WHERE_TIME_GOES}",
        processor = machine.processor,
        cores = machine.cores,
        placed = if machine.apart {
            "one sends, one reads"
        } else {
            "which sending and reading share"
        },
        network = if machine.network.own {
            "in a network namespace of the run's own"
        } else {
            "in the machine's network"
        },
        congestion_control = machine.network.congestion_control,
        kernel = machine.kernel,
        version = machine.version,
        load = machine.load,
        rounds = run.rounds,
        seconds = run.seconds,
        budgets = tables::budgets(budgets).show(),
        nagle = tables::sizes(run, Sink::Tcp, false).show(),
        no_delay = tables::sizes(run, Sink::Tcp, true).show(),
        sleeping = tables::sizes(run, Sink::TcpSleeping, false).show(),
        null = tables::sizes(run, Sink::Null, false).show(),
        udp = tables::sizes(run, Sink::Udp, false).show(),
        shapes = tables::shapes(run).show(),
        latencies = tables::latencies(run).show(),
        few = run.outstanding.nanoseconds_with_few,
        few_count = run.outstanding.few,
        many = run.outstanding.nanoseconds_with_many,
        many_count = run.outstanding.many,
        sockets = tables::sockets(run).show(),
        broadcast_sockets = run.broadcast.sockets,
        broadcast_native = run.broadcast.native.median,
        broadcast_embedder = run.broadcast.embedder.median,
        instances = tables::instances(run).show(),
        threads = run.threads.as_ref().map_or_else(
            || "Not measured: C cannot be compiled here.\n".to_owned(),
            |threads| tables::threads(threads).show(),
        ),
        start = run.start.median / 1e6,
        size = size(run.second_start.bytes),
        second = run.second_start.wsp.median / 1e6,
        wasmtime = run.second_start.wasmtime.map_or(String::new(), |wasmtime| {
            let milliseconds = wasmtime.median / 1e6;
            format!(", and `wasmtime run` with its cache {milliseconds:.1} ms")
        }),
    )
}
