//! Rounds: in each, every path sends once in every shape, one path after the other.

use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Serialize;
use wasmtime::ProfilingStrategy;
use wsp::Host;

use crate::mark::Sample;
use crate::output::flat;
use crate::paths::guest::Guests;
use crate::paths::{embedder, native};
use crate::place::Place;
use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::shape::{Path, Shape};
use crate::statistics::{Spread, ratio};

/// Sends that tell how many a sample should have.
const TRIAL: u32 = 20;

/// Everything that sends.
pub(crate) struct Senders {
    pub(crate) guests: Guests,
    pub(crate) host: Host,
    pub(crate) native_host: Host,
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
    /// What these paths need.
    pub(crate) fn of(
        paths: &[Path],
        profiling: ProfilingStrategy,
        place: &Place,
    ) -> anyhow::Result<Senders> {
        Ok(Senders {
            guests: Guests::compile(profiling, paths)?,
            host: Host::new().map_err(flat)?,
            native_host: Host::native(),
            receivers: Receivers::start(place.cores)?,
        })
    }

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
            Path::EmbedderNative => {
                embedder::sample(&self.native_host, receivers, shape, warm_up, count).await
            }
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

/// Shapes that are compared with one native lane, so that they are measured in the same rounds.
struct Family {
    lanes: Vec<Lane>,
    /// What it says will not change by more rounds.
    is_decided: bool,
}

struct Lane {
    shape: Shape,
    path: Path,
    sends: u32,
    samples: Vec<Sample>,
}

impl Lane {
    fn times(&self) -> Vec<f64> {
        self.samples
            .iter()
            .map(|sample| sample.nanoseconds)
            .collect()
    }
}

/// Measures every shape of the plan: so many rounds of each, and more of those that the
/// machine has disturbed, as long as there is time.
pub(crate) async fn measure(
    senders: &Senders,
    plan: &Plan,
    progress: &ProgressBar,
) -> anyhow::Result<Vec<Measured>> {
    let mut families = families(senders, plan).await?;
    let lanes: usize = families.iter().map(|family| family.lanes.len()).sum();
    progress.set_length((plan.rounds * lanes) as u64);
    let begin = Instant::now();
    for round in 0..plan.most_rounds {
        if round >= plan.rounds && begin.elapsed() > plan.time {
            break;
        }
        // Every other round goes the other way, so that none always has the same neighbour before it.
        let mut order: Vec<&mut Family> = families
            .iter_mut()
            .filter(|family| !family.is_decided)
            .collect();
        if order.is_empty() {
            break;
        }
        if round % 2 == 1 {
            order.reverse();
        }
        for family in order {
            family.round(senders, round % 2 == 1, progress).await?;
            family.is_decided = round + 1 >= plan.rounds && family.is_narrow();
        }
    }
    progress.finish_and_clear();
    let measured = families.iter().map(Family::summarize);
    Ok(measured
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

async fn families(senders: &Senders, plan: &Plan) -> anyhow::Result<Vec<Family>> {
    let mut families: Vec<(Shape, Family)> = Vec::new();
    for shape in &plan.shapes {
        let path = Path::ALL.into_iter().find(|path| path.can(shape));
        let path = path.context("nothing can send that")?;
        let sends = senders.sends(path, shape, plan).await?;
        let base = shape.base();
        let known = families.iter().position(|(of, _)| *of == base);
        let lanes = Path::ALL.into_iter().filter(|path| path.can(shape));
        let lanes = lanes.map(|path| Lane {
            shape: *shape,
            path,
            sends,
            samples: Vec::new(),
        });
        match known.and_then(|at| families.get_mut(at)) {
            Some((_, family)) => family.lanes.extend(lanes),
            None => families.push((
                base,
                Family {
                    lanes: lanes.collect(),
                    is_decided: false,
                },
            )),
        }
    }
    Ok(families.into_iter().map(|(_, family)| family).collect())
}

impl Family {
    async fn round(
        &mut self,
        senders: &Senders,
        backwards: bool,
        progress: &ProgressBar,
    ) -> anyhow::Result<()> {
        let mut order: Vec<&mut Lane> = self.lanes.iter_mut().collect();
        if backwards {
            order.reverse();
        }
        for lane in order {
            let begin = Instant::now();
            let (shape, sends) = (&lane.shape, lane.sends);
            let sample = senders.sample(lane.path, shape, sends / 10 + 1, sends);
            lane.samples.push(sample.await?);
            tracing::debug!("{} {shape:?} {:?}", lane.path.name(), begin.elapsed());
            progress.inc(1);
        }
        Ok(())
    }

    /// The times that this one's are compared with, round by round.
    fn native(&self) -> Option<Vec<f64>> {
        let is_native = |lane: &&Lane| lane.path == Path::Native;
        self.lanes.iter().find(is_native).map(Lane::times)
    }

    /// Whether the medians are known well enough.
    fn is_narrow(&self) -> bool {
        let native = self.native();
        self.lanes.iter().all(|lane| {
            let times = lane.times();
            let spread = match &native {
                Some(native) => ratio(native, &times),
                None => Spread::of(times),
            };
            spread.is_some_and(|spread| spread.is_narrow())
        })
    }

    fn summarize(&self) -> anyhow::Result<Vec<Measured>> {
        let native = self.native();
        let measured = self.lanes.iter().map(|lane| {
            let Lane {
                shape,
                path,
                samples,
                ..
            } = lane;
            let rounds = lane.times();
            let cpu = Spread::of(samples.iter().map(|sample| sample.cpu_nanoseconds));
            let allocations = Spread::of(samples.iter().map(|sample| sample.allocations));
            let cpu = cpu.context("no rounds")?.median;
            let in_guest = samples.iter().filter_map(|sample| sample.guest_allocations);
            let of_native = native.as_ref().and_then(|native| ratio(native, &rounds));
            Ok(Measured {
                path: *path,
                shape: *shape,
                nanoseconds: Spread::of(rounds.iter().copied()).context("no rounds")?,
                of_native,
                cpu_seconds_per_gib: cpu * 1e-9 * f64::from(1 << 30) / shape.bytes as f64,
                allocations: allocations.context("no rounds")?.median,
                guest_allocations: Spread::of(in_guest).map(|spread| spread.median),
                rounds,
            })
        });
        measured.collect()
    }
}
