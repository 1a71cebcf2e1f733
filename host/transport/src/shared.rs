//! What the endpoints of one guest share.

use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use wsp_guard::Guard;
use wsp_guard::quota::{Limits, Part};

use super::burst::Bursts;
use super::completions::Completions;
use super::lingering::Lingering;
use super::network::Network;
use super::receive_buffer::ReceiveBuffer;
use super::task_count::Tasks;
use super::tracer::Tracer;

/// What the endpoints of one guest share: its guard, what has finished, and the runtime
/// that drives what is pending.
pub struct Shared {
    pub(crate) guard: Arc<Guard>,
    pub(crate) completions: Completions,
    pub(crate) bursts: Bursts,
    pub(crate) runtime: Handle,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) lingering: Arc<Lingering>,
    /// Where endpoints are made, if not in the system's network.
    pub(crate) network: Option<Arc<dyn Network>>,
    /// The longest buffer of the kernel that a guest may ask for.
    pub(crate) kernel_bytes: u32,
    /// Calls that wait for a finished operation, and how many may.
    waiting: Semaphore,
    #[cfg(feature = "fault-injection")]
    pub(crate) faults: crate::Faults,
    #[cfg(feature = "laboratory")]
    pub(crate) discard: bool,
}

impl Shared {
    /// For a guest with this guard and these limits.
    ///
    /// # Errors
    ///
    /// Outside of a tokio runtime.
    pub fn new(guard: Arc<Guard>, limits: &Limits) -> io::Result<Shared> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        Ok(Shared {
            guard,
            completions: Completions::default(),
            bursts: Bursts::new(limits, &runtime),
            lingering: Arc::new(Lingering::new(limits, runtime.clone())),
            network: None,
            runtime,
            tasks: Arc::new(Tasks::new(limits.sockets)),
            kernel_bytes: u32::try_from(limits.payload_bytes).unwrap_or(u32::MAX),
            waiting: Semaphore::new(limits.operations.min(Semaphore::MAX_PERMITS)),
            #[cfg(feature = "fault-injection")]
            faults: crate::Faults::default(),
            #[cfg(feature = "laboratory")]
            discard: false,
        })
    }

    /// The same, with endpoints made in `network` in place of the system's.
    #[must_use]
    pub fn in_network(self, network: Option<Arc<dyn Network>>) -> Shared {
        Shared { network, ..self }
    }

    /// Whether endpoints are made in another network than the system's.
    #[must_use]
    pub fn is_in_network(&self) -> bool {
        self.network.is_some()
    }

    /// The same, with system calls that fail on purpose.
    #[cfg(feature = "fault-injection")]
    #[must_use]
    pub fn with_faults(self, faults: crate::Faults) -> Shared {
        Shared { faults, ..self }
    }

    /// The same; `discard` has every send discarded at the place of its system call.
    #[cfg(feature = "laboratory")]
    #[must_use]
    pub fn discarding(self, discard: bool) -> Shared {
        Shared { discard, ..self }
    }

    /// The same, with `tracer` told of what happens: also by the guard, of what it denies.
    #[must_use]
    pub fn with_tracer(mut self, tracer: Arc<Tracer>) -> Shared {
        self.guard
            .witness()
            .subscribe(Arc::clone(&tracer) as Arc<_>);
        self.completions.tracer = Some(tracer);
        self
    }

    /// What is told of what happens, if anything is.
    #[must_use]
    pub fn tracer(&self) -> Option<&Arc<Tracer>> {
        self.completions.tracer.as_ref()
    }

    /// What decides, refuses and is told.
    #[must_use]
    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// The same, with every overlapped send going out at once.
    #[must_use]
    pub fn without_bursts(mut self) -> Shared {
        self.bursts.turn_off();
        self
    }

    /// A buffer for receives of at most `capacity` bytes. If it exceeds the payload quota,
    /// every receive into it is refused.
    #[must_use]
    pub fn receive_buffer(&self, capacity: u32) -> ReceiveBuffer {
        let bytes = (capacity as usize).saturating_add(size_of::<ReceiveBuffer>());
        let taken = self.guard.take(Part::Payload(bytes));
        ReceiveBuffer::new(capacity, taken.ok().map(|taken| taken.keep()))
    }

    /// What has finished, to be taken. That is a look, so what waits for one goes out.
    #[must_use]
    pub fn completions(&self) -> &Completions {
        self.bursts.taken();
        &self.completions
    }

    /// Waits until more than `seen` operations have finished, and says how many. As
    /// many calls may wait as operations may be outstanding; one too many returns at once.
    pub async fn finished_after(&self, seen: u64) -> u64 {
        match self.waiting.try_acquire() {
            Ok(_waiting) => self.completions().after(seen).await,
            Err(_) => self.completions().count(),
        }
    }

    /// Counts a system call that a guest may cause, for tests of how many those are.
    pub(crate) fn system_call(&self) {
        #[cfg(feature = "fault-injection")]
        self.faults.count();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
