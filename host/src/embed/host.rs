//! The engine with the compiled provider.

use std::path::Path;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Inlining, Result};

use super::semantics::{Compiled, Native, Sandboxed};
use super::{Provider, cache};
use crate::ctx::Ctx;
use crate::imports::add_to_embedder_linker;
use crate::settings::Settings;

/// What makes providers. Make one for each process; clones share it.
///
/// A provider is sandboxed, that is an instance of the provider component in an engine, or,
/// of [`Host::native`], the same code compiled into the process.
#[derive(Clone)]
pub struct Host {
    providers: Providers,
}

/// Where the semantics of the providers run.
#[derive(Clone)]
enum Providers {
    Sandboxed(Box<Compiled>),
    Native,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl Host {
    /// Compiles the embedded provider component, which takes a moment.
    ///
    /// # Errors
    ///
    /// When this platform cannot run WebAssembly.
    pub fn new() -> Result<Host> {
        Host::with_engine(&Host::engine()?)
    }

    /// A host whose providers are native: the same semantics, compiled into this process
    /// instead of into a component. Nothing is compiled when it is made, and a call costs a
    /// call: no engine is entered.
    ///
    /// What it gives up is the sandbox: a mistake in the semantics is one of this process, not
    /// of an instance that traps, and [`Limits::memory_bytes`](crate::Limits) bounds nothing,
    /// because there is no memory of a guest. Policy, quotas, audit and every answer are the same.
    /// Where a program of WebAssembly shares the provider, it has the component.
    #[must_use]
    pub fn native() -> Host {
        Host {
            providers: Providers::Native,
        }
    }

    /// As [`Host::new`], with the compiled provider kept in `directory`, so that
    /// the next process finds it there in a few milliseconds. A directory that is
    /// missing is created. A file that another user (except root) could have written is
    /// not used, because compiled code is trusted, and a damaged one is compiled again.
    /// Nothing is written to another user's directory.
    ///
    /// # Errors
    ///
    /// As [`Host::new`]; a directory that cannot be used only costs the time.
    pub fn with_cache(directory: &Path) -> Result<Host> {
        let engine = Host::engine()?;
        let component = cache::provider(&engine, directory)?;
        Host::with_component(&engine, &component)
    }

    fn engine() -> Result<Engine> {
        let mut config = Config::new();
        // Nothing here is async in the component model's sense, and without its
        // bookkeeping every call is cheaper.
        config.concurrency_support(false);
        // The provider's memory begins small, and copying it is faster than mapping it.
        config.memory_init_cow(false);
        config.compiler_inlining(Inlining::InterModule);
        Engine::new(&config)
    }

    /// As [`Host::new`], in an engine of the embedder's.
    ///
    /// # Errors
    ///
    /// When the engine's configuration cannot compile the provider.
    pub fn with_engine(engine: &Engine) -> Result<Host> {
        let component = Component::new(engine, wsp_provider::COMPONENT)?;
        Host::with_component(engine, &component)
    }

    fn with_component(engine: &Engine, component: &Component) -> Result<Host> {
        let mut linker = Linker::<Ctx>::new(engine);
        add_to_embedder_linker(&mut linker, |ctx| ctx)?;
        let compiled = Compiled::new(linker.instantiate_pre(component)?)?;
        Ok(Host {
            providers: Providers::Sandboxed(Box::new(compiled)),
        })
    }

    /// A new provider instance that may reach and use what `settings` say.
    ///
    /// # Errors
    ///
    /// Outside a tokio runtime (see [`crate::Ctx::new`]), or when the system has
    /// no memory for an instance.
    pub fn provider(&self, settings: Settings) -> Result<Provider> {
        Provider::of_semantics(match &self.providers {
            Providers::Sandboxed(compiled) => Box::new(Sandboxed::new(compiled, settings)?),
            Providers::Native => Box::new(Native::new(settings)?),
        })
    }
}
