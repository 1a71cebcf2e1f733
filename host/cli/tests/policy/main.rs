//! What a policy decides, through the library and through `wsp policy`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "a test fails by panicking, and the command's support has more than is used here"
)]

mod check;
mod decisions;
mod document;
mod explain;
mod learning;
#[path = "../command/support.rs"]
mod support;
mod table;
