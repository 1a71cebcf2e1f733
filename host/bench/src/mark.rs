//! Moments of a measurement.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

use crate::allocations;

/// A moment, with what the process had used by then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    at: Instant,
    /// CPU time of the whole process, the reader's thread too.
    cpu: Duration,
    /// Allocations of this thread.
    allocations: u64,
}

impl Mark {
    pub(crate) fn now() -> Mark {
        // Of libc, because valgrind does not bear what rustix does with the vDSO.
        let cpu = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from);
        Mark {
            cpu: cpu.unwrap_or_default(),
            allocations: allocations::of_this_thread(),
            at: Instant::now(),
        }
    }

    /// What the sends since `begin` took, each.
    pub(crate) fn since(&self, begin: &Mark, sends: u32) -> Sample {
        let sends = f64::from(sends.max(1));
        let used = self.allocations.saturating_sub(begin.allocations);
        Sample {
            nanoseconds: (self.at - begin.at).as_secs_f64() * 1e9 / sends,
            cpu_nanoseconds: self.cpu.saturating_sub(begin.cpu).as_secs_f64() * 1e9 / sends,
            allocations: used as f64 / sends,
            guest_allocations: None,
        }
    }
}

/// What one send took, on the average of a run of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) nanoseconds: f64,
    pub(crate) cpu_nanoseconds: f64,
    pub(crate) allocations: f64,
    /// Allocations in the program's own memory, where it counts them.
    pub(crate) guest_allocations: Option<f64>,
}
