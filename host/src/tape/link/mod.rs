//! The host's functions for programs that are recorded or replayed.

mod record;
mod replay;

use wasmtime::component::Linker;
use wasmtime::{Result, StoreContextMut, format_err};

use super::format::Call;
use super::{Recorder, Replayer, Taping, wasi};
use crate::imports;
use crate::imports::link::{Arguments, Name};
use crate::run::State;
use record::Recording;
use replay::Replaying;

/// Adds the host's functions as they are, and writes down what they answer. It takes the place
/// of what WASI's clocks are in the linker.
pub(crate) fn link_recorded(linker: &mut Linker<State>) -> Result<()> {
    let concurrent = linker.engine().get_concurrency_support();
    let mut link = Recording::new(linker);
    imports::link(&mut link, concurrent)?;
    wasi::link(&mut link, concurrent)?;
    wasi::link_recorded(linker)
}

/// Adds functions in their place that answer what was written down.
pub(crate) fn link_replayed(linker: &mut Linker<State>) -> Result<()> {
    let concurrent = linker.engine().get_concurrency_support();
    let mut link = Replaying::new(linker);
    imports::link(&mut link, concurrent)?;
    wasi::link(&mut link, concurrent)?;
    wasi::link_replayed(linker)
}

pub(super) fn recorder(state: &State) -> Result<Recorder> {
    match state.taping() {
        Some(Taping::Recording(recorder)) => Ok(recorder.clone()),
        _ => Err(format_err!(
            "the store of a recorded program has a recorder"
        )),
    }
}

pub(super) fn replayer(state: &State) -> Result<Replayer> {
    match state.taping() {
        Some(Taping::Replaying(replayer)) => Ok(replayer.clone()),
        _ => Err(format_err!(
            "the store of a replayed program has a replayer"
        )),
    }
}

/// A function's name, as it is written down and shown to people.
pub(super) fn told(name: Name) -> String {
    let Name { interface, item } = name;
    let interface = interface
        .split_once('/')
        .map_or(interface, |(_, name)| name);
    let interface = interface.split('@').next().unwrap_or_default();
    match item.split_once(']') {
        Some(("[constructor", of)) => format!("{interface}.{of}.new"),
        Some((_, of)) => format!("{interface}.{of}"),
        None => format!("{interface}.{item}"),
    }
}

/// A call, as it is written down.
fn call<P: Arguments>(
    function: &str,
    store: &mut StoreContextMut<'_, State>,
    arguments: &P,
) -> Result<Call> {
    let mut text = String::new();
    arguments.tell(store, &mut text)?;
    Ok(Call {
        function: function.to_owned(),
        arguments: text,
    })
}
