//! The command `wsp` as people use it: real processes over loopback sockets.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by panicking, and its modules are its own"
)]

mod bad_input;
mod bounded;
mod cache;
mod captures;
mod cc;
mod compose;
mod delivery;
mod demo;
mod exec;
mod http_server;
mod installed;
mod listen;
mod live;
mod manners;
mod measured;
mod metrics;
mod other_tools;
mod quotas;
mod receiver;
mod replay;
mod run;
mod send;
mod support;
#[path = "../policy/table.rs"]
mod table;
mod threads;
mod trace;
mod wasi_http;
mod wasi_sockets;
mod windows_sources;
