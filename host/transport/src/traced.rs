//! What an endpoint tells the sink of a trace, if there is one.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Instant;

use super::endpoint::Endpoint;
use super::trace::{Event, Kind, Submission, What};
use super::tracer::{Traced, Tracer};
use super::watches::Wanted;
use super::{Interest, Started, TransportError};

/// An operation that has begun, as long as nobody knows whether it ends at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    since: Instant,
    submission: Submission,
}

impl Endpoint {
    fn tracer(&self) -> Option<(&Tracer, u64)> {
        let tracer = self.shared.tracer()?;
        Some((tracer, self.traced.number()?))
    }

    /// The socket is there.
    pub(super) fn trace_opened(&self, peer: Option<SocketAddr>) {
        if let Some((tracer, socket)) = self.tracer() {
            let protocol = self.protocol;
            tracer.tell(What::Opened {
                socket,
                protocol,
                peer,
            });
        }
    }

    /// The socket takes connections.
    pub(super) fn trace_listening(&self, local: SocketAddr) {
        if let Some((tracer, socket)) = self.tracer() {
            tracer.tell(What::Listening { socket, local });
        }
    }

    /// The socket is closed, after so many bytes.
    pub(super) fn trace_closed(&self, totals: impl FnOnce() -> (u64, u64)) {
        if let Some((tracer, socket)) = self.tracer() {
            let (sent, received) = totals();
            tracer.tell(What::Closed {
                socket,
                sent,
                received,
            });
        }
    }

    /// An operation begins. None without a sink.
    pub(super) fn trace_begin(
        &self,
        kind: Kind,
        bytes: u64,
        address: Option<SocketAddr>,
    ) -> Option<Begun> {
        let (tracer, socket) = self.tracer()?;
        Some(Begun {
            submission: Submission {
                socket,
                operation: tracer.next().get(),
                kind,
                bytes,
                address,
                thread: tracer.thread(),
            },
            since: Instant::now(),
        })
    }

    /// What has begun goes on after the call, which has `sent` so much of it. To be called
    /// before anybody else can go on with it.
    pub(super) fn trace_pending(&self, begun: Option<&Begun>, sent: u64) -> Traced {
        let (Some((tracer, _)), Some(begun)) = (self.tracer(), begun) else {
            return Traced::default();
        };
        let Begun { since, submission } = *begun;
        let operation = submission.operation;
        let submitted = Event::new(since, tracer.instance, What::Submitted(submission));
        if sent == 0 {
            tracer.sink.tell(&[submitted]);
        } else {
            let moved = What::Moved {
                operation,
                bytes: sent,
                call: tracer.next().get(),
            };
            let moved = Event::new(Instant::now(), tracer.instance, moved);
            tracer.sink.tell(&[submitted, moved]);
        }
        Traced(NonZeroU64::new(operation))
    }

    /// What has begun ended in the same call, after so many bytes.
    pub(super) fn trace_at_once(&self, begun: Option<&Begun>, ended: Result<u64, TransportError>) {
        if let (Some((tracer, _)), Some(begun)) = (self.tracer(), begun) {
            let Begun { since, submission } = *begun;
            tracer.tell(What::AtOnce {
                submission,
                since,
                bytes: ended.unwrap_or(0),
                error: ended.err(),
            });
        }
    }

    /// What has begun was started: unless it is pending, that was all.
    pub(super) fn trace_started(
        &self,
        begun: Option<&Begun>,
        started: Result<Started, TransportError>,
    ) {
        match started {
            Ok(Started::Pending) => {}
            Ok(Started::Done(bytes)) => self.trace_at_once(begun, Ok(bytes)),
            Err(error) => self.trace_at_once(begun, Err(error)),
        }
    }

    /// A send that a call has waited for has ended.
    pub(super) fn trace_ended(&self, traced: Traced, bytes: u64, error: Option<TransportError>) {
        if let (Some((tracer, _)), Some(operation)) = (self.tracer(), traced.number()) {
            tracer.tell_all(
                [
                    What::Ended {
                        operation,
                        bytes,
                        error,
                    },
                    What::Indicated { operation },
                ]
                .into_iter(),
            );
        }
    }

    /// What one system call takes of several sends.
    pub(super) fn trace_call(&self) -> Option<Moves<'_>> {
        let (tracer, _) = self.tracer()?;
        Some(Moves {
            call: tracer.next().get(),
            tracer,
            moved: Vec::new(),
        })
    }
}

/// What one system call took of sends. Told when it is dropped.
pub(super) struct Moves<'t> {
    tracer: &'t Tracer,
    call: u64,
    moved: Vec<What>,
}

impl Moves<'_> {
    /// So much of this one.
    pub(super) fn took(&mut self, traced: Traced, bytes: u64) {
        if let Some(operation) = traced.number() {
            self.moved.push(What::Moved {
                operation,
                bytes,
                call: self.call,
            });
        }
    }
}

impl Drop for Moves<'_> {
    fn drop(&mut self) {
        self.tracer.tell_all(self.moved.drain(..));
    }
}

impl Wanted {
    /// The operation that wants this.
    pub(super) fn kind(self) -> Kind {
        match self {
            Wanted::Connected => Kind::Connect,
            Wanted::Readable => Kind::Watch(Interest::Readable),
            Wanted::Writable => Kind::Watch(Interest::Writable),
            Wanted::Urgent => Kind::Watch(Interest::Urgent),
            Wanted::Drained => Kind::Watch(Interest::Drained),
        }
    }
}
