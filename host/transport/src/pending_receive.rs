//! Pending receives: what an endpoint has still to receive.

use std::net::SocketAddr;
use std::sync::Arc;

use super::lane::{Lane, Pending};
use super::receive_buffer::Buffer;
use super::{DatagramInfo, Finished, ReceiveFlags, TransportError};

/// The receives of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Receives {
    pub(super) lane: Lane<PendingReceive>,
    /// The datagram in front is of a sender that the policy allows: decided once for
    /// each, however often it is looked at.
    pub(super) front_is_allowed: bool,
}

/// A receive that the host goes on with.
#[derive(Debug)]
pub(super) struct PendingReceive {
    pub(super) operation: u64,
    pub(super) receive: Receive,
    /// Where a datagram came from.
    pub(super) source: Option<SocketAddr>,
}

impl Pending for PendingReceive {
    /// What will come is not known.
    fn remaining(&self) -> u64 {
        0
    }

    /// Gives the buffer back, before anybody is told to look.
    fn end(self, error: Option<TransportError>) -> Option<Finished> {
        Some(Finished {
            operation: self.operation,
            bytes: self.receive.filled as u64,
            error,
            source: self.source,
        })
    }
}

/// A receive that has its buffer. Dropping it gives the buffer back.
#[derive(Debug)]
pub(super) struct Receive {
    pub(super) buffer: Arc<Buffer>,
    /// What was received, and then what is ready to be filled.
    bytes: Vec<u8>,
    pub(super) filled: usize,
    pub(super) flags: ReceiveFlags,
    /// What the system told beside a datagram.
    pub(super) info: DatagramInfo,
}

impl Drop for Receive {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.buffer.end(bytes, self.filled, self.info);
    }
}

impl Receive {
    pub(super) fn begin(
        buffer: &Arc<Buffer>,
        flags: ReceiveFlags,
    ) -> Result<Receive, TransportError> {
        if buffer.refused() {
            return Err(TransportError::OutOfBuffers);
        }
        let bytes = buffer.begin().ok_or(TransportError::InvalidArgument)?;
        Ok(Receive {
            buffer: Arc::clone(buffer),
            bytes,
            filled: 0,
            flags,
            info: DatagramInfo::default(),
        })
    }

    /// The bytes behind what was received: as many as `ready`, if the buffer has them.
    pub(super) fn space(&mut self, ready: usize) -> &mut [u8] {
        let end = self
            .filled
            .saturating_add(ready)
            .min(self.buffer.capacity());
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(self.filled..end).unwrap_or_default()
    }

    pub(super) fn is_full(&self) -> bool {
        self.filled >= self.buffer.capacity()
    }
}
