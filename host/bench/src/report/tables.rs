//! A run as tables: on a terminal, and in the document.

use std::fmt::Write;

use crate::measure::instructions::Instructions;
use crate::measure::run::Run;
use crate::measure::threads::Threads;
use crate::measure::traced::Traced;
use crate::plan::SIZES;
use crate::report::budgets::{Budget, size};
use crate::shape::{Path, Shape, Sink};
use crate::statistics::Spread;

/// Rows of cells, the first of which are the headings.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    fn new(headings: &[&str]) -> Table {
        Table(vec![headings.iter().copied().map(str::to_owned).collect()])
    }

    fn row(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }

    /// In columns, as Markdown, which reads well on a terminal too.
    pub(crate) fn show(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.0.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for (number, row) in self.0.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                // Writing to a string does not fail.
                let _ = write!(text, "| {cell:<width$} ");
            }
            text.push_str("|\n");
            if number == 0 {
                for width in &widths {
                    let _ = write!(text, "| {} ", "-".repeat(*width));
                }
                text.push_str("|\n");
            }
        }
        text
    }
}

pub(crate) fn traced(measured: &[Traced]) -> Table {
    let mut table = Table::new(&[
        "semantics",
        "sends",
        "off",
        "told",
        "ratio",
        "written",
        "ratio",
        "lost",
    ]);
    for Traced {
        semantics,
        shape,
        off,
        told,
        written,
        told_ratio,
        written_ratio,
        lost,
    } in measured
    {
        let time = |time: &Spread| format!("{:.0} ns", time.median);
        let ratio = |ratio: &Spread| {
            let Spread {
                median, low, high, ..
            } = ratio;
            format!("{median:.2} ({low:.2} to {high:.2})")
        };
        let outstanding = match shape.outstanding {
            0 => "blocking".to_owned(),
            outstanding => format!("{outstanding} overlapped"),
        };
        table.row(vec![
            (*semantics).to_owned(),
            format!("{:?}, {}, {outstanding}", shape.sink, size(shape.bytes)),
            time(off),
            time(told),
            ratio(told_ratio),
            time(written),
            ratio(written_ratio),
            format!("{:.0} %", lost * 100.0),
        ]);
    }
    table
}

pub(crate) fn budgets(budgets: &[Budget]) -> Table {
    let mut table = Table::new(&["budget", "measured", "must", "aim", "holds"]);
    for budget in budgets {
        let Budget {
            what, unit, holds, ..
        } = budget;
        let bound = |value| format!("{} {}", unit.sign(), unit.show(value));
        let verdict = match (holds, budget.reaches_aim) {
            (Some(true), true) => "yes, and the aim",
            (Some(true), false) => "yes",
            (Some(false), _) => "NO",
            (None, _) => "too close to tell",
        };
        table.row(vec![
            what.clone(),
            unit.show(budget.measured),
            bound(budget.must),
            bound(budget.aim),
            verdict.to_owned(),
        ]);
    }
    table
}

/// Times of every path for every size, and the ratio to native.
pub(crate) fn sizes(run: &Run, sink: Sink, no_delay: bool) -> Table {
    let paths = Path::ALL;
    let mut headings = vec!["bytes"];
    headings.extend(paths.map(Path::name));
    let mut table = Table::new(&headings);
    for bytes in SIZES {
        let shape = Shape {
            no_delay,
            ..Shape::blocking(sink, bytes)
        };
        let mut row = vec![size(bytes)];
        row.extend(paths.map(|path| time(run, path, &shape)));
        if row.iter().skip(1).any(|cell| cell != "–") {
            table.row(row);
        }
    }
    table
}

/// What is neither one part nor a blocking send.
pub(crate) fn shapes(run: &Run) -> Table {
    let headings = [
        "sink",
        "bytes",
        "parts",
        "outstanding",
        "path",
        "per send",
        "of native",
        "CPU s/GiB",
        "allocations",
    ];
    let mut table = Table::new(&headings);
    for measured in &run.sends {
        let shape = &measured.shape;
        if shape.parts == 1 && shape.outstanding == 0 && !shape.fresh {
            continue;
        }
        let outstanding = match shape.outstanding {
            0 if shape.fresh => "blocking, other buffers".to_owned(),
            0 => "blocking".to_owned(),
            outstanding => format!("{outstanding}, {}", shape.notify.name()),
        };
        let of_native = measured.of_native;
        table.row(vec![
            shape.sink.name().to_owned(),
            size(shape.bytes),
            shape.parts.to_string(),
            outstanding,
            measured.path.name().to_owned(),
            nanoseconds(measured.nanoseconds.median),
            of_native.map_or_else(|| "–".to_owned(), |ratio| format!("{:.2}", ratio.median)),
            format!("{:.2}", measured.cpu_seconds_per_gib),
            format!("{:.2}", measured.allocations),
        ]);
    }
    table
}

pub(crate) fn sockets(run: &Run) -> Table {
    let mut table = Table::new(&["open sockets", "per send"]);
    for sockets in &run.sockets {
        let time = nanoseconds(sockets.nanoseconds);
        table.row(vec![sockets.count.to_string(), time]);
    }
    table
}

pub(crate) fn instances(run: &Run) -> Table {
    let mut table = Table::new(&["instances", "to create, each", "resident, each"]);
    for instances in &run.instances {
        table.row(vec![
            instances.count.to_string(),
            nanoseconds(instances.nanoseconds.median),
            format!("{:.0} KiB", instances.bytes / 1024.0),
        ]);
    }
    table
}

/// What threads cost, if they were measured.
pub(crate) fn threads(threads: &Threads) -> Table {
    let mut table = Table::new(&["what", "costs"]);
    let mut row = |what: String, costs: String| table.row(vec![what, costs]);
    row(
        "a turn given to the other of two threads".to_owned(),
        nanoseconds(threads.switch.median),
    );
    for sends in &threads.sends {
        let (with, without) = (sends.with.median, sends.without.median);
        row(
            format!(
                "a send of 64 B of a program with threads, {}",
                sends.sink.name()
            ),
            format!(
                "{}, and {} of the same without ({:.2})",
                nanoseconds(with),
                nanoseconds(without),
                sends.of_without.median
            ),
        );
    }
    row(
        "memory of a thread, of which what is not used is never touched".to_owned(),
        format!("{:.0} KiB", threads.memory / 1024.0),
    );
    for echoes in &threads.echoes {
        row(
            format!(
                "an echo of 64 B over UDP, by each of {} threads in its turn",
                echoes.threads
            ),
            nanoseconds(echoes.nanoseconds.median),
        );
    }
    table
}

pub(crate) fn instructions(counted: &[Instructions]) -> Table {
    let mut table = Table::new(&["what", "instructions of a send"]);
    for Instructions { subject, of_a_send } in counted {
        table.row(vec![(*subject).to_owned(), format!("{of_a_send:.0}")]);
    }
    table
}

pub(crate) fn latencies(run: &Run) -> Table {
    let mut table = Table::new(&["bytes", "until", "path", "p50", "p99", "p99.9"]);
    for latency in &run.latencies {
        table.row(vec![
            size(latency.bytes),
            if latency.reply { "reply" } else { "indication" }.to_owned(),
            match latency.one_by_one {
                true => format!("{}, no bursts", latency.path.name()),
                false => latency.path.name().to_owned(),
            },
            nanoseconds(latency.p50),
            nanoseconds(latency.p99),
            nanoseconds(latency.p999),
        ]);
    }
    table
}

/// The median with half of what lies between the quarters, and the ratio.
fn time(run: &Run, path: Path, shape: &Shape) -> String {
    let Some(measured) = run.find(path, shape) else {
        return "–".to_owned();
    };
    let spread = measured.nanoseconds;
    let around = (spread.high - spread.low) / 2.0 / spread.median * 100.0;
    let time = format!("{} ± {around:.0} %", nanoseconds(spread.median));
    match measured.of_native {
        Some(ratio) if path != Path::Native => format!("{time} ({:.2})", ratio.median),
        _ => time,
    }
}

fn nanoseconds(value: f64) -> String {
    if value < 10_000.0 {
        format!("{value:.0} ns")
    } else {
        format!("{:.1} µs", value / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["a", "long"]);
        table.row(vec!["wide".to_owned(), "µ".to_owned()]);
        assert_eq!(
            table.show(),
            "| a    | long |\n| ---- | ---- |\n| wide | µ    |\n"
        );
    }
}
