//! The portable component: `winsock:spi`'s host interfaces over WASI 0.2.
//!
//! Composed with a program and the provider, it makes a component that imports WASI and
//! nothing else, and so runs on hosts that know nothing of Winsock. Everything it does is in
//! `wsp-over-wasi`; this crate binds that to the interfaces on both sides.
//!
//! Built for `wasm32-unknown-unknown`, with its feature `component`, this crate *is* the component. Built for anything else
//! it carries the bytes of it. `cargo xtask guest` rebuilds them.

/// The portable component.
#[cfg(not(target_arch = "wasm32"))]
pub const COMPONENT: &[u8] = include_bytes!("../portable.wasm");

/// A component that runs a program between the calls of `wsp:portable/lifetime`.
#[cfg(not(target_arch = "wasm32"))]
pub const AROUND: &[u8] = include_bytes!("../around.wasm");

// Clippy reads the binding on every platform; only WebAssembly runs it.
#[cfg(feature = "component")]
mod bindings;
#[cfg(feature = "component")]
mod convert;
#[cfg(feature = "component")]
mod exports;
#[cfg(feature = "component")]
mod host;
#[cfg(feature = "component")]
mod scheduling;
#[cfg(feature = "component")]
mod sends;
#[cfg(feature = "component")]
mod words;
