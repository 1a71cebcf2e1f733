//! Ctrl-C.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Notify;

/// Told at each Ctrl-C.
///
/// This is not tokio's own signal handling, because that opens a pair of sockets
/// in every runtime of the process, and `wsp run` makes no network system call
/// that no rule allows.
pub(super) fn interrupts() -> anyhow::Result<Arc<Notify>> {
    let interrupts = Arc::new(Notify::new());
    let told = Arc::clone(&interrupts);
    ctrlc::set_handler(move || told.notify_one()).context("cannot watch for Ctrl-C")?;
    Ok(interrupts)
}
