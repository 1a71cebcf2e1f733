//! `--bench`: how fast a real peer takes it, second by second and as a whole.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use hdrhistogram::Histogram;
use indicatif::{BinaryBytes, HumanCount};
use serde::Serialize;
use wsp::policy::Protocol;

/// How long it sends unless `--bench` says so.
pub(super) const USUAL: &str = "10s";

/// How often there is a report.
const INTERVAL: Duration = Duration::from_secs(1);

/// The longest latency that is told from longer ones, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// Digits of a latency that are kept.
const DIGITS: u8 = 3;

/// The bytes of a send unless `--chunk` says so; a datagram of these is one packet on nearly
/// every path.
pub(super) fn usual_chunk(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Tcp => 64 * 1024,
        Protocol::Udp => 1200,
    }
}

/// A send of this many bytes that no link can shorten much, always the same.
pub(super) fn buffer(length: usize) -> Bytes {
    let mut buffer = vec![0; length];
    fastrand::Rng::with_seed(1).fill(&mut buffer);
    buffer.into()
}

/// What was sent since the beginning, and since the report before.
pub(super) struct Bench {
    whole: Tally,
    interval: Tally,
}

struct Tally {
    begin: Instant,
    last: Instant,
    bytes: u64,
    sends: u64,
    /// In nanoseconds.
    latency: Histogram<u64>,
}

impl Bench {
    /// Measures from now on.
    pub(super) fn start() -> anyhow::Result<Bench> {
        Ok(Bench {
            whole: Tally::start()?,
            interval: Tally::start()?,
        })
    }

    /// Takes note of a send that has ended. Returns a report when one is due.
    pub(super) fn ended(&mut self, bytes: u64, latency: Duration) -> anyhow::Result<Option<Rate>> {
        self.whole.add(bytes, latency);
        self.interval.add(bytes, latency);
        if self.interval.begin.elapsed() < INTERVAL {
            return Ok(None);
        }
        let interval = std::mem::replace(&mut self.interval, Tally::start()?);
        Ok(Some(interval.rate()))
    }

    /// The report of everything.
    pub(super) fn whole(&self) -> Rate {
        self.whole.rate()
    }
}

impl Tally {
    fn start() -> anyhow::Result<Tally> {
        let begin = Instant::now();
        let latency = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Ok(Tally {
            begin,
            last: begin,
            bytes: 0,
            sends: 0,
            latency: latency.context("cannot measure")?,
        })
    }

    fn add(&mut self, bytes: u64, latency: Duration) {
        self.last = Instant::now();
        self.bytes += bytes;
        self.sends += 1;
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency.saturating_record(nanoseconds);
    }

    fn rate(&self) -> Rate {
        let seconds = (self.last - self.begin).as_secs_f64();
        let per_second = |count: u64| match seconds > 0.0 {
            true => count as f64 / seconds,
            false => 0.0,
        };
        let at = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1000.0;
        Rate {
            seconds,
            bytes: self.bytes,
            sends: self.sends,
            bytes_per_second: per_second(self.bytes),
            sends_per_second: per_second(self.sends),
            latency_us: Latency {
                p50: at(0.5),
                p90: at(0.9),
                p99: at(0.99),
                p999: at(0.999),
                max: self.latency.max() as f64 / 1000.0,
            },
        }
    }
}

/// How fast it went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Rate {
    seconds: f64,
    bytes: u64,
    sends: u64,
    bytes_per_second: f64,
    sends_per_second: f64,
    latency_us: Latency,
}

/// From posting a send to its completion, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Latency {
            p50,
            p90,
            p99,
            p999,
            max,
        } = self.latency_us;
        write!(
            f,
            "{:.2} s: {}/s ({:.2} Gbit/s), {} sends/s; latency p50 {p50:.1} p90 {p90:.1} p99 {p99:.1} p99.9 {p999:.1} max {max:.1} us",
            self.seconds,
            BinaryBytes(self.bytes_per_second as u64),
            self.bytes_per_second * 8.0 / 1e9,
            HumanCount(self.sends_per_second as u64),
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_report_tells_counts_and_percentiles() {
        let mut bench = Bench::start().unwrap();
        for microseconds in 1..=100 {
            let latency = Duration::from_micros(microseconds);
            bench.ended(10, latency).unwrap();
        }
        let whole = bench.whole();
        assert_eq!((whole.bytes, whole.sends), (1000, 100));
        for (is, about) in [
            (whole.latency_us.p50, 50.0),
            (whole.latency_us.p90, 90.0),
            (whole.latency_us.p99, 99.0),
            (whole.latency_us.max, 100.0),
        ] {
            assert!((is / about - 1.0_f64).abs() < 0.01, "{is} for {about}");
        }
    }

    #[test]
    fn a_buffer_has_its_length_and_does_not_repeat_soon() {
        let buffer = buffer(1001);
        assert_eq!(buffer.len(), 1001);
        assert_ne!(buffer.get(..256), buffer.get(256..512));
    }
}
