//! Tells the sink of a trace, if there is one. Without one a call costs a look at an option.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wsp_guard::policy::{Denial, Request};
use wsp_guard::quota::Refusal;
use wsp_guard::witness::Subscriber;

use super::completions::Report;
use super::trace::{Denied, Event, Sink, What};

/// The instances of this process that were ever traced.
static INSTANCES: AtomicU64 = AtomicU64::new(0);

/// The trace of one instance: a sink, and the numbers of what it is told.
pub struct Tracer {
    pub(super) sink: Arc<dyn Sink>,
    pub(super) instance: u64,
    /// The number that was given last, to a socket, an operation or a system call.
    last: AtomicU64,
    /// The thread of the program that runs; [`NO_THREAD`] if nobody has said so.
    thread: AtomicU64,
}

/// More than the number of any thread.
const NO_THREAD: u64 = u64::MAX;

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

/// The number of something that may be traced; none without a sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traced(pub(super) Option<NonZeroU64>);

impl Tracer {
    /// Tells `sink` that an instance of `tenant` begins. What happens to it follows.
    #[must_use]
    pub fn begin(sink: Arc<dyn Sink>, tenant: &str) -> Arc<Tracer> {
        let tracer = Tracer {
            sink,
            instance: INSTANCES.fetch_add(1, Ordering::Relaxed) + 1,
            last: AtomicU64::new(0),
            thread: AtomicU64::new(NO_THREAD),
        };
        tracer.tell(What::Began {
            tenant: tenant.into(),
        });
        Arc::new(tracer)
    }

    /// This thread of the program runs from now on.
    pub fn runs(&self, thread: u32) {
        self.thread.store(thread.into(), Ordering::Relaxed);
    }

    pub(super) fn thread(&self) -> Option<u32> {
        u32::try_from(self.thread.load(Ordering::Relaxed)).ok()
    }

    pub(super) fn next(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.last.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn tell(&self, what: What) {
        self.sink
            .tell(&[Event::new(Instant::now(), self.instance, what)]);
    }

    /// All of it now.
    pub(super) fn tell_all(&self, each: impl Iterator<Item = What>) {
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

    pub(super) fn number(self) -> Option<u64> {
        self.0.map(NonZeroU64::get)
    }
}
