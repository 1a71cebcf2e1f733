//! How many system calls one call of a guest, or one turn of a driver, makes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::span;
use tracing::{Event, Metadata, Subscriber};
use wsp::Faults;

/// The most system calls of one call, or of one turn of a driver.
pub(crate) const MOST_CALLS: u64 = 2500;

/// What is measured in this process.
static METER: OnceLock<Meter> = OnceLock::new();

/// Measures the spans of the transport.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    faults: Faults,
    next: AtomicU64,
    open: Mutex<BTreeMap<u64, (&'static str, u64)>>,
    /// The most system calls of each function.
    most: Mutex<BTreeMap<&'static str, u64>>,
}

impl Meter {
    /// The one of this process, which begins to measure.
    pub(crate) fn start() -> &'static Meter {
        METER.get_or_init(|| {
            let subscriber = tracing::subscriber::set_global_default(Spans);
            subscriber.expect("nobody else listens in this process");
            Meter::default()
        })
    }

    /// What counts the system calls of a program.
    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The functions that made more system calls at once than they may.
    pub(crate) fn excesses(&self) -> Vec<(&'static str, u64)> {
        let most = self.most.lock().unwrap_or_else(PoisonError::into_inner);
        let excesses = most.iter().filter(|(_, calls)| **calls > MOST_CALLS);
        excesses.map(|(name, calls)| (*name, *calls)).collect()
    }
}

struct Spans;

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == "wsp::transport"
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let Some(meter) = METER.get() else {
            return span::Id::from_u64(1);
        };
        let number = meter.next.fetch_add(1, Ordering::Relaxed) + 2;
        let mut open = meter.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(number, (attributes.metadata().name(), 0));
        span::Id::from_u64(number)
    }

    fn enter(&self, span: &span::Id) {
        if let Some(meter) = METER.get() {
            let mut open = meter.open.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, begun)) = open.get_mut(&span.into_u64()) {
                *begun = meter.faults.system_calls();
            }
        }
    }

    fn exit(&self, span: &span::Id) {
        let Some(meter) = METER.get() else {
            return;
        };
        let open = meter.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, begun)) = open.get(&span.into_u64()) {
            let calls = meter.faults.system_calls().saturating_sub(*begun);
            let mut most = meter.most.lock().unwrap_or_else(PoisonError::into_inner);
            let most = most.entry(name).or_default();
            *most = calls.max(*most);
        }
    }

    fn try_close(&self, span: span::Id) -> bool {
        if let Some(meter) = METER.get() {
            let mut open = meter.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.remove(&span.into_u64());
        }
        true
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    /// Events are not enabled.
    fn event(&self, _: &Event<'_>) {}
}
