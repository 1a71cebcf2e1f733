//! The calls of Winsock.
//!
//! What it has not got: how much of a stream the peer has acknowledged, an event for urgent
//! data, datagrams in parts (MSG_PARTIAL) and several datagrams in one call as a list.

mod calls;
mod error;
mod look;
mod options;
mod reactor;
mod socket;

pub(crate) use calls::{receive, receive_told, send, send_to, send_vectored};
pub(crate) use error::{is_about_another_datagram, meaning};
pub(crate) use look::{attempt, is_any, look};
pub(crate) use options::{
    ask, asked, dont_fragment, join_ipv4, leave_ipv4, set_dont_fragment, set_ipv4_interface,
    set_traffic_class, traffic_class,
};
pub(crate) use reactor::{Ready, Registered, URGENT, register};
pub(crate) use socket::{disconnect, in_kernel, is_under_way, prepare, share};
