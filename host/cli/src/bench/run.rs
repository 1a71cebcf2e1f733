//! One run: everything that was measured.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use wasmtime::ProfilingStrategy;
use wsp::Host;

use super::budgets::{self, Budget};
use super::guest::Guests;
use super::instances::{self, Instances};
use super::latency::{self, Latency};
use super::machine::Machine;
use super::outstanding::{self, Outstanding};
use super::place::Place;
use super::plan::Plan;
use super::receivers::Receivers;
use super::rounds::{self, Measured, Senders};
use super::shape::{Path, Shape};
use super::sockets::{self, Sockets};
use super::start;
use super::statistics::Spread;
use crate::program::flat;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Run {
    pub(super) machine: Machine,
    pub(super) rounds: usize,
    pub(super) seconds: f64,
    pub(super) budgets: Vec<Budget>,
    pub(super) sends: Vec<Measured>,
    pub(super) latencies: Vec<Latency>,
    pub(super) outstanding: Outstanding,
    pub(super) instances: Vec<Instances>,
    pub(super) sockets: Vec<Sockets>,
    /// Nanoseconds from the start of `wsp send` to its exit.
    pub(super) start: Spread,
}

impl Run {
    pub(super) async fn new(plan: &Plan, place: &Place) -> anyhow::Result<Run> {
        let begin = Instant::now();
        let machine = Machine::here(place);
        let receivers = Receivers::start(place.cores)?;
        let start = start::measure(&receivers, plan)?;
        let senders = Senders {
            guests: Guests::compile(ProfilingStrategy::None)?,
            host: Host::new().map_err(flat)?,
            receivers,
        };
        let instances = instances::measure(&senders.host, plan)?;
        let progress = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let sends = rounds::measure(&senders, plan, &progress).await?;
        let latencies = latency::measure(&senders, plan).await?;
        let outstanding = outstanding::measure(&senders.host, plan).await?;
        let sockets = sockets::measure(&senders.host, &senders.receivers, plan).await?;
        let mut run = Run {
            machine,
            rounds: plan.rounds,
            seconds: 0.0,
            budgets: Vec::new(),
            sends,
            latencies,
            outstanding,
            instances,
            sockets,
            start,
        };
        run.budgets = budgets::of(&run)?;
        run.seconds = begin.elapsed().as_secs_f64();
        Ok(run)
    }

    pub(super) fn find(&self, path: Path, shape: &Shape) -> Option<&Measured> {
        let mut sends = self.sends.iter();
        sends.find(|measured| measured.path == path && measured.shape == *shape)
    }
}
