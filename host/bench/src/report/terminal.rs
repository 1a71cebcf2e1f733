//! A run for a terminal.

use super::{Report, tables};
use crate::shape::Sink;

/// The tables of sizes, and the budgets.
pub(crate) fn text(report: &Report) -> String {
    let Report { run, budgets } = report;
    format!(
        "Loopback TCP, one part, Nagle on (in brackets: native time over it)\n\n{}\n\
         Null sink: what the host would send is discarded\n\n{}\n\
         Budgets\n\n{}",
        tables::sizes(run, Sink::Tcp, false).show(),
        tables::sizes(run, Sink::Null, false).show(),
        tables::budgets(budgets).show(),
    )
}
