//! Logs, on standard error.

use std::env::{self, VarError};
use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use crate::output::UsageError;

/// The environment variable with the filter, in the syntax of `Targets`.
const VARIABLE: &str = "WSP_LOG";

/// Starts logging; `verbose` counts the `-v` flags, and WSP_LOG overrides them.
pub(crate) fn start(verbose: u8) -> anyhow::Result<()> {
    let filter = match env::var(VARIABLE) {
        Ok(filter) => filter,
        Err(VarError::NotPresent) => default_filter(verbose).to_owned(),
        Err(error) => return Err(error).context(VARIABLE),
    };
    let filter = filter.parse::<Targets>().map_err(|error| {
        UsageError(format!(
            "bad filter {filter:?} in {VARIABLE}: {error}; write it as in wsp=debug"
        ))
    })?;
    let output = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .without_time()
        .with_target(verbose > 0)
        // Calls are spans without events of their own, so each is logged when it ends.
        .with_span_events(FmtSpan::CLOSE);
    tracing_subscriber::registry()
        .with(filter)
        .with(output)
        .init();
    Ok(())
}

/// Warnings, which is what denials are, unless more is asked for.
fn default_filter(verbose: u8) -> &'static str {
    match verbose {
        // What a program or its peer does wrong with HTTP is told to the program.
        0 => "warn,wasmtime_wasi_http=error",
        // What the audit tells is for `--audit`.
        1 => "warn,wsp=info,wsp::audit=error,wasmtime_wasi_http=error",
        2 => "warn,wsp=debug,wsp::audit=error",
        _ => "info,wsp=trace,wasmtime_wasi=debug",
    }
}
