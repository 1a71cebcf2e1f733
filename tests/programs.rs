//! Every program of `tests/programs`, in this process, composed with the provider as
//! `wsp run` does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod around_programs;
#[path = "around_programs/plugged.rs"]
mod plugged;

use wsp_tests::Program;

fn program(name: &str) -> Program {
    Program::new(env!("CARGO_TARGET_TMPDIR"), name)
}
