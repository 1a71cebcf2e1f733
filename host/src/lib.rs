//! Winsock's send path for WebAssembly: capability-checked sockets, and the
//! sandboxed provider component that gives them Winsock semantics.
//!
//! There are three ways in:
//!
//! * **From Rust.** [`Host`] and [`Provider`] open sockets, post overlapped sends
//!   of gathered [`Bytes`](bytes::Bytes) and yield their completions as a stream, or one by one:
//!   [`Socket::send`] is a future, and [`Socket::recv`] is awaited. [`Host::native`] does
//!   without the sandbox, and without the time that it takes.
//! * **For a whole WebAssembly program** that imports `winsock:spi/provider`: [`run`],
//!   with the feature `run`, compiles it and runs it with a policy, limits and what it is given
//!   of WASI.
//! * **In a store of yours**, for components that are no such programs:
//!   [`compose`] joins one with the provider component, and [`add_to_linker`]
//!   gives the result what a host implements.
//!
//! Whichever way, nothing can be reached unless a [`policy::Policy`] grants it, and
//! nothing can be held beyond [`Limits`].
//!
//! The semantics are those of WSPSend and its companions, service-provider pages
//! of Windows CE 5.0; the provider component decides them, inside the sandbox,
//! and this crate moves the bytes.

#![deny(unsafe_code)]

/// The Rust of the tutorial compiles and runs.
#[cfg(all(doctest, feature = "run"))]
#[doc = include_str!("../../docs/tutorials/embedder.md")]
struct Tutorial;

/// So does that of the page on policies.
#[cfg(doctest)]
#[doc = include_str!("../../docs/policy.md")]
struct PolicyPage;

#[cfg(any(feature = "compose", feature = "embed"))]
pub mod cache;
#[cfg(feature = "compose")]
pub mod compose;
mod ctx;
#[cfg(feature = "embed")]
pub mod embed;
#[cfg(feature = "prometheus")]
mod exporter;
mod imports;
#[cfg(feature = "compose")]
pub mod isolate;
#[cfg(feature = "laboratory")]
pub mod laboratory;
mod live;
mod memory_limiter;
mod printable;
mod resolver;
pub mod run;
mod settings;
#[cfg(feature = "simulation")]
pub mod simulation;
#[cfg(feature = "run")]
pub mod tape;
pub mod trace;
mod view;

pub use ctx::Ctx;
#[cfg(feature = "embed")]
pub use embed::{
    AddressFamily, Completion, Completions, Error, Host, MessageFlags, Notify, Operation, Posted,
    Provider, ShutdownHow, Socket, SocketOption, SocketOptionName, SocketType,
};
#[cfg(feature = "prometheus")]
pub use exporter::{AlreadyRecorded, Exporter};
pub use imports::{add_to_linker, add_to_linker_with, gather, memory};
pub use live::LivePolicy;
#[cfg(feature = "follow")]
pub use live::{CannotRead, Change, Folder, PolicyFile};
pub use printable::{one_line, printable};
#[cfg(feature = "dns")]
pub use resolver::DnsResolver;
pub use resolver::{Answer, Resolver, Resolving};
pub use run::{limit_store, tick_epochs, yield_each_epoch};
pub use settings::Settings;
pub use view::{View, Wsp};
pub use wsp_core::WsaError;
pub use wsp_guard::quota::Limits;
pub use wsp_guard::witness::{AuditLog, Denied, Monitor, Refused, Report, metrics};
#[cfg(feature = "fault-injection")]
pub use wsp_transport::Faults;
pub use wsp_transport::{EndpointHandle, Network, NetworkSocket};

/// What a provider may reach: rules, files of rules, and the one place that decides on them.
pub mod policy {
    pub use wsp_guard::config::*;
    pub use wsp_guard::policy::*;
}

/// What an instance may hold and do, and what all instances may together.
///
/// [`limit_store`], [`tick_epochs`] and [`yield_each_epoch`] have a store keep it.
pub mod quota {
    pub use crate::run::{limit_store, tick_epochs, yield_each_epoch};
    pub use wsp_guard::quota::*;
}
