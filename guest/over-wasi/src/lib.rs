//! The transport of `wsp-core` as a state machine over WASI 0.2.
//!
//! [`Machine`] is what `wit/transport.wit`, `wit/memory.wit`, `wit/gather.wit`, `wit/words.wit`
//! and `wit/resolver.wit` ask of a host, made of the calls of [`wasi::Wasi`]. `guest/portable` is
//! the component that binds it to the real ones; the tests run it over simulated ones.
//!
//! What WASI cannot do fails, or is not offered: urgent data, resetting a connection,
//! TCP_NODELAY, broadcast and multicast. `docs/portable.md` has the table.

#![forbid(unsafe_code)]

mod datagram;
mod error;
mod limits;
mod machine;
mod memory;
mod options;
mod pending;
mod resolve;
mod settle;
mod stream;
pub mod wasi;

pub use limits::Limits;
pub use machine::{EndpointId, LAST_WAIT, LookupId, Machine, TicketedSend};
pub use memory::{Array, Payload, Room, Words};
pub use resolve::ResolveError;
pub use stream::IN_FLIGHT;
