//! Operations that the transport is working on.

use slotmap::{Key, KeyData, new_key_type};

use crate::{EventId, OverlappedId, SocketId, overlapped::Outcome};

new_key_type! {
    /// Names an operation. It goes to the transport and back as a number, with
    /// a generation in it, so that a late report never meets another operation.
    pub(crate) struct OperationId;
}

impl OperationId {
    pub(crate) fn to_number(self) -> u64 {
        self.data().as_ffi()
    }

    pub(crate) fn from_number(number: u64) -> OperationId {
        KeyData::from_ffi(number).into()
    }
}

/// Who is told when an overlapped operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notification {
    /// Nobody: the client polls.
    None,
    /// `hEvent` is set.
    Event(EventId),
    /// The completion routine is queued to this thread with this context.
    Routine { thread: u32, context: u64 },
}

/// An operation that the transport has accepted, or is being offered.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) socket: SocketId,
    pub(crate) purpose: Purpose,
}

/// What an operation is for, and so what its end does.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// An overlapped send or receive: its end is stored and notified.
    Overlapped {
        overlapped: OverlappedId,
        notification: Notification,
    },
    /// The one thing that a blocking call waits for. `None` → `Some` when it
    /// ends; the call takes it from there.
    Blocking(Option<Outcome>),
    /// A connection attempt: its end moves the socket on.
    Connect,
    /// Readiness after a `WSAEWOULDBLOCK`: its end is only counted, so that
    /// who waits for the host's readiness looks again.
    Watch(Direction),
}

/// The direction of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Receive,
    Send,
}
