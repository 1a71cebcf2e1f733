//! Runs the plugins of a folder side by side. Each has its own policy and quota
//! in `NAME.toml`, its own store and its own provider instance; all share a
//! host-wide quota and an audit log. A policy that changes is in force a moment later.
//! Whatever one of them does, or its file has, the others go on, and the report at the end
//! names what each was refused.
//!
//! `plugin.rs` loads a plugin, `follow.rs` follows its policy file, `run.rs` runs it,
//! `turns.rs` gives it its turns, and `report.rs` prints what became of it.

#![forbid(unsafe_code)]

mod follow;
mod plugin;
mod report;
mod run;
mod turns;

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use tokio::net::TcpListener;
use wsp::quota::{HostLimits, HostQuota};
use wsp::{AuditLog, Exporter};

use follow::Followed;
use plugin::Loader;
use report::Outcome;
use run::Host;
use turns::Schedule;

/// Run the plugins of a folder side by side, each bounded by its own policy and quota.
#[derive(Parser)]
#[command(name = "plugin-host", version)]
struct Arguments {
    /// A folder with a component NAME.wasm and a file NAME.toml for each plugin
    folder: PathBuf,

    /// Print a line of JSON for each plugin instead of a table
    #[arg(long)]
    json: bool,

    /// Append a line of JSON to FILE for every decision, refusal and close
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,

    /// Serve metrics of all plugins together at http://ADDR:PORT/metrics; port 0 is a free one, which is printed
    #[arg(long, value_name = "ADDR:PORT")]
    metrics: Option<SocketAddr>,

    /// Arguments that every plugin gets
    #[arg(trailing_var_arg = true)]
    arguments: Vec<String>,
}

/// How long a plugin runs whose quota has no `timeout`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// The memory of a plugin whose quota has no `memory-bytes`: little enough that the
/// longest instruction, one that fills all of it, is a fraction of a second.
const DEFAULT_MEMORY: usize = 256 << 20;

fn main() -> ExitCode {
    wsp::isolate::run_if_child(wsp::run::configure);
    match execute(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = wsp::printable(&format!("{error:#}"));
            let _ = writeln!(std::io::stderr(), "plugin-host: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &Arguments) -> Result<()> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    // One more, for those that wait for the network while others compute.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(processors + 1).enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let done = runtime.block_on(run_all(arguments, processors));
    // What still waits for a file or a resolver keeps nobody.
    runtime.shutdown_background();
    done
}

/// Serves the metrics of the process as long as it runs.
async fn serve_metrics(address: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot serve metrics at {address}"))?;
    let address = listener.local_addr().context("cannot serve metrics")?;
    let said = format!("plugin-host: metrics at http://{address}/metrics\n");
    let _ = std::io::stderr().write_all(said.as_bytes());
    tokio::spawn(Exporter::install()?.serve(listener));
    Ok(())
}

async fn run_all(arguments: &Arguments, processors: usize) -> Result<()> {
    let audit = match &arguments.audit {
        Some(file) => Some(
            AuditLog::append_to(file)
                .with_context(|| format!("cannot write the audit log {}", file.display()))?,
        ),
        None => None,
    };
    if let Some(address) = arguments.metrics {
        serve_metrics(address).await?;
    }
    let files = plugin::components(&arguments.folder)?;
    if files.is_empty() {
        bail!(
            "{} has no plugin: put a NAME.wasm and a NAME.toml there",
            arguments.folder.display()
        );
    }
    let host = Host::new(
        // Before any policy is read, so that no change is missed.
        Loader::new(Followed::watch(&arguments.folder), processors)?,
        HostQuota::new(HostLimits::default()),
        audit,
        Schedule::new(processors),
    );
    // One task each; the epochs end their turns.
    let running: Vec<_> = files
        .into_iter()
        .map(|file| {
            let name = plugin::name(&file);
            let plugin = host.clone().load_and_run(file, arguments.arguments.clone());
            (name, tokio::spawn(plugin))
        })
        .collect();
    let mut reports = Vec::new();
    for (name, plugin) in running {
        let ended = plugin.await;
        reports.push(ended.unwrap_or_else(|error| Outcome::not_started(name, error.to_string())));
    }
    let text = if arguments.json {
        report::json_lines(&reports)?
    } else {
        report::table(&reports)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}
