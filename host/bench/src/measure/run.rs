//! One run: everything that was measured.

use std::path::Path as File;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use wasmtime::ProfilingStrategy;

use crate::measure::broadcast::{self, Broadcast};
use crate::measure::instances::{self, Instances};
use crate::measure::latency::{self, Latency};
use crate::measure::machine::Machine;
use crate::measure::outstanding::{self, Outstanding};
use crate::measure::rounds::{self, Measured, Senders};
use crate::measure::sockets::{self, Sockets};
use crate::measure::start::{self, Second};
use crate::measure::threads::{self, Threads};
use crate::place::Place;
use crate::plan::Plan;
use crate::shape::{Path, Shape};
use crate::statistics::Spread;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    pub(crate) sends: Vec<Measured>,
    pub(crate) latencies: Vec<Latency>,
    pub(crate) outstanding: Outstanding,
    pub(crate) instances: Vec<Instances>,
    pub(crate) sockets: Vec<Sockets>,
    pub(crate) broadcast: Broadcast,
    /// Nanoseconds from the start of `wsp send` to its exit.
    pub(crate) start: Spread,
    pub(crate) second_start: Second,
    /// None if no C can be compiled here.
    pub(crate) threads: Option<Threads>,
}

impl Run {
    /// Measures all that the plan says, and the start of the command `wsp` in this file, beside
    /// that of `wasmtime`, if there is one.
    pub(crate) async fn new(
        plan: &Plan,
        place: &Place,
        wsp: &File,
        wasmtime: Option<&File>,
    ) -> anyhow::Result<Run> {
        let begin = Instant::now();
        let machine = Machine::here(place);
        let senders = Senders::of(&Path::ALL, ProfilingStrategy::None, place)?;
        let start = start::measure(wsp, &senders.receivers, plan)?;
        let second_start = start::second(wsp, wasmtime, plan)?;
        let instances = instances::measure(&senders.host, plan)?;
        let progress = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let sends = rounds::measure(&senders, plan, &progress).await?;
        let latencies = latency::measure(&senders, plan).await?;
        let outstanding = outstanding::measure(&senders.host, plan).await?;
        let sockets = sockets::measure(&senders.host, &senders.receivers, plan).await?;
        let broadcast = broadcast::measure(&senders.native_host, &senders.receivers, plan).await?;
        let threads = threads::measure(wsp, &senders.receivers, plan).await?;
        Ok(Run {
            machine,
            rounds: plan.rounds,
            seconds: begin.elapsed().as_secs_f64(),
            sends,
            latencies,
            outstanding,
            instances,
            sockets,
            broadcast,
            start,
            second_start,
            threads,
        })
    }

    pub(crate) fn find(&self, path: Path, shape: &Shape) -> Option<&Measured> {
        let mut sends = self.sends.iter();
        sends.find(|measured| measured.path == path && measured.shape == *shape)
    }
}
