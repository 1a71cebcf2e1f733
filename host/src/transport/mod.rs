//! `winsock:spi/transport`: endpoints, and the tasks that drive what is pending.
//!
//! The send path: `send.rs` tries the system call of `gather.rs` at once and queues what
//! remains (`pending.rs`), and `pump.rs` finishes it. One kernel write is in flight for each
//! endpoint, first in, first out. What a program blocks for is not left to the pump:
//! `blocking_send.rs` sends it from the program's own memory while the program waits.
//!
//! Whatever is pending on an endpoint has one driver (`driver.rs`), a task that holds the
//! endpoint only while it is polled. However an operation ends, it is reported to
//! [`Completions`] exactly once: its entry in `operations.rs`, which has its permit,
//! becomes the report.

mod backoff;
mod blocking_send;
mod completions;
mod driver;
mod endpoint;
mod error;
mod gather;
mod held_watch;
mod host;
mod lingering;
mod operations;
mod payload;
mod pending;
mod pump;
mod receive;
mod send;
mod skip;
mod socket;
mod tasks;
mod watch;

pub(crate) use blocking_send::send_rest;
pub(crate) use completions::{Completions, Polls};
pub(crate) use endpoint::Endpoint;
pub use endpoint::EndpointHandle;
pub(crate) use gather::SendOptions;
pub(crate) use held_watch::{HeldWatch, RoomWatch};
pub(crate) use host::link_blocking;
pub(crate) use lingering::Lingering;
pub(crate) use payload::{INLINE_PARTS, Payload, Slices};
pub(crate) use send::Sent;
pub(crate) use skip::consume;
pub(crate) use tasks::Tasks;

pub(crate) use crate::bindings::winsock::spi::transport::{
    Direction, EndpointOption, Finished, Interest, Protocol, Readiness, ReceiveFlags,
    ReceiveStarted, Received, Started, WaitOutcome,
};
pub(crate) use crate::bindings::winsock::spi::types::{
    AddressFamily, SendFlags, SocketAddress, TransportError,
};
