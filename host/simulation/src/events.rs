//! What happens in the network, in the order of its time.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::net::SocketAddr;
use std::time::Duration;

use wsp_transport::TransportError;

use crate::connection::Side;

/// Something that happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    /// An attempt to connect reaches the other host.
    Attempt { connection: u64, tries: u32 },
    /// The answer to an attempt reaches who made it.
    Answered {
        connection: u64,
        error: Option<TransportError>,
    },
    /// The connection can be accepted.
    Acceptable { connection: u64 },
    /// Bytes reach an end, of which the last one may be urgent.
    Segment {
        connection: u64,
        to: Side,
        bytes: Bytes,
        urgent: bool,
    },
    /// The end of a direction reaches an end.
    Ended { connection: u64, to: Side },
    /// An end is told that so many of its bytes have arrived.
    Acknowledged {
        connection: u64,
        to: Side,
        bytes: usize,
    },
    /// An end is told that the other one has received something.
    Received { connection: u64, to: Side },
    /// A stream that stood still goes on.
    GoesOn { connection: u64, of: Side },
    /// An end is told that the connection is reset.
    Reset { connection: u64, to: Side },
    /// An end gives up a connection that is lost.
    GivesUp { connection: u64, of: Side },
    /// A datagram arrives, or is lost if it has no host to arrive at.
    Datagram {
        sender: u64,
        from: SocketAddr,
        to: SocketAddr,
        host: Option<usize>,
        bytes: Bytes,
    },
}

/// Payload, which is written as its length and a digest.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.0);
        write!(f, "{} bytes {:016x}", self.0.len(), hasher.finish())
    }
}

/// What is to happen, in the order of time, and of what was planned first.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    events: BTreeMap<(Duration, u64), Event>,
    planned: u64,
    /// Whether something was planned that comes before everything else.
    pub(crate) is_sooner: bool,
}

impl Queue {
    pub(crate) fn plan(&mut self, at: Duration, event: Event) {
        let key = (at, self.planned);
        self.planned += 1;
        self.is_sooner |= self.next().is_none_or(|next| at < next);
        self.events.insert(key, event);
    }

    /// When the next event is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next event, if it is due.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Event> {
        match self.next() {
            Some(at) if at <= now => self.events.pop_first().map(|(_, event)| event),
            _ => None,
        }
    }
}

/// What has happened, as a digest.
#[derive(Debug, Default)]
pub(crate) struct Log {
    hasher: DefaultHasher,
    count: u64,
}

impl Log {
    pub(crate) fn tell(&mut self, now: Duration, event: &Event) {
        let line = format!("{now:?} {event:?}");
        tracing::debug!(target: "wsp::simulation", "{line}");
        self.hasher.write(line.as_bytes());
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn digest(&self) -> u64 {
        self.hasher.finish()
    }
}
