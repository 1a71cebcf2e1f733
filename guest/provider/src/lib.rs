//! The provider component: Winsock semantics behind `winsock:spi/provider`.
//!
//! Built for `wasm32-unknown-unknown`, with its feature `component`, this crate *is* the component: a thin
//! shell between the generated bindings and `wsp-core`. Built for anything else
//! it carries the bytes of that component, [`COMPONENT`], so that hosts need no
//! WebAssembly toolchain. `cargo xtask guest` rebuilds them.
//!
//! The component imports exactly `winsock:spi/memory` and
//! `winsock:spi/transport`, besides types, and exports `winsock:spi/provider`,
//! `winsock:spi/extensions`, `winsock:spi/tickets` and `winsock:spi/threads`. It never sees
//! payload, has no WASI and keeps no state outside its own memory.

/// The provider component.
#[cfg(not(target_arch = "wasm32"))]
pub const COMPONENT: &[u8] = include_bytes!("../provider.wasm");

// Clippy reads the shell on every platform; only WebAssembly runs it.
#[cfg(feature = "component")]
mod bindings;
#[cfg(feature = "component")]
mod component;
#[cfg(feature = "component")]
mod convert;
#[cfg(feature = "component")]
mod extensions;
#[cfg(feature = "component")]
mod host_transport;
#[cfg(feature = "component")]
mod threads;
#[cfg(feature = "component")]
mod tickets;
