//! Guests that call the host's interfaces directly, in any order and with any values.
//!
//! `named.rs` has one test for each way in which such a guest once got more than it was
//! allowed; `random.rs`, a suite of its own, looks for others.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod meter;
mod named;
mod wasi;

use wsp_tests::Program;

/// The program that does what a script says.
fn hostile(script: &str) -> Program {
    Program::new(env!("CARGO_TARGET_TMPDIR"), "hostile").argument(script)
}
