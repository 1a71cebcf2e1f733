//! Sending and receiving from Rust, without a guest program.
//!
//! A [`Host`] holds the engine and the compiled provider; each [`Provider`] is an
//! instance of its own, with its own policy, limits and memory. Overlapped
//! operations return at once, and each that was accepted yields exactly one
//! [`Completion`], however it ends: from [`Provider::completions`], or from the future that
//! [`Socket::send`] returns.
//!
//! The semantics run in the sandboxed provider component or, of [`Host::native`], in the
//! process itself; `semantics` is where the two are one.

mod cache;

mod completions;
mod error;
mod host;
mod instance;
mod operation;
mod operations;
mod provider;
mod receiving;
mod semantics;
mod sending;
mod socket;

pub use crate::imports::bindings::exports::winsock::spi::provider::{
    SocketOption, SocketOptionName,
};
pub use crate::imports::types::{AddressFamily, MessageFlags, ShutdownHow, SocketType};
pub use completions::Completions;
pub use error::Error;
pub use host::Host;
pub use operation::Operation;
pub use operations::{Completion, Notify, Posted};
pub use provider::Provider;
pub use socket::Socket;
