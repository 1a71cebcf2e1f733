//! Every program of `tests/programs` once more, with a component between it and the host
//! that generated bindings were enough to write, and that copies every list. What is seen of
//! the programs is the same: that payload is a value is all that the interfaces rely on.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod around_programs;

use wsp_tests::Program;

fn program(name: &str) -> Program {
    Program::new(env!("CARGO_TARGET_TMPDIR"), name).interposed()
}
