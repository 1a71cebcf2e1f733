//! The WIT interfaces that a host implements, over the transport: the only place that
//! knows wasmtime's component types.

mod address;
pub(crate) mod bindings;
mod convert;
pub mod gather;
#[cfg_attr(
    not(feature = "run"),
    allow(dead_code, reason = "only programs that are run are recorded")
)]
pub(crate) mod keep;
pub(crate) mod link;
mod linker;
pub(crate) mod lookups;
pub mod memory;
pub(crate) mod numbered;
pub(crate) mod resolver;
mod scheduling;
#[cfg_attr(
    not(feature = "run"),
    allow(dead_code, reason = "only programs that are run are recorded")
)]
pub(crate) mod tell;
mod transport;
pub(crate) mod types;
mod words;

#[cfg(feature = "embed")]
pub(crate) use linker::add_to_embedder_linker;
#[cfg(feature = "run")]
pub(crate) use linker::link;
pub use linker::{add_to_linker, add_to_linker_with};
