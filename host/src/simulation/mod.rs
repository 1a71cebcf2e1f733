//! Programs in a simulated network and in simulated time: the same seed gives the same run.
//!
//! A [`Simulation`] runs one program or several, each on a host of its own, over a
//! [`SimulatedNetwork`]: delays, small buffers, stalls, resets and losses are drawn from a seed.
//! Everything above the sockets is what runs in earnest, with its queues, policies and quotas;
//! clocks and random numbers of the programs are the simulation's. [`Simulation::find`] looks for
//! a seed with which a program fails, traps, waits for ever or outlives its time, and leaves out
//! of it what it does without.
//!
//! ```
//! use wsp::run::Runner;
//! use wsp::simulation::{Participant, Simulation, Verdict};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let program = wat::parse_str(r#"(component
//! #     (core module $m (func (export "run") (result i32) i32.const 0))
//! #     (core instance $i (instantiate $m))
//! #     (func $run (result (result)) (canon lift (core func $i "run")))
//! #     (component $wrap (import "run" (func $r (result (result)))) (export "run" (func $r)))
//! #     (instance $w (instantiate $wrap (with "run" (func $run))))
//! #     (export "wasi:cli/run@0.2.0" (instance $w)))"#)?;
//! // Its turns are counted in instructions, not in time.
//! let program = Runner::simulated().compile_here(&program)?;
//!
//! let mut simulation = Simulation::default();
//! simulation.network.delay = "1ms..50ms".parse()?;
//! simulation.network.faults.reset = 0.1;
//! simulation.participants = vec![
//!     Participant::new("server", ["10.0.0.1".parse()?], program.clone()),
//!     Participant::new("client", ["10.0.0.2".parse()?], program),
//! ];
//! let report = simulation.run(7)?;
//! assert!(matches!(report.verdict, Verdict::Passed));
//! assert_eq!(simulation.run(7)?.digest, report.digest);
//! assert!(simulation.find(0..3, |_| {})?.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! An embedder that has stores of its own gives [`Settings::network`](crate::Settings::network) a
//! [`SimulatedHost`], and calls everything on a runtime of tokio of one thread whose clock is
//! paused.
//!
//! What is of WASI is not simulated: programs have no files and no standard input, and what they
//! ask of `wasi:sockets` and `wasi:http` is denied.

mod clocks;
mod everything;
mod output;
mod report;
mod run;
mod search;
mod turns;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

pub use wsp_simulation::{
    Between, BetweenError, Chance, ChanceError, Faults, HostError, NetworkConfig, SimulatedHost,
    SimulatedNetwork,
};

pub use everything::everything;
pub use output::{Printed, Stream};
pub use report::{Failure, Played, Report, Verdict};
pub use run::SimulationError;
pub use search::Found;

use crate::run::Program;
use crate::settings::Settings;

/// Programs and the network that they talk over.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Simulation {
    /// How the network behaves.
    pub network: NetworkConfig,
    /// How long a run takes at most, in simulated time.
    pub time: Duration,
    /// What is not left to chance, although the network says so.
    pub without: BTreeSet<Chance>,
    /// The programs.
    pub participants: Vec<Participant>,
}

impl Default for Simulation {
    /// No programs, and a minute.
    fn default() -> Simulation {
        Simulation {
            network: NetworkConfig::default(),
            time: Duration::from_secs(60),
            without: BTreeSet::new(),
            participants: Vec::new(),
        }
    }
}

/// A program in a simulation, on a host of its own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Participant {
    /// The name of its host, which the others can resolve.
    pub name: String,
    /// The addresses of its host.
    pub addresses: Vec<IpAddr>,
    /// The program, compiled by a [`Runner::simulated`](crate::run::Runner::simulated).
    pub program: Program,
    /// Its arguments, the first of which is its name.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// What it may reach and use, [`everything`] of the simulation to begin with. The network,
    /// the clock and the resolver are the simulation's, and a time-out does not count.
    pub settings: Settings,
    /// It serves others: it is ended, and has done well, once all that do not have ended.
    pub serves: bool,
    /// When it begins.
    pub begins: Duration,
}

impl Participant {
    /// A program on a host with this name and these addresses, which may reach everything in
    /// the simulation, and whose only argument is its name.
    pub fn new(
        name: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
        program: Program,
    ) -> Participant {
        Participant {
            name: name.to_owned(),
            addresses: addresses.into_iter().collect(),
            program,
            arguments: vec![name.to_owned()],
            environment: Vec::new(),
            settings: Settings::new(everything()),
            serves: false,
            begins: Duration::ZERO,
        }
    }
}
