//! One provider instance with the operations of its embedder.

use bytes::Bytes;
use smallvec::SmallVec;
use wsp_core::{CompletionRoutine, WsaError};

use super::operations::{Completion, Ends, Lane, Notify, Operations, Outstanding, Overlapped};
use super::semantics::{OverlappedKey, RoomKey, Semantics, SocketKey, THREAD};
use super::{Error, Posted};

/// A provider with the operations that were posted to it.
pub(super) struct Instance {
    pub(super) semantics: Box<dyn Semantics>,
    pub(super) operations: Operations,
    /// Operations of the host that the provider had taken when it was last asked.
    taken: u64,
}

/// The buffers of one send; a few need no allocation.
pub(super) type Buffers = SmallVec<[Bytes; 4]>;

/// What to post: an overlapped send or receive of a socket.
pub(super) struct Request {
    pub(super) lane: Lane,
    pub(super) notify: Notify,
    pub(super) room: Option<u32>,
    /// Who is told of its end.
    pub(super) ends: Ends,
}

/// What the provider is given to start an operation.
pub(super) struct Posting {
    pub(super) overlapped: OverlappedKey,
    pub(super) routine: Option<CompletionRoutine>,
    pub(super) room: Option<RoomKey>,
}

/// How an operation ended before its call returned.
pub(super) struct AtOnce {
    pub(super) bytes: u32,
    /// It moved `bytes`, but failed, and the provider does not indicate that.
    pub(super) failed: bool,
}

impl AtOnce {
    /// It did what it was asked for.
    pub(super) fn succeeded(bytes: u32) -> AtOnce {
        AtOnce {
            bytes,
            failed: false,
        }
    }
}

impl Instance {
    pub(super) fn new(semantics: Box<dyn Semantics>) -> Instance {
        Instance {
            semantics,
            operations: Operations::default(),
            taken: 0,
        }
    }

    /// Brings the provider up to date, and returns how many operations of the host
    /// it has taken: what to wait beyond.
    pub(super) fn pump(&mut self) -> Result<u64, Error> {
        if self.semantics.shared().completions().count() != self.taken {
            self.taken = self.semantics.pump()?;
        }
        Ok(self.taken)
    }

    /// Posts an overlapped operation: `start` calls the provider with the
    /// overlapped structure, the routine and the receive buffer.
    pub(super) fn post(
        &mut self,
        request: Request,
        start: impl FnOnce(&mut dyn Semantics, Posting) -> Result<AtOnce, Error>,
    ) -> Result<Posted, Error> {
        let number = self.operations.number();
        let Request {
            lane,
            notify,
            room,
            ends,
        } = request;
        let overlapped = self.overlapped(notify == Notify::Event)?;
        let room = match room {
            Some(capacity) => Some(self.semantics.room(capacity)?),
            None => None,
        };
        let posting = Posting {
            overlapped: overlapped.key,
            routine: (notify == Notify::Routine).then_some(CompletionRoutine {
                thread_id: THREAD,
                context: number,
            }),
            room,
        };
        let mut operation = Outstanding {
            overlapped,
            notify,
            failed_at_once: false,
            room,
            ends,
        };
        let transferred = match start(&mut *self.semantics, posting) {
            Ok(AtOnce { bytes, failed }) => {
                operation.failed_at_once = failed;
                Some(bytes)
            }
            Err(Error::Winsock(WsaError::IoPending)) => None,
            Err(error) => {
                self.forget(overlapped, room)?;
                return Err(error);
            }
        };
        self.operations.add(number, lane, operation);
        Ok(Posted {
            operation: number,
            transferred,
        })
    }

    /// An overlapped structure for one operation.
    fn overlapped(&mut self, with_event: bool) -> Result<Overlapped, Error> {
        if let Some(spare) = self.operations.spare(with_event) {
            return Ok(spare);
        }
        let event = match with_event {
            true => Some(self.semantics.event()?),
            false => None,
        };
        let key = self.semantics.overlapped(event)?;
        Ok(Overlapped { key, event })
    }

    /// Releases everything that an operation held, and returns what it received.
    fn forget(
        &mut self,
        overlapped: Overlapped,
        room: Option<RoomKey>,
    ) -> Result<Option<Bytes>, Error> {
        if let Some(Overlapped { key, event }) = self.operations.keep(overlapped) {
            if let Some(event) = event {
                self.semantics.drop_event(event)?;
            }
            self.semantics.drop_overlapped(key)?;
        }
        room.map(|room| self.semantics.take_received(room))
            .transpose()
    }

    /// Ends every operation that has completed, and returns what [`Instance::pump`] does.
    pub(super) fn collect(&mut self) -> Result<u64, Error> {
        let collected = self.try_to_collect();
        if collected.is_err() {
            // Nobody will end them.
            self.operations.give_up();
        }
        collected
    }

    fn try_to_collect(&mut self) -> Result<u64, Error> {
        let seen = self.pump()?;
        while self.operations.has_routines()
            && let Some(context) = self.semantics.next_routine()?
        {
            self.complete(context)?;
        }
        for (lane, oldest) in self.operations.oldest() {
            let mut number = Some(oldest);
            while let Some(candidate) = number {
                if !self.indicated(candidate)? {
                    break;
                }
                self.complete(candidate)?;
                number = self.operations.pop_lane(lane);
            }
        }
        Ok(seen)
    }

    fn indicated(&mut self, number: u64) -> Result<bool, Error> {
        let Some(operation) = self.operations.outstanding(number) else {
            return Ok(true);
        };
        let (overlapped, event) = (operation.overlapped.key, operation.event());
        match event {
            Some(event) => self.semantics.event_is_set(event),
            None => Ok(!self.semantics.in_progress(overlapped)?),
        }
    }

    fn complete(&mut self, number: u64) -> Result<(), Error> {
        let Some(operation) = self.operations.remove(number) else {
            return Ok(());
        };
        let Outstanding {
            overlapped,
            notify,
            room,
            ends,
            ..
        } = operation;
        let ended = self.semantics.status(overlapped.key)?;
        // Only a datagram that was received has a source.
        let source = match room {
            Some(_) => self.semantics.source(overlapped.key)?,
            None => None,
        };
        let data = self.forget(overlapped, room)?;
        let completion = Completion {
            operation: number,
            error: ended.error,
            transferred: ended.transferred,
            notify,
            data,
            source,
        };
        self.operations.ended(completion, ends);
        Ok(())
    }

    /// Ends a pending operation, unless it has ended.
    pub(super) fn cancel(&mut self, s: SocketKey, number: u64) -> Result<(), Error> {
        let Some(operation) = self.operations.outstanding(number) else {
            return Ok(());
        };
        let overlapped = operation.overlapped.key;
        self.semantics.cancel(s, overlapped)?;
        self.collect()?;
        Ok(())
    }
}
