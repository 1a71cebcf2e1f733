//! What happens to operations, for those who want to see it: told to a sink as it happens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::{Interest, Protocol, TransportError};

/// Is told what the sockets of one instance or of several do, in the order in which it happens
/// to each socket.
///
/// It is called in the thread that did it, mostly while a queue of the socket is locked: it
/// must return soon, and must call neither the socket nor its provider.
///
/// ```
/// use std::sync::Arc;
/// use wsp_transport::trace::{Event, Sink};
///
/// let sink: Arc<dyn Sink> = Arc::new(|events: &[Event]| println!("{events:?}"));
/// ```
pub trait Sink: Send + Sync {
    /// These things happened, in this order; what one system call did comes in one slice.
    fn tell(&self, events: &[Event]);
}

impl<F: Fn(&[Event]) + Send + Sync> Sink for F {
    fn tell(&self, events: &[Event]) {
        self(events);
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Instant,
    /// The instance that it happened to: a number that no other one of the process ever has.
    pub instance: u64,
    /// What.
    pub what: What,
}

impl Event {
    pub(crate) fn new(at: Instant, instance: u64, what: What) -> Event {
        Event { at, instance, what }
    }
}

/// What happened. Sockets and operations have numbers of their own here, which are those of
/// one thing of the instance for ever: numbers of a provider come back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The instance begins.
    Began {
        /// Whom it works for.
        tenant: Arc<str>,
    },
    /// A socket was created or accepted.
    Opened {
        /// The socket.
        socket: u64,
        /// What it speaks.
        protocol: Protocol,
        /// Who connected, if it was accepted.
        peer: Option<SocketAddr>,
    },
    /// A socket takes connections.
    Listening {
        /// The socket.
        socket: u64,
        /// At this address.
        local: SocketAddr,
    },
    /// An operation has begun and did not end at once. What was sent of it in the same call
    /// follows as [`What::Moved`].
    Submitted(Submission),
    /// An operation that ended in the call that began it; whoever called was told there.
    AtOnce {
        /// What was begun.
        submission: Submission,
        /// When the call came.
        since: Instant,
        /// Bytes that were sent or received.
        bytes: u64,
        /// Why it failed.
        error: Option<TransportError>,
    },
    /// The system took bytes of a send.
    Moved {
        /// The operation.
        operation: u64,
        /// How many bytes of it.
        bytes: u64,
        /// The system call: what has the same number went out together.
        call: u64,
    },
    /// An operation that was [`What::Submitted`] has ended.
    Ended {
        /// The operation.
        operation: u64,
        /// Bytes that it sent or received in all.
        bytes: u64,
        /// Why it failed.
        error: Option<TransportError>,
    },
    /// The end of an operation was taken by the provider, which indicates it to the program.
    Indicated {
        /// The operation.
        operation: u64,
    },
    /// The policy denied something, or would have if it only counts.
    Denied(Box<Denied>),
    /// A quota refused something.
    Refused {
        /// The quota ([`wsp_guard::quota::QuotaKind::as_str`]).
        quota: &'static str,
        /// Whose it is ([`wsp_guard::quota::Scope::as_str`]).
        scope: &'static str,
    },
    /// A socket was closed.
    Closed {
        /// The socket.
        socket: u64,
        /// Bytes that it sent in all.
        sent: u64,
        /// Bytes that it received in all.
        received: u64,
    },
}

/// An operation as it was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    /// The socket.
    pub socket: u64,
    /// The operation.
    pub operation: u64,
    /// What is to be done.
    pub kind: Kind,
    /// Bytes to be sent, or that there is room for.
    pub bytes: u64,
    /// Where to, if the operation names an address.
    pub address: Option<SocketAddr>,
    /// The thread of the program that runs, if its library says so.
    pub thread: Option<u32>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Sends.
    Send,
    /// Goes on with a blocking send of which the system took a part or nothing at once.
    SendRest,
    /// Receives.
    Receive,
    /// Connects.
    Connect,
    /// Waits for readiness, and moves nothing.
    Watch(Interest),
}

impl Kind {
    /// A label that never changes, such as `send` or `watch-readable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Send => "send",
            Kind::SendRest => "send-rest",
            Kind::Receive => "receive",
            Kind::Connect => "connect",
            Kind::Watch(Interest::Readable) => "watch-readable",
            Kind::Watch(Interest::Writable) => "watch-writable",
            Kind::Watch(Interest::Urgent) => "watch-urgent",
            Kind::Watch(Interest::Drained) => "watch-drained",
        }
    }
}

/// What a policy denied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denied {
    /// What was to be done ([`wsp_guard::policy::Request::label`]).
    pub usage: &'static str,
    /// The address in question, if there is one.
    pub address: Option<SocketAddr>,
    /// The name that was to be resolved: the program's words, cut after
    /// [`Denied::LONGEST_NAME`] bytes.
    pub name: Option<String>,
    /// Why ([`wsp_guard::policy::DenialReason::as_str`]).
    pub reason: &'static str,
    /// `denied`, `would-be-denied`, or `revoked` of a socket that was open.
    pub verdict: &'static str,
}

impl Denied {
    /// The most bytes of a name.
    pub const LONGEST_NAME: usize = 255;
}
