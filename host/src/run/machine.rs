//! The engines that programs run in.

use std::sync::OnceLock;

use wasmtime::component::Linker;
use wasmtime::{Config, Engine, Inlining};
use wasmtime_wasi::{p2, p3};
use wasmtime_wasi_http as http;
use wsp_guard::wasi as guarded;

use super::store::State;
use super::{RunError, tick_epochs};
use crate::isolate::EngineNeeds;
use crate::tape::{Taping, link_recorded, link_replayed};

/// The configuration that programs are compiled for, and run in. A `main` that begins with
/// [`run_if_child`](crate::isolate::run_if_child) of it has programs compiled for a [`Runner`].
#[must_use]
pub fn configure(needs: EngineNeeds) -> Config {
    let mut config = Config::new();
    // An engine without concurrency is faster, and serves all but asynchronous components.
    config.concurrency_support(needs.concurrency);
    // The program and the provider call each other through small adapters.
    config.compiler_inlining(Inlining::InterModule);
    // Checks for the end of an epoch cost a little.
    config.epoch_interruption(needs.epochs);
    config.consume_fuel(needs.fuel);
    config
}

/// An engine, and what programs may import there.
pub(super) struct Machine {
    pub(super) engine: Engine,
    linker: Linker<State>,
    recorded: OnceLock<Linker<State>>,
    replayed: OnceLock<Linker<State>>,
}

impl Machine {
    /// What programs that need such an engine may import in this one.
    pub(super) fn new(engine: Engine, needs: EngineNeeds) -> Result<Machine, RunError> {
        if needs.epochs {
            tick_epochs(&engine).map_err(RunError::Clock)?;
        }
        let mut linker = wasi(&engine)?;
        crate::add_to_linker(&mut linker)?;
        Ok(Machine {
            engine,
            linker,
            recorded: OnceLock::new(),
            replayed: OnceLock::new(),
        })
    }

    /// What a program may import that is recorded, or replayed, or neither.
    pub(super) fn linker(&self, taping: Option<&Taping>) -> wasmtime::Result<&Linker<State>> {
        match taping {
            None => Ok(&self.linker),
            Some(Taping::Recording(_)) => once(&self.recorded, &self.engine, link_recorded),
            Some(Taping::Replaying(_)) => once(&self.replayed, &self.engine, link_replayed),
        }
    }
}

fn once<'l>(
    linker: &'l OnceLock<Linker<State>>,
    engine: &Engine,
    link: fn(&mut Linker<State>) -> wasmtime::Result<()>,
) -> wasmtime::Result<&'l Linker<State>> {
    if let Some(linker) = linker.get() {
        return Ok(linker);
    }
    let mut made = wasi(engine)?;
    link(&mut made)?;
    Ok(linker.get_or_init(|| made))
}

/// What programs may import of WASI.
fn wasi(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    p2::add_to_linker_async(&mut linker)?;
    guarded::add_to_linker_p2(&mut linker)?;
    http::p2::add_only_http_to_linker_async(&mut linker)?;
    if engine.get_concurrency_support() {
        p3::add_to_linker(&mut linker)?;
        guarded::add_to_linker_p3(&mut linker)?;
        http::p3::add_to_linker(&mut linker)?;
    }
    Ok(linker)
}
