//! What the command prints: JSON lines on standard output, words on standard error.

use std::error::Error;
use std::fmt::{self, Arguments};
use std::io::{self, Write};

use anyhow::Context;
use serde::Serialize;

/// Prints one value as a line of JSON on standard output.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    write(&line)
}

/// Prints one line on standard output.
pub(crate) fn line(text: Arguments<'_>) -> anyhow::Result<()> {
    write(format!("{text}\n").as_bytes())
}

/// Writes bytes to standard output, now.
pub(crate) fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.context("cannot write to standard output")
}

/// Prints one line on standard error. When even that is closed there is nobody left to tell.
pub(crate) fn say(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// `bytes` as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A mistake in the command line that clap cannot see; the exit status is 2.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}
