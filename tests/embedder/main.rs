//! The embedder's interface: sockets from Rust, through the sandboxed provider,
//! against plain sockets and against each other.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bursts;
mod closing;
mod completions;
mod connecting;
mod datagrams;
mod handles;
mod hosts;
mod limits;
mod live;
mod moving;
mod policy;
mod quotas;
mod receiving;
mod resets;
mod sending;
mod support;
mod waiting;
mod watching;
