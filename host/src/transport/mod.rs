//! `winsock:spi/transport`: endpoints, and the tasks that drive what is pending.
//!
//! The send path: `host.rs` takes the call, `send.rs` tries the system call of
//! `gather.rs` at once and queues what remains, and `pump.rs` finishes it. One kernel
//! write is in flight for each endpoint, first in, first out. What a program blocks
//! for is not left to the pump: `in_place.rs` sends it from the program's own
//! memory while the program waits.
//!
//! Whatever is pending on an endpoint has one driver (`driver.rs`), a task that holds the
//! endpoint only while it is polled. However an operation ends, it is reported to
//! [`Completions`] exactly once: its entry in `operations.rs`, which has its permit,
//! becomes the report.

mod backoff;
mod completions;
mod driver;
mod endpoint;
mod error;
mod gather;
mod held_watch;
mod host;
mod in_place;
mod lingering;
mod operations;
mod pending;
mod pump;
mod receive;
mod send;
mod socket;
mod tasks;
mod watch;

pub(crate) use completions::{Completions, Polls};
pub use endpoint::EndpointHandle;
pub(crate) use held_watch::{HeldWatch, RoomWatch};
pub(crate) use host::link_blocking;
pub(crate) use in_place::InPlace;
pub(crate) use lingering::Lingering;
pub(crate) use tasks::Tasks;

pub(crate) use crate::bindings::winsock::spi::transport::{
    Address, AddressFamily, Direction, EndpointOption, Finished, Interest, Protocol, Readiness,
    ReceiveFlags, ReceiveStarted, Received, SendFlags, Started, TransportError, WaitOutcome,
};
