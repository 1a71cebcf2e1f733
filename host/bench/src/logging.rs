//! Logs, on standard error.

use std::env::{self, VarError};
use std::io;

use anyhow::Context;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// The environment variable with the filter, in the syntax of `Targets`.
const VARIABLE: &str = "WSP_LOG";

/// Starts logging; `verbose` counts the `-v` flags, and WSP_LOG overrides them.
///
/// # Errors
///
/// When WSP_LOG is no filter.
pub(crate) fn start(verbose: u8) -> anyhow::Result<()> {
    let filter = match env::var(VARIABLE) {
        Ok(filter) => filter,
        Err(VarError::NotPresent) => default_filter(verbose).to_owned(),
        Err(error) => return Err(error).context(VARIABLE),
    };
    let filter = filter.parse::<Targets>().with_context(|| {
        format!("bad filter {filter:?} in {VARIABLE}; write it as in wsp_bench=debug")
    })?;
    let output = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .without_time();
    tracing_subscriber::registry()
        .with(filter)
        .with(output)
        .init();
    Ok(())
}

/// Warnings, unless more is asked for: what is logged is measured too.
fn default_filter(verbose: u8) -> &'static str {
    match verbose {
        0 => "warn",
        1 => "warn,wsp_bench=info,wsp=info",
        _ => "warn,wsp_bench=debug,wsp=debug",
    }
}
