//! Room for one receive.

use std::sync::{Arc, Mutex};

use crate::quota::Permit;
use crate::sync::lock;

/// A receive buffer, as a program or embedder holds it.
#[derive(Debug)]
pub struct ReceiveBuffer {
    room: Arc<Room>,
}

impl ReceiveBuffer {
    /// Room for `capacity` bytes; without a permit every receive into it is refused.
    pub(crate) fn new(capacity: u32, permit: Option<Permit>) -> ReceiveBuffer {
        ReceiveBuffer {
            room: Arc::new(Room {
                capacity: capacity as usize,
                refused: permit.is_none(),
                _permit: permit,
                state: Mutex::new(RoomState::Idle(Vec::new())),
            }),
        }
    }

    pub(crate) fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// Up to `length` bytes from `offset` on; none while a receive is pending.
    pub(crate) fn read(&self, offset: u32, length: u32) -> Vec<u8> {
        let RoomState::Idle(bytes) = &*lock(&self.room.state) else {
            return Vec::new();
        };
        let from = (offset as usize).min(bytes.len());
        let to = from.saturating_add(length as usize).min(bytes.len());
        bytes.get(from..to).unwrap_or_default().to_vec()
    }

    /// Everything received, without a copy; the buffer is empty afterwards.
    pub(crate) fn take(&self) -> Vec<u8> {
        match &mut *lock(&self.room.state) {
            RoomState::Idle(bytes) => std::mem::take(bytes),
            RoomState::Busy => Vec::new(),
        }
    }
}

/// The part of a receive buffer that a pending receive shares.
#[derive(Debug)]
pub(crate) struct Room {
    capacity: usize,
    refused: bool,
    _permit: Option<Permit>,
    state: Mutex<RoomState>,
}

#[derive(Debug)]
enum RoomState {
    /// Holds what the last receive delivered. → `Busy` when a receive starts.
    Idle(Vec<u8>),
    /// A receive owns the bytes. → `Idle` when it ends.
    Busy,
}

impl Room {
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the payload quota had no room for it.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Takes the bytes for a receive, whatever they are and however many. None while another receive has them.
    pub(crate) fn begin(&self) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, RoomState::Busy) {
            RoomState::Busy => None,
            RoomState::Idle(bytes) => Some(bytes),
        }
    }

    /// Gives the bytes back, of which the first `filled` were received.
    pub(crate) fn end(&self, mut bytes: Vec<u8>, filled: usize) {
        bytes.truncate(filled);
        *lock(&self.state) = RoomState::Idle(bytes);
    }
}
