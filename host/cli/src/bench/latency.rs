//! From the submission of a send to its indication.

use anyhow::Context;
use serde::Serialize;

use super::native;
use super::plan::Plan;
use super::rounds::Senders;
use super::shape::{Indication, Path, Shape, Sink};
use super::statistics::{quantile, sorted};

/// Turns that the two take.
const TURNS: u32 = 60;

/// The times of one path, in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) path: Path,
    pub(super) bytes: usize,
    /// To the answer of the peer, not to the indication.
    pub(super) reply: bool,
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The 99.9th percentile.
    pub(super) p999: f64,
    /// The medians of the turns.
    #[serde(skip)]
    pub(super) turns: Vec<f64>,
}

/// Sends that the kernel takes at once, and sends that mostly stay pending. The
/// program sends overlapped, one at a time, and waits for the event; natively a
/// nonblocking socket sends, and `poll` tells of room. Then requests, with the peer's
/// answer: both send and receive blocking.
pub(super) async fn measure(senders: &Senders, plan: &Plan) -> anyhow::Result<Vec<Latency>> {
    let mut latencies = Vec::new();
    let shape = |bytes| Shape::blocking(Sink::Tcp, bytes).no_delay();
    for (native_shape, shape) in [
        (shape(64), shape(64).overlapped(1, Indication::Event)),
        (
            shape(256 << 10),
            shape(256 << 10).overlapped(1, Indication::Event),
        ),
        (shape(64).with_reply(), shape(64).with_reply()),
    ] {
        let (mut native, mut program) = (Vec::new(), Vec::new());
        // A program's turns are short, so that both see the same of the machine.
        let count = (plan.latencies / TURNS).max(1);
        for _ in 0..TURNS {
            let (receivers, guests) = (&senders.receivers, &senders.guests);
            native.push(sorted(native::latencies(receivers, &native_shape, count)?));
            let latencies = guests.latencies(receivers, &shape, count);
            program.push(sorted(latencies.await?));
        }
        for (path, times) in [(Path::Native, native), (Path::Program, program)] {
            let turns = times
                .iter()
                .filter_map(|turn| quantile(turn, 0.5))
                .collect();
            let times = sorted(times.into_iter().flatten());
            let at = |fraction| quantile(&times, fraction).context("no sends were timed");
            latencies.push(Latency {
                path,
                bytes: shape.bytes,
                reply: shape.reply,
                p50: at(0.5)?,
                p99: at(0.99)?,
                p999: at(0.999)?,
                turns,
            });
        }
    }
    Ok(latencies)
}
