//! Every program of `tests/programs` once more, recorded, and replayed without a network as
//! soon as it has ended. It does the same again, whatever its peers did.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod around_programs;

use wsp_tests::Program;

fn program(name: &str) -> Program {
    Program::new(env!("CARGO_TARGET_TMPDIR"), name).recorded()
}
