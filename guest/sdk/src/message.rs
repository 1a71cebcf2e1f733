//! What one send call sends.

use std::{io::IoSlice, net::SocketAddr};

use crate::{bindings::winsock::spi::types::MessageFlags, buffers::Buffers};

/// What one send call sends: buffers, flags and, for datagrams, where to.
///
/// Bytes are a message by themselves, and so is an array of slices: `socket.send(b"text")`
/// and `socket.send(&[head, body])` need no `Message`; nor do slices of [`IoSlice`]. Up to
/// 16 buffers are handed over without an allocation.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub(crate) buffers: Buffers<'a>,
    pub(crate) flags: MessageFlags,
    pub(crate) to: Option<SocketAddr>,
}

impl<'a> Message<'a> {
    /// `buffers`, in order, as one message.
    #[must_use]
    pub fn new(buffers: &'a [&'a [u8]]) -> Message<'a> {
        Message::of(Buffers::Slices(buffers))
    }

    /// The same, of the slices that vectored writes have.
    #[must_use]
    pub fn from_io(buffers: &'a [IoSlice<'a>]) -> Message<'a> {
        Message::of(Buffers::IoSlices(buffers))
    }

    fn of(buffers: Buffers<'a>) -> Message<'a> {
        Message {
            buffers,
            flags: MessageFlags::empty(),
            to: None,
        }
    }

    /// The same with `dwFlags`, such as [`MessageFlags::OOB`].
    #[must_use]
    pub fn flags(self, flags: MessageFlags) -> Message<'a> {
        Message { flags, ..self }
    }

    /// The same to an address, which takes precedence over a datagram socket's
    /// default peer (WSASendTo). A stream ignores it.
    #[must_use]
    pub fn to(self, address: SocketAddr) -> Message<'a> {
        Message {
            to: Some(address),
            ..self
        }
    }
}

impl<'a> From<&'a [u8]> for Message<'a> {
    fn from(bytes: &'a [u8]) -> Message<'a> {
        Message::of(Buffers::One(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Message<'a> {
    fn from(bytes: &'a [u8; N]) -> Message<'a> {
        Message::from(bytes.as_slice())
    }
}

impl<'a> From<&'a [&'a [u8]]> for Message<'a> {
    fn from(buffers: &'a [&'a [u8]]) -> Message<'a> {
        Message::new(buffers)
    }
}

impl<'a, const N: usize> From<&'a [&'a [u8]; N]> for Message<'a> {
    fn from(buffers: &'a [&'a [u8]; N]) -> Message<'a> {
        Message::new(buffers)
    }
}

impl<'a> From<&'a Vec<&'a [u8]>> for Message<'a> {
    fn from(buffers: &'a Vec<&'a [u8]>) -> Message<'a> {
        Message::new(buffers)
    }
}

impl<'a> From<&'a [IoSlice<'a>]> for Message<'a> {
    fn from(buffers: &'a [IoSlice<'a>]) -> Message<'a> {
        Message::from_io(buffers)
    }
}

impl<'a, const N: usize> From<&'a [IoSlice<'a>; N]> for Message<'a> {
    fn from(buffers: &'a [IoSlice<'a>; N]) -> Message<'a> {
        Message::from_io(buffers)
    }
}
