//! Tells the sink of a trace, if there is one. Without one a call costs a look at an option.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wsp_guard::policy::{Denial, Request};
use wsp_guard::quota::Refusal;
use wsp_guard::witness::Subscriber;

use super::completions::Report;
use super::endpoint::Endpoint;
use super::trace::{Denied, Event, Kind, Sink, Submission, What};
use super::watches::Wanted;
use super::{Interest, Started, TransportError};

/// The instances of this process that were ever traced.
static INSTANCES: AtomicU64 = AtomicU64::new(0);

/// The trace of one instance: a sink, and the numbers of what it is told.
pub struct Tracer {
    sink: Arc<dyn Sink>,
    instance: u64,
    /// The number that was given last, to a socket, an operation or a system call.
    last: AtomicU64,
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

/// The number of something that may be traced; none without a sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traced(Option<NonZeroU64>);

/// An operation that has begun, as long as nobody knows whether it ends at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    since: Instant,
    submission: Submission,
}

impl Tracer {
    /// Tells `sink` that an instance of `tenant` begins. What happens to it follows.
    #[must_use]
    pub fn begin(sink: Arc<dyn Sink>, tenant: &str) -> Arc<Tracer> {
        let tracer = Tracer {
            sink,
            instance: INSTANCES.fetch_add(1, Ordering::Relaxed) + 1,
            last: AtomicU64::new(0),
        };
        tracer.tell(What::Began {
            tenant: tenant.into(),
        });
        Arc::new(tracer)
    }

    fn next(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.last.fetch_add(1, Ordering::Relaxed))
    }

    fn tell(&self, what: What) {
        self.sink
            .tell(&[Event::new(Instant::now(), self.instance, what)]);
    }

    /// All of it now.
    fn tell_all(&self, each: impl Iterator<Item = What>) {
        let now = Instant::now();
        let events: Vec<Event> = each
            .map(|what| Event::new(now, self.instance, what))
            .collect();
        if !events.is_empty() {
            self.sink.tell(&events);
        }
    }

    /// Operations have ended, before anybody can take that.
    pub(super) fn ended(&self, reports: &[Report]) {
        self.tell_all(reports.iter().filter_map(|report| {
            let finished = report.finished();
            Some(What::Ended {
                operation: report.traced().number()?,
                bytes: finished.bytes,
                error: finished.error,
            })
        }));
    }

    /// The provider has taken these.
    pub(super) fn indicated(&self, reports: &[Report]) {
        self.tell_all(reports.iter().filter_map(|report| {
            let operation = report.traced().number()?;
            Some(What::Indicated { operation })
        }));
    }
}

/// The witness tells of what was denied and refused.
impl Subscriber for Tracer {
    fn denied(&self, denial: &Denial, verdict: &'static str) {
        let request = &denial.request;
        let name = match request {
            Request::Resolve { name } => {
                let end = name.floor_char_boundary(Denied::LONGEST_NAME);
                name.get(..end).map(str::to_owned)
            }
            _ => None,
        };
        self.tell(What::Denied(Box::new(Denied {
            usage: request.label(),
            address: request.address(),
            name,
            reason: denial.reason.as_str(),
            verdict,
        })));
    }

    fn refused(&self, refusal: Refusal) {
        self.tell(What::Refused {
            quota: refusal.kind.as_str(),
            scope: refusal.scope.as_str(),
        });
    }
}

impl Traced {
    /// A number of the tracer, if there is one.
    pub(super) fn new(tracer: Option<&Arc<Tracer>>) -> Traced {
        Traced(tracer.map(|tracer| tracer.next()))
    }

    fn number(self) -> Option<u64> {
        self.0.map(NonZeroU64::get)
    }
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
            },
            since: Instant::now(),
        })
    }

    /// What has begun goes on after the call, which has `sent` so much of it. To be called
    /// before anybody else can go on with it.
    pub(super) fn trace_pending(&self, begun: Option<Begun>, sent: u64) -> Traced {
        let (Some((tracer, _)), Some(begun)) = (self.tracer(), begun) else {
            return Traced::default();
        };
        let Begun { since, submission } = begun;
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
    pub(super) fn trace_at_once(&self, begun: Option<Begun>, ended: Result<u64, TransportError>) {
        if let (Some((tracer, _)), Some(begun)) = (self.tracer(), begun) {
            let Begun { since, submission } = begun;
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
        begun: Option<Begun>,
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
