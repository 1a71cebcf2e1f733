//! What a run was made on.

use std::fs;

use serde::Serialize;

use crate::place::Place;
use crate::place::network::Network;

/// The machine and the build.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Whether readers and senders had a core each.
    pub(crate) apart: bool,
    pub(crate) network: Network,
    pub(crate) kernel: String,
    /// Tasks that wanted to run in the last minute: what else the machine did.
    pub(crate) load: String,
    pub(crate) version: &'static str,
    /// Whether the command was built with optimizations, without which the numbers say little.
    pub(crate) optimized: bool,
}

impl Machine {
    pub(crate) fn here(place: &Place) -> Machine {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let processors = read("/proc/cpuinfo");
        let model = processors
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = read("/proc/loadavg");
        Machine {
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            cores: place.cores.count(),
            apart: place.cores.are_apart(),
            network: place.network.clone(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            optimized: !cfg!(debug_assertions),
        }
    }
}
