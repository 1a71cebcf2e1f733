//! A model check of `wsp-core`: random sequences of operations run on a
//! provider over a simulated [`wire`] and on a [`model`] that was written from
//! the documents alone, and every answer is compared.
//!
//! What is compared, beside each result and error code: exactly one indication
//! for each accepted operation and none for a refused one; the bytes that the
//! peers read, in order and as counted; that routines of one socket never nest;
//! and that nothing is left over once everything is closed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a check fails by panicking, and all of this is a test"
)]

pub mod check;
pub mod model;
pub mod operation;
pub mod wire;

/// What a step of the world takes while somebody waits, in milliseconds.
pub const STEP: u64 = 50;

/// The longest datagram over IPv4.
pub const LONGEST: usize = 65_507;

/// A byte as it was sent, with the bits of its `SendFlags`.
pub type Token = (u8, u8);
