//! What one send call sends.

use std::net::SocketAddr;

use crate::bindings::winsock::spi::types::MessageFlags;

/// What one send call sends: buffers, flags and, for datagrams, where to.
///
/// An array of slices is a message by itself, so `socket.send(&[head, body])`
/// needs no `Message`.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub(crate) buffers: &'a [&'a [u8]],
    pub(crate) flags: MessageFlags,
    pub(crate) to: Option<SocketAddr>,
}

impl<'a> Message<'a> {
    /// `buffers`, in order, as one message.
    #[must_use]
    pub fn new(buffers: &'a [&'a [u8]]) -> Message<'a> {
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
