//! Receiving, and looking at what there is to receive.

use wsp_core::{ReceiveFlags, ReceiveStarted, ReceivedNow, TransportError};

use super::{Phase, Stream};
use crate::memory::Room;
use crate::pending::Context;
use crate::wasi::{StreamError, Wasi};

/// What a look at a stream reads ahead at most, in bytes, also to count them.
const LOOK: usize = 64 << 10;

/// What was read before anybody received it.
#[derive(Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    /// How much of it was received.
    taken: usize,
}

impl Ahead {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    fn push(&mut self, bytes: Vec<u8>) {
        if self.is_empty() {
            *self = Ahead { bytes, taken: 0 };
        } else {
            self.bytes.drain(..self.taken);
            self.taken = 0;
            self.bytes.extend(bytes);
        }
    }

    fn peek(&self, most: usize) -> Vec<u8> {
        let rest = self.rest();
        rest.get(..most).unwrap_or(rest).to_vec()
    }

    fn take(&mut self, most: usize) -> Vec<u8> {
        if self.taken == 0 && self.bytes.len() <= most {
            return std::mem::take(&mut self.bytes);
        }
        let taken = self.peek(most);
        self.taken += taken.len();
        if self.is_empty() {
            *self = Ahead::default();
        }
        taken
    }
}

impl<W: Wasi> Stream<W> {
    /// Reads up to `most` bytes; none if there are none, or none any more.
    fn read(&mut self, wasi: &W, most: usize) -> Vec<u8> {
        if self.ended || self.failure.is_some() {
            return Vec::new();
        }
        let Some(input) = &self.input else {
            return Vec::new();
        };
        match wasi.read(input, most as u64) {
            Ok(bytes) => bytes,
            Err(StreamError::Closed) => {
                self.ended = true;
                Vec::new()
            }
            Err(error) => {
                self.fail(&error);
                Vec::new()
            }
        }
    }

    /// Reads ahead until there are `least` bytes, if so many are there.
    fn read_ahead(&mut self, wasi: &W, least: usize, most: usize) {
        while self.ahead.rest().len() < least {
            let bytes = self.read(wasi, most.max(least) - self.ahead.rest().len());
            if bytes.is_empty() {
                return;
            }
            self.ahead.push(bytes);
        }
    }

    /// Looks whether there is something to receive.
    pub(super) fn look_ahead(&mut self, cx: &Context<'_, W>) {
        self.read_ahead(cx.wasi, 1, LOOK);
    }

    /// Looks for the end of the stream, which is behind what there is to receive.
    pub(super) fn look_for_end(&mut self, cx: &Context<'_, W>) {
        self.read_ahead(cx.wasi, LOOK, LOOK);
    }

    /// Whether so much was read that nobody looks further.
    pub(super) fn has_looked(&self) -> bool {
        self.ahead.rest().len() >= LOOK
    }

    pub(crate) fn available(&mut self, cx: &Context<'_, W>) -> u64 {
        self.look_for_end(cx);
        self.ahead.rest().len() as u64
    }

    fn receive(
        &mut self,
        wasi: &W,
        capacity: usize,
        flags: ReceiveFlags,
    ) -> Result<Vec<u8>, TransportError> {
        if flags.contains(ReceiveFlags::URGENT) {
            return Err(TransportError::InvalidArgument);
        }
        if self.phase != Phase::Connected {
            return Err(TransportError::NotConnected);
        }
        if capacity == 0 {
            return Ok(Vec::new());
        }
        let fill = flags.contains(ReceiveFlags::FILL);
        let peek = flags.contains(ReceiveFlags::PEEK);
        if self.ahead.is_empty() && !fill && !peek {
            let bytes = self.read(wasi, capacity);
            if !bytes.is_empty() || self.ended {
                return Ok(bytes);
            }
            return Err(self.failure.unwrap_or(TransportError::WouldBlock));
        }
        self.read_ahead(wasi, capacity, capacity);
        let there = self.ahead.rest().len();
        let is_enough = there > 0 && (!fill || there >= capacity);
        if !is_enough && !self.ended {
            match self.failure {
                Some(failure) if there == 0 => return Err(failure),
                Some(_) => {}
                None => return Err(TransportError::WouldBlock),
            }
        }
        Ok(if peek {
            self.ahead.peek(capacity)
        } else {
            self.ahead.take(capacity)
        })
    }

    pub(crate) fn try_receive(
        &mut self,
        cx: &Context<'_, W>,
        room: &Room,
        flags: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        room.check()?;
        if !self.receives.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        let bytes = self.receive(cx.wasi, room.capacity(), flags - ReceiveFlags::FILL)?;
        Ok(received(room, bytes))
    }

    pub(crate) fn start_receive(
        &mut self,
        cx: &Context<'_, W>,
        room: &Room,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        room.check()?;
        let charge = cx.account.operation()?;
        if self.receives.is_empty() {
            match self.receive(cx.wasi, room.capacity(), flags) {
                Err(TransportError::WouldBlock) => {}
                Ok(bytes) => return Ok(ReceiveStarted::Done(received(room, bytes))),
                Err(error) => return Err(error),
            }
        }
        self.receives.push(room, flags, operation, charge);
        Ok(ReceiveStarted::Pending)
    }

    pub(super) fn progress_receives(&mut self, cx: &mut Context<'_, W>) {
        while let Some(receive) = self.receives.next() {
            match self.receive(cx.wasi, receive.room.capacity(), receive.flags) {
                Err(TransportError::WouldBlock) => {
                    self.receives.put_back(receive);
                    return;
                }
                Ok(bytes) => receive.end(cx, bytes, None, None),
                Err(error) => receive.end(cx, Vec::new(), Some(error), None),
            }
        }
    }
}

fn received(room: &Room, bytes: Vec<u8>) -> ReceivedNow {
    let length = bytes.len() as u64;
    room.end(bytes);
    ReceivedNow {
        bytes: length,
        source: None,
        truncated: false,
    }
}
