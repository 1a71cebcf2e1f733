//! Write programs against `winsock:spi` in Rust.
//!
//! A program is a WebAssembly component that imports the Winsock
//! service-provider interface. Payload goes straight from the program's memory
//! to the host: no buffer is copied on its way to the kernel unless its send
//! stays pending.
//!
//! ```no_run
//! use wsp_sdk::{Event, Overlapped, Socket, WaitOutcome, Winsock, println, wait_for_any};
//!
//! wsp_sdk::command!(main);
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let peer: std::net::SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
//!     let _winsock = Winsock::startup()?;
//!     let socket = Socket::tcp(peer)?;
//!     socket.connect(peer)?;
//!
//!     // Two buffers, one overlapped send. The event tells when it has completed.
//!     let event = Event::new();
//!     let overlapped = Overlapped::with_event(&event);
//!     socket.send_overlapped(&[b"Hello, ".as_slice(), b"world"], &overlapped)?;
//!     if wait_for_any(&[&event], None, false)? == WaitOutcome::Signalled(0) {
//!         let sent = socket.overlapped_result(&overlapped, false)?;
//!         println!("{} bytes sent", sent.bytes);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Such a crate has `crate-type = ["cdylib"]`, is built for
//! `wasm32-unknown-unknown` and made a component with `wit-component`. Or it is an ordinary
//! binary for `wasm32-wasip2`, whose `main`, arguments and `println!` are those of `std`:
//! what is built is a component already.
//!
//! Completion routines are closures: they run inside an alertable wait, which is
//! [`sleep_ex`], [`wait_for_any`] or [`wait_for_all`] with `alertable`, and never
//! at another time. With the feature `async`, the module `asynchronous` has waits
//! that let the program's other tasks run.
//!
//! An overlapped operation can also be one value, an [`Operation`], which is
//! polled, waited for, cancelled or, with the feature `async`, awaited: then
//! `join_all` and `select_all` of the crate `futures` take many.
//!
//! ```no_run
//! use wsp_sdk::{Socket, WsaError};
//!
//! fn send_both(one: &Socket, other: &Socket, message: &[u8]) -> Result<u32, WsaError> {
//!     let first = one.begin_send(&[message])?;
//!     let second = other.begin_send(&[message])?;
//!     Ok(first.wait()?.bytes + second.wait()?.bytes)
//! }
//! ```
//!
//! A [`Socket`] reads and writes as `std::io` streams do; with the feature
//! `futures-io`, `asynchronous::Stream` does what the crate `futures-io` asks for.

#![deny(unsafe_code)]

mod address;
#[cfg(feature = "async")]
pub mod asynchronous;
mod bindings;
mod buffers;
mod command;
mod error;
mod event;
mod io;
mod message;
mod network_events;
mod operation;
mod overlapped;
mod receive_buffer;
mod resolver;
mod routine;
mod socket;
mod wait;
mod winsock;
mod words;

pub use address::{address_to_string, string_to_address};
pub use bindings::winsock::spi::provider::{
    Configuration, NetworkEvents, OptionalServices, OverlappedStatus, ProtocolInfo, RoutineModel,
    SelectedSockets, ShortRoom, SocketOption, SocketOptionName, Transfer,
};
pub use bindings::winsock::spi::types::{
    AddressFamily, MessageFlags, ShutdownHow, SocketFlags, SocketType,
};
pub use command::{argument, arguments, stderr, stdout};
pub use event::Event;
pub use io::io_error;
pub use message::Message;
pub use network_events::{RecordedEvents, select};
pub use operation::Operation;
pub use overlapped::{Overlapped, Started};
pub use receive_buffer::ReceiveBuffer;
pub use resolver::{ResolveError, resolve_name};
pub use routine::Completion;
pub use socket::Socket;
pub use wait::{WaitOutcome, sleep_ex, wait_for_all, wait_for_any};
pub use winsock::Winsock;
pub use wsp_core::WsaError;

/// What the macros of this crate expand to; not part of its interface.
#[doc(hidden)]
pub mod private {
    #[cfg(feature = "async")]
    pub use crate::bindings::async_command;
    pub use crate::command::{finish, install_panic_hook, print_line};
    pub use wasi;
}
