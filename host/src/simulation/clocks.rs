//! Clocks and random numbers of a simulation.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::time::Instant;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// When a simulation begins, since 1970: at the beginning of 2026.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

/// What a timer of the simulation can tell apart.
const RESOLUTION: Duration = Duration::from_millis(1);

/// The time of a simulation that began then.
struct Simulated(Instant);

impl HostMonotonicClock for Simulated {
    fn resolution(&self) -> u64 {
        nanoseconds(RESOLUTION)
    }

    fn now(&self) -> u64 {
        nanoseconds(self.0.elapsed())
    }
}

impl HostWallClock for Simulated {
    fn resolution(&self) -> Duration {
        RESOLUTION
    }

    fn now(&self) -> Duration {
        BEGINNING.saturating_add(self.0.elapsed())
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Gives the `nth` program of a simulation its clocks and its random numbers.
pub(super) fn give(wasi: &mut WasiCtxBuilder, begun: Instant, seed: u64, nth: usize) {
    let numbers = |which: u8| {
        let mut mixed = [0; 32];
        let parts = [&seed.to_le_bytes()[..], &nth.to_le_bytes(), &[which]];
        for (place, byte) in mixed.iter_mut().zip(parts.concat()) {
            *place = byte;
        }
        StdRng::from_seed(mixed)
    };
    wasi.monotonic_clock(Simulated(begun))
        .wall_clock(Simulated(begun))
        .secure_random(numbers(0))
        .insecure_random(numbers(1))
        .insecure_random_seed(u128::from(seed));
}
