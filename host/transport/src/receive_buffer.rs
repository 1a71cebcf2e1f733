//! Memory for one receive.

use std::sync::{Arc, Mutex};

use super::DatagramInfo;
use wsp_guard::quota::Permit;
use wsp_guard::sync::lock;

/// A receive buffer, as a program or embedder holds it.
#[derive(Debug)]
pub struct ReceiveBuffer {
    buffer: Arc<Buffer>,
}

impl ReceiveBuffer {
    /// A buffer of `capacity` bytes; without a permit every receive into it is refused.
    #[must_use]
    pub fn new(capacity: u32, permit: Option<Permit>) -> ReceiveBuffer {
        ReceiveBuffer {
            buffer: Arc::new(Buffer {
                capacity: capacity as usize,
                refused: permit.is_none(),
                _permit: permit,
                state: Mutex::new(State::Idle(Vec::new(), DatagramInfo::default())),
            }),
        }
    }

    pub(crate) fn buffer(&self) -> &Arc<Buffer> {
        &self.buffer
    }

    /// Up to `length` bytes from `offset` on; none while a receive is pending.
    #[must_use]
    pub fn read(&self, offset: u32, length: u32) -> Vec<u8> {
        let State::Idle(bytes, _) = &*lock(&self.buffer.state) else {
            return Vec::new();
        };
        let from = (offset as usize).min(bytes.len());
        let to = from.saturating_add(length as usize).min(bytes.len());
        bytes.get(from..to).unwrap_or_default().to_vec()
    }

    /// What the system told beside the datagram that was received; nothing while a receive
    /// is pending.
    #[must_use]
    pub fn info(&self) -> DatagramInfo {
        match &*lock(&self.buffer.state) {
            State::Idle(_, info) => *info,
            State::Busy => DatagramInfo::default(),
        }
    }

    /// Everything received, without a copy; the buffer is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        match &mut *lock(&self.buffer.state) {
            State::Idle(bytes, _) => std::mem::take(bytes),
            State::Busy => Vec::new(),
        }
    }
}

/// The part of a receive buffer that a pending receive shares.
#[derive(Debug)]
pub(crate) struct Buffer {
    capacity: usize,
    refused: bool,
    _permit: Option<Permit>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Holds what the last receive delivered. → `Busy` when a receive starts.
    Idle(Vec<u8>, DatagramInfo),
    /// A receive owns the bytes. → `Idle` when it ends.
    Busy,
}

impl Buffer {
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the payload quota had no buffer for it.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Takes the bytes for a receive, whatever they are and however many. None while another receive has them.
    pub(crate) fn begin(&self) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, State::Busy) {
            State::Busy => None,
            State::Idle(bytes, _) => Some(bytes),
        }
    }

    /// Gives the bytes back, of which the first `filled` were received.
    pub(crate) fn end(&self, mut bytes: Vec<u8>, filled: usize, info: DatagramInfo) {
        bytes.truncate(filled);
        *lock(&self.state) = State::Idle(bytes, info);
    }
}
