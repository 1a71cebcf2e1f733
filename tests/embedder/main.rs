//! The embedder's interface: sockets from Rust, against plain sockets and against each other,
//! through the sandboxed provider and with the same semantics compiled into the host.

#![allow(
    clippy::duplicate_mod,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and one suite runs twice"
)]

mod native;
mod sandboxed;
