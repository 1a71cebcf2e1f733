//! What an idle provider instance takes.

use std::fs;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;
use wsp::{Host, Settings};

use crate::output::flat;
use crate::plan::Plan;
use crate::statistics::Spread;

/// One idle instance among many.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Instances {
    pub(crate) count: usize,
    /// Resident bytes of the process, for each instance.
    pub(crate) bytes: f64,
    /// The time to create one, in nanoseconds.
    pub(crate) nanoseconds: Spread,
}

pub(crate) fn measure(host: &Host, plan: &Plan) -> anyhow::Result<Vec<Instances>> {
    plan.instances
        .iter()
        .map(|count| some(host, *count))
        .collect()
}

fn some(host: &Host, count: usize) -> anyhow::Result<Instances> {
    // The first ones bring in code and grow tables.
    let warm = [0; 3].map(|_| host.provider(Settings::default()));
    let before = resident()?;
    let mut times = Vec::with_capacity(count);
    let mut instances = Vec::with_capacity(count);
    for _ in 0..count {
        let begin = Instant::now();
        instances.push(host.provider(Settings::default()).map_err(flat)?);
        times.push(begin.elapsed().as_secs_f64() * 1e9);
    }
    let bytes = resident()?.saturating_sub(before);
    drop((warm, instances));
    Ok(Instances {
        count,
        bytes: bytes as f64 / count as f64,
        nanoseconds: Spread::of(times).context("no instances")?,
    })
}

/// Resident bytes of this process.
fn resident() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("cannot read memory use")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib
        .context("/proc/self/status has no VmRSS")?
        .trim()
        .parse()?;
    Ok(kib * 1024)
}
