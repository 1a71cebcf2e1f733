//! The semantics of [`wsp_core`] over the endpoints of [`wsp_transport`], in the host's own
//! code: what the provider component is, without the component.
//!
//! A call costs what a call of Rust costs, and not a crossing into WebAssembly. What
//! that gives up is the sandbox around the semantics: a mistake in them is a mistake in the
//! host's process. Policy, quotas and witnesses are the transport's, and hold all the same.
//! Programs get the component; this is for embedders, who call the provider from Rust.

#![forbid(unsafe_code)]

mod convert;
mod send;
mod transport;

pub use send::{Sending, send};
pub use transport::{HostTransport, Waits};

/// The provider over the host's transport. What it sends is given to [`send`], because
/// the transport gets payload from the one who has it.
pub type Provider = wsp_core::Provider<HostTransport>;
