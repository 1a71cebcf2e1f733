//! From the submission of a send to its indication.

use anyhow::Context;
use serde::Serialize;

use crate::measure::rounds::Senders;
use crate::paths::native;
use crate::plan::Plan;
use crate::shape::{Indication, Path, Shape, Sink};
use crate::statistics::{quantile, sorted};

/// Turns that the two take.
const TURNS: u32 = 60;

/// The times of one path, in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) path: Path,
    pub(crate) bytes: usize,
    /// To the answer of the peer, not to the indication.
    pub(crate) reply: bool,
    /// Without bursts.
    pub(crate) one_by_one: bool,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// The 99.9th percentile.
    pub(crate) p999: f64,
    /// The medians of the turns.
    #[serde(skip)]
    pub(crate) turns: Vec<f64>,
}

/// Sends that the kernel takes at once, and sends that mostly stay pending. The
/// program sends overlapped, one at a time, and waits for the event; natively a
/// nonblocking socket sends, and `poll` tells of room. The program does so with bursts and without. Then requests, with the peer's
/// answer: both send and receive blocking.
pub(crate) async fn measure(senders: &Senders, plan: &Plan) -> anyhow::Result<Vec<Latency>> {
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
        let (mut native, mut program, mut one_by_one) = (Vec::new(), Vec::new(), Vec::new());
        // A program's turns are short, so that both see the same of the machine.
        let count = (plan.latencies / TURNS).max(1);
        for _ in 0..TURNS {
            let (receivers, guests) = (&senders.receivers, &senders.guests);
            native.push(sorted(native::latencies(receivers, &native_shape, count)?));
            let latencies = guests.latencies(receivers, &shape, count);
            program.push(sorted(latencies.await?));
            if shape.outstanding > 0 {
                let alone = shape.one_by_one();
                let latencies = guests.latencies(receivers, &alone, count);
                one_by_one.push(sorted(latencies.await?));
            }
        }
        let all = [
            (Path::Native, native, false),
            (Path::Program, program, false),
            (Path::Program, one_by_one, true),
        ];
        for (path, times, one_by_one) in all.into_iter().filter(|(_, times, _)| !times.is_empty()) {
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
                one_by_one,
                p50: at(0.5)?,
                p99: at(0.99)?,
                p999: at(0.999)?,
                turns,
            });
        }
    }
    Ok(latencies)
}
