//! The budgets, and whether they hold.

use anyhow::Context;
use serde::Serialize;

use crate::measure::broadcast;
use crate::measure::rounds::Measured;
use crate::measure::run::Run;
use crate::plan::{BURSTS, GATHERED, OUTSTANDING, OVERLAPPED, SIZES};
use crate::shape::{Indication, Path, Shape, Sink};
use crate::statistics::{Spread, ratio};

/// One budget: what must hold, what is aimed at, and what was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Budget {
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) must: f64,
    pub(crate) aim: f64,
    pub(crate) unit: Unit,
    /// None where the measurement is too close to the bound to tell.
    pub(crate) holds: Option<bool>,
    pub(crate) reaches_aim: bool,
}

/// Runs differ by as much as this fraction without a reason.
const BETWEEN_RUNS: f64 = 0.05;

/// What a number is, and which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unit {
    /// Times as fast: more is better.
    TimesAsFast,
    /// Times as long: less is better.
    TimesAsLong,
    Nanoseconds,
    Microseconds,
    Milliseconds,
    KibiBytes,
    Allocations,
}

impl Unit {
    fn meets(self, measured: f64, bound: f64) -> bool {
        match self {
            Unit::TimesAsFast => measured >= bound,
            _ => measured <= bound,
        }
    }

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Unit::TimesAsFast => "≥",
            _ => "≤",
        }
    }

    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Unit::TimesAsFast | Unit::TimesAsLong => format!("{value:.2} ×"),
            Unit::Nanoseconds => format!("{value:.0} ns"),
            Unit::Microseconds => format!("{value:.2} µs"),
            Unit::Milliseconds => format!("{value:.1} ms"),
            Unit::KibiBytes => format!("{value:.0} KiB"),
            Unit::Allocations => format!("{value:.2}"),
        }
    }
}

fn budget(what: impl Into<String>, unit: Unit, measured: Spread, must: f64, aim: f64) -> Budget {
    let median = measured.median;
    let [from, to] = measured.certain;
    let apart = (median - must).abs() >= BETWEEN_RUNS * must.abs();
    // Counts are exact, and a bound of 0 has nothing around it.
    let certain = unit == Unit::Allocations || (apart && (from > must || to < must));
    Budget {
        what: what.into(),
        measured: median,
        must,
        aim,
        unit,
        holds: certain.then(|| unit.meets(median, must)),
        reaches_aim: unit.meets(median, aim),
    }
}

/// Every budget, in the order of the table.
pub(crate) fn of(run: &Run) -> anyhow::Result<Vec<Budget>> {
    let mut all = null_sink(run)?;
    all.extend(against_wasi(run)?);
    all.extend(against_native(run)?);
    all.extend(indications(run)?);
    all.extend(allocations(run)?);
    let instances = run.instances.last().context("no instances")?;
    all.push(budget(
        "idle provider instance, resident",
        Unit::KibiBytes,
        Spread::exactly(instances.bytes / 1024.0),
        200.0,
        100.0,
    ));
    all.push(budget(
        "idle provider instance, to create",
        Unit::Microseconds,
        instances.nanoseconds.scaled(1e-3),
        60.0,
        30.0,
    ));
    all.push(budget(
        "`wsp send` of 1 byte, start to exit, warm",
        Unit::Milliseconds,
        run.start.scaled(1e-6),
        25.0,
        10.0,
    ));
    if let Some(ratio) = run.second_start.of_wasmtime {
        all.push(budget(
            "second start of a program of 1 MiB, against `wasmtime run`",
            Unit::TimesAsLong,
            ratio,
            1.2,
            0.8,
        ));
    }
    for sends in run.threads.iter().flat_map(|threads| &threads.sends) {
        all.push(budget(
            format!(
                "{}, a program with threads against the same without, 64 B",
                sends.sink.name()
            ),
            Unit::TimesAsLong,
            sends.of_without,
            1.3,
            1.1,
        ));
    }
    Ok(all)
}

fn measured<'a>(run: &'a Run, path: Path, shape: &Shape) -> anyhow::Result<&'a Measured> {
    run.find(path, shape)
        .with_context(|| format!("{} with {shape:?} was not measured", path.name()))
}

fn null_sink(run: &Run) -> anyhow::Result<Vec<Budget>> {
    let time = |bytes| {
        let shape = Shape::blocking(Sink::Null, bytes);
        Ok::<Spread, anyhow::Error>(measured(run, Path::Program, &shape)?.nanoseconds)
    };
    let small = time(64)?.median;
    let row = |bytes, must, aim| {
        let what = format!("null sink, program, {}", size(bytes));
        Ok::<_, anyhow::Error>(budget(what, Unit::Nanoseconds, time(bytes)?, must, aim))
    };
    Ok(vec![
        row(64, 600.0, 400.0)?,
        row(64 << 10, 1400.0, small * 1.1)?,
        row(1 << 20, 3000.0, small * 1.1)?,
    ])
}

fn against_wasi(run: &Run) -> anyhow::Result<Vec<Budget>> {
    let mut all = Vec::new();
    for other in [Path::Wasi03, Path::Wasi02] {
        for bytes in SIZES {
            let shape = Shape::blocking(Sink::Tcp, bytes);
            let ours = measured(run, Path::Program, &shape)?;
            let theirs = measured(run, other, &shape)?;
            let ratio = ratio(&theirs.rounds, &ours.rounds).context("no rounds")?;
            let what = format!("TCP, program against {}, {}", other.name(), size(bytes));
            all.push(budget(what, Unit::TimesAsFast, ratio, 1.0, 1.2));
        }
    }
    for bytes in SIZES.into_iter().filter(|bytes| *bytes != 1 << 10) {
        let shape = Shape::blocking(Sink::Tcp, bytes);
        let ours = measured(run, Path::Portable, &shape)?;
        let theirs = measured(run, Path::Wasi02, &shape)?;
        let ratio = ratio(&theirs.rounds, &ours.rounds).context("no rounds")?;
        let what = format!("TCP, portable against wasi 0.2, {}", size(bytes));
        let (must, aim) = match bytes {
            64 => (0.5, 0.67),
            _ => (0.77, 0.91),
        };
        all.push(budget(what, Unit::TimesAsFast, ratio, must, aim));
    }
    Ok(all)
}

/// What native time over this path's is.
fn of_native(run: &Run, path: Path, shape: &Shape) -> anyhow::Result<Spread> {
    let ratio = measured(run, path, shape)?.of_native;
    ratio.context("native was not measured")
}

/// The worst of sizes and of Nagle on and off.
fn worst(run: &Run, path: Path, sizes: impl Iterator<Item = usize>) -> anyhow::Result<Spread> {
    let mut worst: Option<Spread> = None;
    for bytes in sizes {
        let shape = Shape::blocking(Sink::Tcp, bytes);
        for shape in [shape, shape.no_delay()] {
            let ratio = of_native(run, path, &shape)?;
            if worst.is_none_or(|worst| ratio.median < worst.median) {
                worst = Some(ratio);
            }
        }
    }
    worst.context("no sizes")
}

fn against_native(run: &Run) -> anyhow::Result<Vec<Budget>> {
    let large = || SIZES.into_iter().filter(|bytes| *bytes >= 16 << 10);
    let fast = Unit::TimesAsFast;
    let program = Path::Program;
    let mut all = vec![
        budget(
            "TCP, program against native, worst of 16 KiB and more",
            fast,
            worst(run, program, large())?,
            0.92,
            0.98,
        ),
        budget(
            "TCP, program against native, 4 KiB",
            fast,
            worst(run, program, [4 << 10].into_iter())?,
            0.80,
            0.90,
        ),
        budget(
            "TCP, program against native, 64 B",
            fast,
            worst(run, program, [64].into_iter())?,
            0.60,
            0.75,
        ),
    ];
    for (sink, bytes, must, aim) in BURSTS {
        let shape = Shape::blocking(sink, bytes).overlapped(OUTSTANDING, Indication::Event);
        let (sink, size) = (sink.name().to_uppercase(), size(bytes));
        let what = format!("{sink}, {OUTSTANDING} outstanding against a native loop, {size}");
        all.push(budget(
            what,
            fast,
            of_native(run, program, &shape)?,
            must,
            aim,
        ));
    }
    for parts in [64, 256] {
        let shape = Shape::blocking(Sink::Tcp, GATHERED).in_parts(parts);
        let what = format!("TCP, {parts} parts against native, {}", size(GATHERED));
        let ratio = of_native(run, program, &shape)?;
        all.push(budget(what, fast, ratio, 0.90, 1.0));
    }
    all.push(budget(
        "TCP, embedder against native, worst of 16 KiB and more",
        fast,
        worst(run, Path::Embedder, large())?,
        0.95,
        1.0,
    ));
    for (what, sizes, must, aim) in [
        ("64 B", vec![64], 0.85, 0.95),
        ("worst of 16 KiB and more", large().collect(), 0.97, 1.0),
    ] {
        all.push(budget(
            format!("TCP, native embedder against native, {what}"),
            fast,
            worst(run, Path::EmbedderNative, sizes.into_iter())?,
            must,
            aim,
        ));
    }
    let broadcast = &run.broadcast;
    let bytes = size(broadcast::BYTES);
    all.push(budget(
        format!(
            "UDP, {bytes} on each of {} sockets against a native loop",
            broadcast.sockets
        ),
        fast,
        broadcast.of_native,
        1.0,
        1.5,
    ));
    Ok(all)
}

fn indications(run: &Run) -> anyhow::Result<Vec<Budget>> {
    let mut all = Vec::new();
    let turns = |path, bytes, one_by_one| {
        let mut latencies = run.latencies.iter();
        let found = latencies.find(|latency| {
            (latency.path, latency.bytes, latency.one_by_one) == (path, bytes, one_by_one)
                && !latency.reply
        });
        found.map(|latency| &latency.turns).context("no latencies")
    };
    let bursts = turns(Path::Program, 64, false)?.iter();
    let bursts = bursts.zip(turns(Path::Program, 64, true)?);
    let added = Spread::of(bursts.map(|(with, without)| (with - without) / 1e3));
    all.push(budget(
        "added by bursts to a single overlapped send (64 B)",
        Unit::Microseconds,
        added.context("no turns")?,
        0.1,
        0.0,
    ));
    for (bytes, how) in [(64, "at once"), (256 << 10, "after waiting")] {
        let native = turns(Path::Native, bytes, false)?;
        let both = turns(Path::Program, bytes, false)?.iter().zip(native);
        let more = Spread::of(both.map(|(program, native)| (program - native) / 1e3));
        let more = more.context("no turns")?;
        let what = format!(
            "submit → indication beyond native poll, {how} ({})",
            size(bytes)
        );
        all.push(budget(what, Unit::Microseconds, more, 3.0, 1.5));
    }
    let one = Shape::blocking(Sink::Tcp, OVERLAPPED);
    let many = one.overlapped(OUTSTANDING, Indication::Event);
    let one = measured(run, Path::Program, &one)?;
    let many = measured(run, Path::Program, &many)?;
    let gain = ratio(&one.rounds, &many.rounds).context("no rounds")?;
    let what = format!(
        "{OUTSTANDING} outstanding against one blocking, {}",
        size(OVERLAPPED)
    );
    all.push(budget(what, Unit::TimesAsFast, gain, 1.0, 1.1));
    let outstanding = &run.outstanding;
    all.push(budget(
        format!(
            "cost per operation, {} outstanding against {}",
            outstanding.many, outstanding.few
        ),
        Unit::TimesAsLong,
        outstanding.ratio,
        1.2,
        1.0,
    ));
    Ok(all)
}

fn allocations(run: &Run) -> anyhow::Result<[Budget; 2]> {
    let shape = Shape::blocking(Sink::Null, 4 << 10).in_parts(16);
    let program = measured(run, Path::Program, &shape)?;
    let guest = program.guest_allocations;
    let guest = guest.context("the program counted no allocations")?;
    let row = |who, used: f64, must| {
        let what = format!("allocations of the {who} per immediate send, 16 parts");
        // What happens once in hundreds of sends is none of a send's.
        let used = (used * 100.0).round() / 100.0;
        budget(what, Unit::Allocations, Spread::exactly(used), must, 0.0)
    };
    Ok([
        row("host", program.allocations, 1.0),
        row("guest", guest, 0.0),
    ])
}

/// A number of bytes as people write it.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(unit: Unit, measured: f64, must: f64) -> Option<bool> {
        budget("", unit, Spread::exactly(measured), must, must).holds
    }

    #[test]
    fn more_is_better_only_for_how_many_times_as_fast() {
        assert_eq!(holds(Unit::TimesAsFast, 1.1, 1.0), Some(true));
        assert_eq!(holds(Unit::TimesAsFast, 0.9, 1.0), Some(false));
        assert_eq!(holds(Unit::Nanoseconds, 500.0, 600.0), Some(true));
        assert_eq!(holds(Unit::Nanoseconds, 700.0, 600.0), Some(false));
        assert!(!budget("", Unit::Nanoseconds, Spread::exactly(500.0), 600.0, 400.0).reaches_aim);
    }

    #[test]
    fn what_is_close_to_its_bound_is_not_decided_unless_it_is_counted() {
        assert_eq!(holds(Unit::TimesAsFast, 1.01, 1.0), None);
        assert_eq!(holds(Unit::TimesAsFast, 0.99, 1.0), None);
        assert_eq!(holds(Unit::Allocations, 1.0, 1.0), Some(true));
        assert_eq!(holds(Unit::Allocations, 1.01, 1.0), Some(false));
        let wide = Spread {
            certain: [0.9, 1.4],
            ..Spread::exactly(1.2)
        };
        assert_eq!(budget("", Unit::TimesAsFast, wide, 1.0, 1.0).holds, None);
    }

    #[test]
    fn sizes_are_written_in_their_largest_unit() {
        assert_eq!([64, 4096, 1 << 20].map(size), ["64 B", "4 KiB", "1 MiB"]);
    }
}
