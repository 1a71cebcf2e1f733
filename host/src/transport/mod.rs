//! `winsock:spi/transport`: endpoints, and the tasks that drive what is pending.
//!
//! The send path: `host.rs` takes the call, `send.rs` tries the system call at
//! once and queues what remains, and the endpoint's pump finishes it. One kernel
//! write is in flight for each endpoint, first in, first out. However an
//! operation ends, it is reported to [`Completions`] exactly once: whoever takes
//! it out of its queue reports it.

mod backoff;
mod completions;
mod endpoint;
mod error;
mod host;
mod receive;
mod send;
mod socket;
mod watch;

pub(crate) use completions::Completions;
pub use endpoint::EndpointHandle;
pub(crate) use host::link_wait_finished;

pub(crate) use crate::bindings::winsock::spi::transport::{
    Address, AddressFamily, Direction, EndpointOption, Finished, Interest, Protocol, Readiness,
    ReceiveFlags, ReceiveStarted, Received, SendFlags, Started, TransportError, WaitOutcome,
};
