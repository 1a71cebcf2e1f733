//! From the submission of a send to its indication.

use anyhow::Context;
use serde::Serialize;

use super::native;
use super::plan::Plan;
use super::rounds::Senders;
use super::shape::{Indication, Path, Shape, Sink};
use super::statistics::{quantile, sorted};

/// Turns that the two take.
const TURNS: u32 = 4;

/// The times of one path, in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) path: Path,
    pub(super) bytes: usize,
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The 99.9th percentile.
    pub(super) p999: f64,
}

/// Sends that the kernel takes at once, and sends that mostly stay pending. The
/// program sends overlapped, one at a time, and waits for the event; natively a
/// nonblocking socket sends, and `poll` tells of room.
pub(super) async fn measure(senders: &Senders, plan: &Plan) -> anyhow::Result<Vec<Latency>> {
    let mut latencies = Vec::new();
    for bytes in [64, 256 << 10] {
        let shape = Shape::blocking(Sink::Tcp, bytes).no_delay();
        let overlapped = shape.overlapped(1, Indication::Event);
        let (mut native, mut program) = (Vec::new(), Vec::new());
        // A program's turns are short, so that both see the same of the machine.
        let count = (plan.latencies / TURNS).max(1);
        for _ in 0..TURNS {
            native.extend(native::latencies(&senders.receivers, &shape, count)?);
            let guests = &senders.guests;
            program.extend(
                guests
                    .latencies(&senders.receivers, &overlapped, count)
                    .await?,
            );
        }
        for (path, times) in [(Path::Native, native), (Path::Program, program)] {
            let times = sorted(times);
            let at = |fraction| quantile(&times, fraction).context("no sends were timed");
            latencies.push(Latency {
                path,
                bytes,
                p50: at(0.5)?,
                p99: at(0.99)?,
                p999: at(0.999)?,
            });
        }
    }
    Ok(latencies)
}
