//! System calls, as each system has them. `unix` and `windows` have the same functions, so
//! nothing outside of here asks which system it is:
//!
//! | file | what |
//! | --- | --- |
//! | `calls.rs` | sends and receives |
//! | `look.rs` | what a socket is ready for now |
//! | `reactor.rs` | waiting until it is ready |
//! | `socket.rs` | how sockets share addresses, connect and end |
//! | `options.rs` | options that not every system has |
//! | `error.rs` | what its errors mean |
//!
//! `poll.rs` is the same everywhere. What a system has not got answers `Errno::OPNOTSUPP` or `Errno::NOPROTOOPT`.

use std::net::SocketAddr;

#[cfg(target_os = "linux")]
mod linux;
mod poll;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::batch;
#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// What one system call received.
pub(crate) struct Message {
    /// How many bytes were put into the buffer.
    pub(crate) bytes: usize,
    /// It was a datagram longer than the buffer.
    pub(crate) truncated: bool,
    /// Who sent it, if it was a datagram.
    pub(crate) source: Option<SocketAddr>,
}

/// What a system can be asked to tell beside each datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Destination and interface.
    Packet,
    HopLimit,
}
