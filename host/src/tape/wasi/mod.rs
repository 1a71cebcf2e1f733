//! What a program learns beside the network: time, what it waited for, and standard input.

mod clocks;
mod input;
mod output;
mod poll;

pub(super) use clocks::link;
pub(super) use input::{RecordedInput, ReplayedInput};
pub(super) use output::{Digesting, Printed};

use wasmtime::Result;
use wasmtime::component::Linker;

use crate::run::State;

/// Writes down what a program waited for.
pub(super) fn link_recorded(linker: &mut Linker<State>) -> Result<()> {
    poll::link_recorded(linker)
}

/// Answers what it waited for; no time passes.
pub(super) fn link_replayed(linker: &mut Linker<State>) -> Result<()> {
    clocks::link_replayed(linker)?;
    poll::link_replayed(linker)
}
