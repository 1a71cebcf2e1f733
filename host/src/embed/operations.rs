//! The embedder's overlapped operations, from their posting to their completion.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::sync::oneshot;
use wsp_core::WsaError;

use super::semantics::{EventKey, OverlappedKey, RoomKey};

/// How an overlapped operation says that it has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notify {
    /// It sets an event.
    Event,
    /// It queues a completion routine.
    Routine,
    /// It only changes its status.
    Poll,
}

/// An overlapped operation that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Posted {
    /// Its number, which its [`Completion`] repeats.
    pub operation: u64,
    /// Bytes transferred, if it ended at once; `None` while it is pending
    /// (WSA_IO_PENDING). Either way a [`Completion`] follows, which says whether it failed.
    pub transferred: Option<u32>,
}

/// How an overlapped operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// The number from [`Posted`].
    pub operation: u64,
    /// Why it failed; `None` for success.
    pub error: Option<WsaError>,
    /// Bytes sent or received, also when it failed.
    pub transferred: u32,
    /// How it was indicated.
    pub notify: Notify,
    /// What was received; empty at the end of a stream. `None` for sends.
    pub data: Option<Bytes>,
    /// Where a datagram came from.
    pub source: Option<SocketAddr>,
}

/// Who is told how an operation ended.
#[derive(Debug)]
pub(super) enum Ends {
    /// [`Provider::completions`](super::Provider::completions).
    InStream,
    /// A future of its own.
    AtFuture(oneshot::Sender<Completion>),
}

/// An operation that has not been reported.
#[derive(Debug)]
pub(super) struct Outstanding {
    pub(super) overlapped: Overlapped,
    pub(super) notify: Notify,
    /// It failed before the call returned: the provider reports that with the call,
    /// and sets no event and queues no routine.
    pub(super) failed_at_once: bool,
    /// The buffer of a receive.
    pub(super) room: Option<RoomKey>,
    pub(super) ends: Ends,
}

impl Outstanding {
    /// Whether a completion routine reports its end.
    fn is_told_by_routine(&self) -> bool {
        self.notify == Notify::Routine && !self.failed_at_once
    }

    /// The event that its end sets.
    pub(super) fn event(&self) -> Option<EventKey> {
        self.overlapped.event.filter(|_| !self.failed_at_once)
    }
}

/// An overlapped structure of the provider, which serves one operation after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overlapped {
    pub(super) key: OverlappedKey,
    /// Its `hEvent`, if it has one.
    pub(super) event: Option<EventKey>,
}

/// Overlapped structures that are kept for the operations to come.
const SPARE: usize = 64;

/// The operations of one direction of one socket complete in the order of their
/// posting, so only the oldest of each has to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lane {
    /// The socket's number.
    pub(super) socket: u64,
    pub(super) direction: Direction,
}

/// The direction of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Receive,
    Send,
}

/// Operations that have not been reported, and completions that were not taken yet.
#[derive(Debug, Default)]
pub(super) struct Operations {
    next: u64,
    outstanding: HashMap<u64, Outstanding>,
    /// Those of them that a completion routine reports.
    routines: usize,
    /// Operations without a routine, for each lane, oldest first.
    lanes: BTreeMap<Lane, VecDeque<u64>>,
    ready: VecDeque<Completion>,
    /// Overlapped structures that nothing uses, with an event and without.
    spare: [Vec<Overlapped>; 2],
}

impl Operations {
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// An operation that has not been reported.
    pub(super) fn outstanding(&self, number: u64) -> Option<&Outstanding> {
        self.outstanding.get(&number)
    }

    /// Whether a completion routine reports any of them.
    pub(super) fn has_routines(&self) -> bool {
        self.routines > 0
    }

    /// Takes an operation out, to report it.
    pub(super) fn remove(&mut self, number: u64) -> Option<Outstanding> {
        let operation = self.outstanding.remove(&number)?;
        if operation.is_told_by_routine() {
            self.routines -= 1;
        }
        Some(operation)
    }

    /// Tells how an operation ended.
    pub(super) fn ended(&mut self, completion: Completion, ends: Ends) {
        match ends {
            Ends::InStream => self.ready.push_back(completion),
            // Nobody waits for it any more: then nobody is told.
            Ends::AtFuture(future) => drop(future.send(completion)),
        }
    }

    /// Whether there are completions that were not taken.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The oldest completion that was not taken.
    pub(super) fn take(&mut self) -> Option<Completion> {
        self.ready.pop_front()
    }

    /// Forgets what nobody will end, which its futures are told.
    pub(super) fn give_up(&mut self) {
        self.outstanding.clear();
        self.lanes.clear();
        self.routines = 0;
    }

    /// An overlapped structure that nothing uses.
    pub(super) fn spare(&mut self, with_event: bool) -> Option<Overlapped> {
        let [plain, with] = &mut self.spare;
        if with_event { with.pop() } else { plain.pop() }
    }

    /// Keeps an overlapped structure that nothing uses any more; hands it back
    /// if there are enough of them.
    pub(super) fn keep(&mut self, overlapped: Overlapped) -> Option<Overlapped> {
        let [plain, with] = &mut self.spare;
        let spare = if overlapped.event.is_some() {
            with
        } else {
            plain
        };
        if spare.len() >= SPARE {
            return Some(overlapped);
        }
        spare.push(overlapped);
        None
    }

    pub(super) fn add(&mut self, number: u64, lane: Lane, operation: Outstanding) {
        match operation.is_told_by_routine() {
            true => self.routines += 1,
            false => self.lanes.entry(lane).or_default().push_back(number),
        }
        self.outstanding.insert(number, operation);
    }

    /// The oldest operation of every lane.
    pub(super) fn oldest(&self) -> Vec<(Lane, u64)> {
        let first = |(lane, numbers): (&Lane, &VecDeque<u64>)| Some((*lane, *numbers.front()?));
        self.lanes.iter().filter_map(first).collect()
    }

    /// Takes the oldest operation of a lane away; the next oldest, if there is one.
    pub(super) fn pop_lane(&mut self, lane: Lane) -> Option<u64> {
        let numbers = self.lanes.get_mut(&lane)?;
        numbers.pop_front();
        let next = numbers.front().copied();
        if next.is_none() {
            self.lanes.remove(&lane);
        }
        next
    }
}
