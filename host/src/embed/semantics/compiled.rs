//! The compiled provider component, and what an instance of it exports.

use wasmtime::component::{ComponentExportIndex, Instance, InstancePre};
use wasmtime::{Engine, Result, Store, format_err};
use wsp_core::WsaError;

use crate::ctx::Ctx;
use crate::imports::bindings::exports::winsock::spi::provider::WspData;
use crate::imports::bindings::{SpiProvider, SpiProviderIndices};
use crate::imports::types;

/// Winsock 2.2.
const VERSION: u16 = wsp_core::VERSION;

/// The provider, linked, with its exports found.
#[derive(Clone)]
pub(in crate::embed) struct Compiled {
    linked: InstancePre<Ctx>,
    exports: SpiProviderIndices,
    startup: ComponentExportIndex,
}

impl Compiled {
    /// Looks the exports up, once for all instances.
    pub(in crate::embed) fn new(linked: InstancePre<Ctx>) -> Result<Compiled> {
        let component = linked.component();
        let startup = component
            .get_export_index(None, "winsock:spi/provider@0.2.0")
            .and_then(|provider| component.get_export_index(Some(&provider), "wsp-startup"))
            .ok_or_else(|| format_err!("the component exports no wsp-startup"))?;
        Ok(Compiled {
            exports: SpiProviderIndices::new(&linked)?,
            linked,
            startup,
        })
    }

    pub(super) fn engine(&self) -> &Engine {
        self.linked.engine()
    }

    /// Instantiates the provider and starts it.
    pub(super) fn start(&self, store: &mut Store<Ctx>) -> Result<Exports> {
        let instance = self.linked.instantiate(&mut *store)?;
        let startup = instance.get_typed_func::<(u16,), (Result<WspData, types::WsaError>,)>(
            &mut *store,
            self.startup,
        )?;
        let (started,) = startup.call(store, (VERSION,))?;
        started.map_err(|error| {
            format_err!("the provider did not start: {}", WsaError::from(error))
        })?;
        Ok(Exports {
            instance,
            indices: self.exports.clone(),
            loaded: None,
        })
    }
}

/// The functions of one instance. To check the types of them all takes as long as a
/// fifth of making an instance, so it waits for the first call.
pub(super) struct Exports {
    instance: Instance,
    indices: SpiProviderIndices,
    loaded: Option<SpiProvider>,
}

impl Exports {
    pub(super) fn load(&mut self, store: &mut Store<Ctx>) -> Result<&SpiProvider> {
        Ok(match &mut self.loaded {
            Some(exports) => exports,
            none => none.insert(self.indices.load(store, &self.instance)?),
        })
    }
}
