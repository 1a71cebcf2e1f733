//! The semantics of a Winsock service provider, as a state machine that does no
//! input or output of its own.
//!
//! A [`Provider`] decides which calls are legal, in which order errors are
//! found, what is pending and who is notified. Everything that touches a network
//! goes through the trait [`Transport`], so the same code runs inside the
//! provider component, over the host's sockets, and natively, over a simulated
//! transport.
//!
//! A send is [`Provider::begin_send`], the transfer by the one who has the payload, and
//! [`Provider::end_send`], all in `send.rs` and `ticket.rs`; [`Provider::send`] does the
//! three in one. What ends a pending operation, and notifies, is `completion.rs`.
//!
//! "WSPSend" and other `WSP…` names in this documentation are the
//! service-provider pages of Windows CE 5.0.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod accept;
mod accept_ex;
mod address;
mod address_text;
mod await_something;
mod blocking;
mod close;
mod completion;
mod configuration;
mod connect;
mod connect_ex;
mod conversions;
mod disconnect_ex;
mod error;
mod event;
mod flags;
mod ip_options;
mod names;
mod network_events;
mod numbered;
mod operation;
mod operations;
mod options;
mod outcome;
mod overlapped;
mod poll;
mod provider;
mod receive;
mod refused;
mod result;
mod routine;
mod select;
mod selection;
mod send;
mod shutdown;
mod size;
mod socket;
mod submit;
mod threads;
mod ticket;
mod transport;
mod wait;
mod watch;

pub use address_text::{address_to_string, string_to_address};
pub use configuration::{Configuration, OptionalServices, RoutineModel, ShortRoom};
pub use error::WsaError;
pub use event::EventId;
pub use flags::MessageFlags;
pub use ip_options::IpOption;
pub use options::{Linger, ProtocolInfo, SocketOption, SocketOptionName};
pub use overlapped::{OverlappedId, OverlappedStatus, WSS_OPERATION_IN_PROGRESS};
pub use poll::PollEvents;
pub use provider::{DESCRIPTION, Provider, VERSION};
pub use receive::Received;
pub use result::Transfer;
pub use routine::{CompletionRoutine, RoutineCall};
pub use select::SelectedSockets;
pub use selection::{NetworkEvents, RecordedEvents};
pub use send::SendRequest;
pub use socket::{SocketAttributes, SocketId};
pub use ticket::{Rest, SendOutcome, Ticket};
pub use transport::{
    Abilities, AddressFamily, EndpointOption, Finished, GroupInterface, Interest, Readiness,
    ReceiveFlags, ReceiveStarted, ReceivedNow, SendFlags, ShutdownHow, SocketType, Started,
    Transport, TransportError, WaitOutcome,
};
pub use wait::{MAXIMUM_WAIT_EVENTS, Waited};
