//! The engines that programs run in.

use wasmtime::component::Linker;
use wasmtime::{Config, Engine, Inlining};
use wasmtime_wasi::{p2, p3};
use wasmtime_wasi_http as http;
use wsp_guard::wasi as guarded;

use super::store::State;
use super::{RunError, tick_epochs};
use crate::isolate::EngineNeeds;

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
    pub(super) linker: Linker<State>,
}

impl Machine {
    /// What programs that need such an engine may import in this one.
    pub(super) fn new(engine: Engine, needs: EngineNeeds) -> Result<Machine, RunError> {
        if needs.epochs {
            tick_epochs(&engine).map_err(RunError::Clock)?;
        }
        let mut linker = Linker::new(&engine);
        p2::add_to_linker_async(&mut linker)?;
        guarded::add_to_linker_p2(&mut linker)?;
        http::p2::add_only_http_to_linker_async(&mut linker)?;
        if needs.concurrency {
            p3::add_to_linker(&mut linker)?;
            guarded::add_to_linker_p3(&mut linker)?;
            http::p3::add_to_linker(&mut linker)?;
        }
        crate::add_to_linker(&mut linker)?;
        Ok(Machine { engine, linker })
    }
}
