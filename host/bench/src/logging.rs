//! Logs, on standard error.

use std::env::{self, VarError};
use std::io;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

/// The environment variable with the filter, in the syntax of `EnvFilter`.
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
    let filter = EnvFilter::try_new(&filter).with_context(|| {
        format!("bad filter {filter:?} in {VARIABLE}; write it as in wsp_bench=debug")
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .without_time()
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
