//! What the tests share: running a program in this process, composed with the
//! provider, and peers for it on the loopback interface.
//!
//! Everything here panics when something is wrong, which is how a test fails,
//! and no wait is longer than [`LIMIT`].

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bytes_equal;
mod component;
pub mod dns;
mod interposed;
mod limit;
mod output;
pub mod peer;
mod program;
mod recorded;
mod running;

pub use bytes_equal::assert_same_bytes;
pub use component::directory_of_programs;
pub use interposed::{interposed_program, interposed_provider, portable_provider};
pub use limit::{LIMIT, until, within};
pub use program::Program;
pub use running::{Finished, Outcome, Running};
