//! `wsp run --simulate`.

mod file;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wsp::isolate::{Compiler, Source};
use wsp::run::{Program, Runner};
use wsp::simulation::{Chance, Found, Participant, Report, Simulation};

use crate::compose::patient;
use crate::output::{self, UsageError};
use crate::program;
use crate::quota::QuotaFlags;
use file::File;

/// Where the help lists its flags.
const HEADING: &str = "Simulation";

/// Running in a simulated network.
#[derive(clap::Args, Debug)]
pub(crate) struct SimulationFlags {
    /// Run the programs of a TOML file, and PROGRAM if one is named, over the network that it describes, in simulated time
    #[arg(long, help_heading = HEADING, value_name = "FILE", conflicts_with_all = ["follow_policy", "no_bursts", "dir"])]
    simulate: Option<PathBuf>,

    /// Draw from this seed what is left to chance (0, or what the file says): the same seed gives the same run
    #[arg(long, help_heading = HEADING, value_name = "NUMBER", requires = "simulate")]
    seed: Option<u64>,

    /// Try so many seeds, and show the first with which a program fails, traps, waits for ever or outlives the time
    #[arg(long, help_heading = HEADING, value_name = "COUNT", requires = "simulate")]
    sequences: Option<u64>,

    /// Leave these not to chance: delays, segments, buffers, refused, unreachable, resets, losses, stalls, datagrams-lost, datagrams-late
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "CHANCE",
        value_delimiter = ',',
        requires = "simulate"
    )]
    without: Vec<Chance>,

    /// Print how it ended as a line of JSON, with what the programs printed
    #[arg(long, help_heading = HEADING, requires = "simulate")]
    json: bool,
}

impl SimulationFlags {
    /// The file, if there is to be a simulation.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.simulate.as_deref()
    }
}

/// A simulation that a command line describes.
struct Described {
    simulation: Simulation,
    seed: u64,
    /// The command line that runs it, but for its seed and what it is without.
    command: told::Command,
}

/// Runs the simulation of `file`, with `program` as one more program if it has one.
pub(crate) async fn execute(
    flags: SimulationFlags,
    file: &Path,
    program: &[String],
    env: &[(String, String)],
    quota: &QuotaFlags,
) -> anyhow::Result<u8> {
    let described = describe(&flags, file, program, env, quota).await?;
    let Described {
        simulation,
        seed,
        command,
    } = described;
    let Some(count) = flags.sequences else {
        let (report, simulation) = tokio::task::spawn_blocking(move || {
            let report = simulation.run(seed);
            report.map(|report| (report, simulation))
        })
        .await??;
        told::report(&report, seed, &simulation, flags.json)?;
        return Ok(report.exit_status());
    };
    let seeds = seed..seed.saturating_add(count);
    let bar = progress(count, flags.json);
    let found = {
        let bar = bar.clone();
        let find = move || simulation.find(seeds, |runs| bar.set_position(runs));
        tokio::task::spawn_blocking(find).await??
    };
    bar.finish_and_clear();
    let Some(found) = found else {
        told::nothing_found(seed, count, flags.json)?;
        return Ok(0);
    };
    let Found {
        seed,
        simulation,
        report,
        runs,
        ..
    } = found;
    told::report(&report, seed, &simulation, flags.json)?;
    told::replay(&command, seed, &simulation, runs);
    Ok(report.exit_status())
}

fn progress(count: u64, json: bool) -> ProgressBar {
    let bar = ProgressBar::new(count);
    if json || output::is_quiet() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    // It shows as it is if the template were wrong.
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} runs, {eta} left") {
        bar.set_style(style);
    }
    bar
}

async fn describe(
    flags: &SimulationFlags,
    file: &Path,
    program: &[String],
    env: &[(String, String)],
    quota: &QuotaFlags,
) -> anyhow::Result<Described> {
    let mut read = File::read(file)?;
    read.programs
        .extend(file::Program::of_command_line(program, env));
    if read.programs.is_empty() {
        let name = file.display();
        return Err(UsageError(format!(
            "{name} names no program to run: add a table [[program]] with its file, or name one on the command line"
        ))
        .into());
    }
    let mut simulation = Simulation::default();
    simulation.network = read.network;
    simulation.time = read.time.unwrap_or(simulation.time);
    simulation.without = flags.without.iter().copied().collect();
    let mut compiled: BTreeMap<PathBuf, Program> = BTreeMap::new();
    let runner = Runner::simulated();
    for (place, program) in read.programs.iter().enumerate() {
        let known = compiled.get(&program.file).cloned();
        let component = match known {
            Some(component) => component,
            None => {
                let component = compile(&runner, &program.file).await?;
                compiled.insert(program.file.clone(), component.clone());
                component
            }
        };
        let (name, address) = (program.name(), program.address(place));
        let mut participant = Participant::new(&name, [address], component);
        let file = program.file.display().to_string();
        participant.arguments = [file].into_iter().chain(program.args.clone()).collect();
        participant.environment = program.env.clone().into_iter().collect();
        participant.begins = program.begins.unwrap_or(Duration::ZERO);
        participant.serves = program.serves;
        if let Some(policy) = program.policy()? {
            participant.settings.limits = policy.quota;
            let resolved = policy.resolve_with(&|name| no_name(name));
            participant.settings.policy =
                resolved.with_context(|| format!("the policy of {name}"))?;
        }
        quota.apply(&mut participant.settings.limits);
        simulation.participants.push(participant);
    }
    Ok(Described {
        simulation,
        seed: flags.seed.unwrap_or(read.seed),
        command: told::Command::new(file, program, env),
    })
}

/// Rules of a simulation have addresses: its names are those of private ones, which no name
/// grants.
fn no_name(_name: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
    Err(std::io::Error::other(
        "in a simulation, write the address of its host",
    ))
}

async fn compile(runner: &Runner, file: &Path) -> anyhow::Result<Program> {
    let begun = Instant::now();
    let name = file.display().to_string();
    let opened = std::fs::File::open(file).with_context(|| format!("cannot read {name}"))?;
    let length = opened.metadata().map_or(0, |metadata| metadata.len());
    let compiler = Compiler::new()?.bounds(patient(length));
    let program = program::compile(&name, runner, compiler, Source::File(opened)).await?;
    let imports = program.interfaces().imports();
    for denied in ["wasi:sockets/", "wasi:http/"] {
        if imports.iter().any(|import| import.starts_with(denied)) {
            let denied = denied.trim_end_matches('/');
            output::tell(format_args!(
                "wsp: what {name} does through {denied} is denied: only Winsock is simulated"
            ));
        }
    }
    tracing::debug!("{name} is compiled after {:?}", begun.elapsed());
    Ok(program)
}

/// What of a report is told in other words than its own.
fn is_failure(report: &Report) -> bool {
    report.failure().is_some()
}
