//! Logs, on standard error.

use std::env::{self, VarError};
use std::io;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use crate::output::UsageError;

/// The environment variable with the filter, in the syntax of `Targets`.
const VARIABLE: &str = "WSP_LOG";

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Verbosity {
    /// Errors.
    Quiet,
    /// As many `-v` flags as were given.
    Verbose(u8),
}

/// Starts logging. WSP_LOG counts before the flags.
pub(crate) fn start(verbosity: Verbosity) -> anyhow::Result<()> {
    let filter = match env::var(VARIABLE) {
        Ok(filter) => filter,
        Err(VarError::NotPresent) => default_filter(verbosity).to_owned(),
        Err(error) => return Err(error).context(VARIABLE),
    };
    let filter = filter.parse::<Targets>().map_err(|error| {
        UsageError(format!(
            "bad filter {filter:?} in {VARIABLE}: {error}; write it as in wsp=debug"
        ))
    })?;
    let output = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        // It knows terminals, NO_COLOR, CLICOLOR and TERM=dumb.
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        .without_time()
        .with_target(verbosity > Verbosity::Verbose(0))
        // Calls are spans without events of their own, so each is logged when it ends.
        .with_span_events(FmtSpan::CLOSE);
    tracing_subscriber::registry()
        .with(filter)
        .with(output)
        .init();
    Ok(())
}

/// Warnings, which is what denials are, unless more is asked for.
fn default_filter(verbosity: Verbosity) -> &'static str {
    match verbosity {
        Verbosity::Quiet => "error",
        // What a program or its peer does wrong with HTTP is told to the program.
        Verbosity::Verbose(0) => "warn,wasmtime_wasi_http=error",
        // What the audit tells is for `--audit`.
        Verbosity::Verbose(1) => "warn,wsp=info,wsp::audit=error,wasmtime_wasi_http=error",
        Verbosity::Verbose(2) => "warn,wsp=debug,wsp::audit=error",
        Verbosity::Verbose(_) => "info,wsp=trace,wasmtime_wasi=debug",
    }
}
