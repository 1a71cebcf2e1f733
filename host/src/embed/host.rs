//! The engine with the compiled provider.

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Result};

use super::Provider;
use super::instance::State;
use crate::bindings::SpiProviderPre;
use crate::ctx::{Settings, View};
use crate::linker::add_to_embedder_linker;

/// An engine with the provider component compiled into it. Make one for each
/// process; clones share it.
#[derive(Clone)]
pub struct Host {
    provider: SpiProviderPre<State>,
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
        let mut config = Config::new();
        // Nothing here is async in the component model's sense, and without its
        // bookkeeping every call is cheaper.
        config.concurrency_support(false);
        Host::with_engine(&Engine::new(&config)?)
    }

    /// As [`Host::new`], in an engine of the embedder's.
    ///
    /// # Errors
    ///
    /// When the engine's configuration cannot compile the provider.
    pub fn with_engine(engine: &Engine) -> Result<Host> {
        let component = Component::new(engine, wsp_provider::COMPONENT)?;
        let mut linker = Linker::<State>::new(engine);
        add_to_embedder_linker(&mut linker, State::wsp)?;
        Ok(Host {
            provider: SpiProviderPre::new(linker.instantiate_pre(&component)?)?,
        })
    }

    /// A new provider instance that may reach and use what `settings` say.
    ///
    /// # Errors
    ///
    /// Outside a tokio runtime (see [`crate::Ctx::new`]), or when the system has
    /// no memory for an instance.
    pub fn provider(&self, settings: Settings) -> Result<Provider> {
        Provider::instantiate(&self.provider, settings)
    }
}
