//! Rounds: in each, every path sends once in every shape, one path after the other.

use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Serialize;
use wsp::Host;

use crate::mark::Sample;
use crate::paths::guest::Guests;
use crate::paths::{embedder, native};
use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::shape::{Indication, Path, Shape};
use crate::statistics::{Spread, ratio};

/// Sends that tell how many a sample should have.
const TRIAL: u32 = 20;

/// Everything that sends.
pub(crate) struct Senders {
    pub(crate) guests: Guests,
    pub(crate) host: Host,
    pub(crate) receivers: Receivers,
}

/// How one path did in one shape.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) path: Path,
    pub(crate) shape: Shape,
    pub(crate) nanoseconds: Spread,
    /// The native time over this one, round by round.
    pub(crate) of_native: Option<Spread>,
    /// CPU time of the process for 1 GiB, the reader's included.
    pub(crate) cpu_seconds_per_gib: f64,
    /// Allocations of the host for each send, on the sending thread.
    pub(crate) allocations: f64,
    /// Allocations of the program for each send, in its own memory, where it counts them.
    pub(crate) guest_allocations: Option<f64>,
    /// The times of the rounds, for ratios.
    #[serde(skip)]
    pub(crate) rounds: Vec<f64>,
}

impl Senders {
    pub(crate) async fn sample(
        &self,
        path: Path,
        shape: &Shape,
        warm_up: u32,
        count: u32,
    ) -> anyhow::Result<Sample> {
        let receivers = &self.receivers;
        let sample = match path {
            Path::Native => native::system(receivers, shape, warm_up, count),
            Path::Tokio => native::tokio(receivers, shape, warm_up, count).await,
            Path::Wasi02 | Path::Wasi03 | Path::Portable | Path::Program => {
                let guests = &self.guests;
                guests.sample(path, receivers, shape, warm_up, count).await
            }
            Path::Embedder => embedder::sample(&self.host, receivers, shape, warm_up, count).await,
        };
        sample.with_context(|| format!("{} with {shape:?}", path.name()))
    }

    /// How many sends take about as long as a sample should.
    pub(crate) async fn sends(
        &self,
        path: Path,
        shape: &Shape,
        plan: &Plan,
    ) -> anyhow::Result<u32> {
        if plan.sample == Duration::ZERO {
            return Ok(plan.most_sends);
        }
        let trial = self.sample(path, shape, TRIAL, TRIAL * 10).await?;
        let sends = plan.sample.as_secs_f64() * 1e9 / trial.nanoseconds.max(1.0);
        Ok((sends as u32).clamp(TRIAL, plan.most_sends))
    }
}

/// Measures every shape of the plan.
pub(crate) async fn measure(
    senders: &Senders,
    plan: &Plan,
    progress: &ProgressBar,
) -> anyhow::Result<Vec<Measured>> {
    let mut lanes: Vec<(Shape, Path, u32, Vec<Sample>)> = Vec::new();
    for shape in &plan.shapes {
        let path = Path::ALL.into_iter().find(|path| path.can(shape));
        let path = path.context("nothing can send that")?;
        let sends = senders.sends(path, shape, plan).await?;
        for path in Path::ALL.into_iter().filter(|path| path.can(shape)) {
            lanes.push((*shape, path, sends, Vec::new()));
        }
    }
    progress.set_length((plan.rounds * lanes.len()) as u64);
    for round in 0..plan.rounds {
        // Every other round goes the other way, so that none always has the same neighbour before it.
        let mut order: Vec<usize> = (0..lanes.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for lane in order {
            if let Some((shape, path, sends, samples)) = lanes.get_mut(lane) {
                let begin = Instant::now();
                let sample = senders.sample(*path, shape, *sends / 10 + 1, *sends);
                samples.push(sample.await?);
                tracing::debug!("{} {shape:?} {:?}", path.name(), begin.elapsed());
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    summarize(&lanes)
}

fn summarize(lanes: &[(Shape, Path, u32, Vec<Sample>)]) -> anyhow::Result<Vec<Measured>> {
    let times = |samples: &[Sample]| -> Vec<f64> {
        samples.iter().map(|sample| sample.nanoseconds).collect()
    };
    let native = |shape: &Shape| {
        let blocking = Shape {
            outstanding: 0,
            notify: Indication::Event,
            ..*shape
        };
        let lane = lanes
            .iter()
            .find(|(of, path, ..)| *path == Path::Native && *of == blocking);
        lane.map(|(.., samples)| times(samples))
    };
    let mut all = Vec::new();
    for (shape, path, _, samples) in lanes {
        let rounds = times(samples);
        let cpu = Spread::of(samples.iter().map(|sample| sample.cpu_nanoseconds));
        let allocations = Spread::of(samples.iter().map(|sample| sample.allocations));
        let cpu = cpu.context("no rounds")?.median;
        let in_guest = samples.iter().filter_map(|sample| sample.guest_allocations);
        all.push(Measured {
            path: *path,
            shape: *shape,
            nanoseconds: Spread::of(rounds.iter().copied()).context("no rounds")?,
            of_native: native(shape).and_then(|native| ratio(&native, &rounds)),
            cpu_seconds_per_gib: cpu * 1e-9 * f64::from(1 << 30) / shape.bytes as f64,
            allocations: allocations.context("no rounds")?.median,
            guest_allocations: Spread::of(in_guest).map(|spread| spread.median),
            rounds,
        });
    }
    Ok(all)
}
