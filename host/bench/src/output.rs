//! What the command prints: numbers on standard output, words on standard error.

use std::fmt::Arguments;
use std::io::{self, Write};

use anyhow::{Context, anyhow};
use serde::Serialize;

/// Prints one value as a line of JSON on standard output.
///
/// # Errors
///
/// When standard output takes no more.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    line(format_args!("{}", serde_json::to_string(value)?))
}

/// Prints one line, or several, on standard output.
///
/// # Errors
///
/// When standard output takes no more.
pub(crate) fn line(text: Arguments<'_>) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    written.context("cannot write to standard output")
}

/// Prints one line on standard error. When even that is closed there is nobody left
/// to tell.
pub(crate) fn say(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "wsp-bench: {text}");
}

/// An engine's error with its causes on one line.
pub(crate) fn flat(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
