//! Room for a receive.

use crate::{bindings::winsock::spi::memory, words};

/// Room for one receive. The host fills it, so it can outlive the call.
#[derive(Debug)]
pub struct ReceiveBuffer {
    raw: memory::ReceiveBuffer,
}

impl ReceiveBuffer {
    /// Room for `capacity` bytes. The receive that uses it fails with
    /// `WSAENOBUFS` if that exceeds the host's quota.
    #[must_use]
    pub fn new(capacity: u32) -> ReceiveBuffer {
        ReceiveBuffer {
            raw: memory::ReceiveBuffer::new(capacity),
        }
    }

    /// The first `length` bytes of what the last receive delivered: fewer if
    /// it delivered fewer, none while a receive into the buffer is pending.
    #[must_use]
    pub fn read(&self, length: u32) -> Vec<u8> {
        words::read(&self.raw, length).unwrap_or_else(|| self.raw.read(0, length))
    }

    pub(crate) fn raw(&self) -> &memory::ReceiveBuffer {
        &self.raw
    }
}
