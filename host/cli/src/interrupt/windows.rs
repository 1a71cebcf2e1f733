//! Ctrl-C, Ctrl-Break, and the end of the console or of the session.

use anyhow::Context;

use super::{Interrupt, Teller};

/// As shells of other systems have it.
const CTRL_C: Interrupt = Interrupt {
    name: "Ctrl-C",
    status: 130,
};

/// Has a thread wait for them, which are not told apart.
pub(super) fn watch(mut teller: Teller) -> anyhow::Result<()> {
    ctrlc::set_handler(move || teller.interrupted(CTRL_C)).context("cannot watch for Ctrl-C")
}

/// No signal says here that a file has become too long.
pub(crate) fn refuse_size_signal() -> anyhow::Result<()> {
    Ok(())
}
