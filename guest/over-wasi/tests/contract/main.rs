//! The machine over simulated hosts of WASI: what `wit/transport.wit` promises holds on each
//! kind of them, for random sequences of calls, and no call is made that makes a host trap.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and its modules are its own"
)]

mod cases;
mod check;
mod host;
mod sequences;
