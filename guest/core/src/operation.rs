//! Operations that the transport is working on.

use slotmap::{Key, KeyData, new_key_type};

use crate::{EventId, Interest, OverlappedId, SocketId, outcome::Outcome};

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
    /// Counts up from operation to operation.
    pub(crate) position: u64,
    pub(crate) socket: SocketId,
    pub(crate) purpose: Purpose,
    pub(crate) work: Work,
}

/// What the transport does for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// What is asked for: a send, a datagram, a connection, readiness.
    Any,
    /// Receives from a stream. → `Awaits` when it has no room for what may come.
    Receives,
    /// Watches until a receive from the stream would find something.
    Awaits,
    /// Nothing yet: its ticket is out. → `Any` when the transport has accepted it.
    Begun,
    /// Watches until the listening socket would accept.
    Accepts(Accepting),
    /// Connects, for an operation that may have data to send then.
    Connects,
}

/// What an operation is for, and so what its end does.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// An overlapped operation: its end is stored and notified.
    Overlapped {
        overlapped: OverlappedId,
        notification: Notification,
    },
    /// The one thing that a blocking call waits for. `None` → `Some` when it
    /// ends; the call takes it from there.
    Blocking(Option<Outcome>),
    /// A connection attempt: its end moves the socket on.
    Connect,
    /// What a nonblocking send consumed beyond the room there was: its end
    /// notifies nobody, but closing the socket leaves it the endpoint.
    KeptAside {
        /// What the send answered, in bytes.
        consumed: u32,
    },
    /// What has ended already, before the transport's report of it.
    Over,
    /// Readiness: its end lets waiters poll again, and network events be recorded.
    Watch(Watched),
}

/// What a watch of a socket waits for; a socket has at most one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// A receive or an accept would not wait.
    Readable,
    /// A send would not wait.
    Writable,
    /// Urgent data has arrived.
    Urgent,
    /// The peer has taken everything that was sent.
    Drained,
}

impl Watched {
    pub(crate) fn interest(self) -> Interest {
        match self {
            Watched::Readable => Interest::Readable,
            Watched::Writable => Interest::Writable,
            Watched::Urgent => Interest::Urgent,
            Watched::Drained => Interest::Drained,
        }
    }
}

impl From<Interest> for Watched {
    fn from(interest: Interest) -> Watched {
        match interest {
            Interest::Readable => Watched::Readable,
            Interest::Writable => Watched::Writable,
            Interest::Urgent => Watched::Urgent,
            Interest::Drained => Watched::Drained,
        }
    }
}

/// The watches of a socket that are under way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watches {
    readable: Option<OperationId>,
    writable: Option<OperationId>,
    urgent: Option<OperationId>,
    drained: Option<OperationId>,
}

impl Watches {
    pub(crate) fn of(&mut self, watched: Watched) -> &mut Option<OperationId> {
        match watched {
            Watched::Readable => &mut self.readable,
            Watched::Writable => &mut self.writable,
            Watched::Urgent => &mut self.urgent,
            Watched::Drained => &mut self.drained,
        }
    }
}

/// What an accept operation does with the connection that it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepting {
    /// The socket that the connection becomes.
    pub(crate) into: SocketId,
    /// Whether the operation ends with the first bytes, and not with the connection.
    pub(crate) first_bytes: bool,
    /// Whether the transport has yet to report the end of its watch.
    pub(crate) watching: bool,
}
