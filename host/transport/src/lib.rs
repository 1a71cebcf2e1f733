//! Endpoints: sockets of the system for one guest, checked against its policy and quota, and
//! the tasks that drive what is pending on them. It knows no engine and no Winsock: bytes
//! come as slices, and operations end as [`Finished`]. An embedder may have them made in a
//! [`Network`] of its own, in place of the system's.
//!
//! The send path: `send.rs` tries the system call of `system_call.rs` at once and queues what
//! remains (`pending.rs`), and `sending.rs` finishes it. One kernel write is in flight for each
//! endpoint, first in, first out. What a program blocks for is not left to a task:
//! `blocking_send.rs` sends it from the program's own memory while the program waits. Overlapped
//! sends that a program posts one after the other go out together (`burst.rs`).
//!
//! Whatever is pending on an endpoint has one driver (`driver.rs`), a task that holds the
//! endpoint only while it is polled. However an operation ends, it is reported to
//! [`Completions`] exactly once: its entry in `operations.rs`, which has its permit,
//! becomes the report.

#![deny(unsafe_code)]

mod any_socket;
mod backoff;
mod blocking_send;
mod burst;
mod completions;
#[cfg(target_os = "linux")]
mod datagram_batch;
mod datagram_info;
mod driver;
mod elsewhere;
mod endpoint;
mod error;
#[cfg(feature = "fault-injection")]
mod faults;
mod groups;
mod held_watch;
mod lane;
mod lingering;
mod network;
mod ongoing;
mod operations;
mod options;
mod pause;
mod payload;
mod pending;
mod pending_receive;
mod queue;
mod receive;
mod receive_buffer;
mod registered;
mod send;
mod sending;
mod shared;
mod slices;
mod socket;
mod sys;
mod system_call;
mod task_count;
pub mod trace;
mod traced;
mod tracer;
mod types;
mod under_policy;
mod watch;
mod watches;

pub use blocking_send::{Lender, RestOutcome, send_rest};
pub use completions::{Completions, Polls};
pub use datagram_info::DatagramInfo;
pub use elsewhere::Elsewhere;
pub use endpoint::{Endpoint, EndpointHandle};
#[cfg(feature = "fault-injection")]
pub use faults::Faults;
pub use held_watch::{HeldWatch, RoomWatch};
pub use network::{Arrived, Connecting, Network, NetworkSocket};
pub use payload::Payload;
pub use receive_buffer::ReceiveBuffer;
pub use send::Sent;
pub use shared::Shared;
pub use slices::{INLINE_PARTS, Slices, consume};
pub use tracer::Tracer;
pub use types::{
    AddressFamily, Direction, EndpointOption, Finished, GroupInterface, Interest, Protocol,
    Readiness, ReceiveFlags, ReceiveStarted, Received, SendFlags, SendOptions, Started,
    TransportError,
};
