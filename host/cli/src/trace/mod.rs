//! `wsp trace`, and what writes the files that it reads.

mod flags;
mod page;
mod summary;
mod words;

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context;
use wsp::trace::History;

use crate::output;

pub(crate) use flags::{TraceFlags, Tracing};
use summary::Summary;

/// Show what --trace of `wsp run` and `wsp send` wrote: a summary, or a page with pictures
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file that --trace wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Write one page of HTML that needs no network, with every operation, throughput, latencies and denials
    #[arg(short, long, value_name = "REPORT.html")]
    output: Option<PathBuf>,

    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wsp run --trace trace.json --allow-outbound=tcp://127.0.0.1:9000 program.wasm 127.0.0.1:9000
  wsp trace trace.json
  wsp trace trace.json -o report.html
  wsp trace trace.json --json

Without -o and --json it prints the summary for people. In the page, + and - zoom, the
arrows move, 0 shows everything again, and a drag selects a time. Perfetto
(https://ui.perfetto.dev) and chrome://tracing open the trace itself. A trace
that ends in the middle, because its command was ended, is shown up to there.";

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<u8> {
    let name = arguments.file.display();
    let cannot = || format!("cannot read the trace {name}");
    let file = File::open(&arguments.file).with_context(cannot)?;
    let history = History::read(BufReader::new(file)).with_context(cannot)?;
    let summary = Summary::of(&history)?;
    if arguments.json {
        output::json_line(&summary)?;
    }
    if let Some(report) = &arguments.output {
        let title = name.to_string();
        page::write(report, &title, &history, &summary)
            .with_context(|| format!("cannot write the page {}", report.display()))?;
        output::tell(format_args!("wsp: the page is {}", report.display()));
    } else if !arguments.json {
        output::line(format_args!("{summary}"))?;
    }
    Ok(0)
}
