//! One run of a simulation.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use wsp_simulation::{HostError, SimulatedHost, SimulatedNetwork};

use super::output::{Prints, Stream};
use super::report::{Played, Report, Verdict};
use super::turns::{Activity, Turns};
use super::{Participant, Simulation, clocks};
use crate::quota::Clock;
use crate::resolver::{Answer, Resolver, Resolving};
use crate::run::{Outcome, RunError, wasi};

/// Longer than any program waits: if nothing has happened until then, nothing will.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// There is no program in it.
    #[error("there is no program to run in the simulation: name one")]
    Empty,
    /// A host cannot be made.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A program cannot be run.
    #[error("{name} cannot be run: {error}")]
    Program {
        /// The name of its host.
        name: String,
        /// Why not.
        error: RunError,
    },
    /// The system has no thread or no runtime to give.
    #[error("it cannot be simulated: {0}")]
    System(#[from] io::Error),
}

/// A program that runs.
struct Running {
    host: SimulatedHost,
    activity: Arc<Activity>,
}

impl Simulation {
    /// Runs the programs, with what is left to chance drawn from `seed`, until all have ended, one
    /// has failed, all wait for ever or the time is up. The same seed gives the same run. It
    /// blocks its thread; the programs run in another one.
    ///
    /// Computing takes simulated time: a millisecond for 100,000 instructions.
    ///
    /// # Errors
    ///
    /// [`SimulationError`], as it says there.
    pub fn run(&self, seed: u64) -> Result<Report, SimulationError> {
        if self.participants.is_empty() {
            return Err(SimulationError::Empty);
        }
        thread::scope(|scope| {
            let run = || {
                let runtime = Builder::new_current_thread()
                    .enable_time()
                    .start_paused(true)
                    .build()?;
                runtime.block_on(self.play(seed))
            };
            let thread = thread::Builder::new().name("wsp-simulation".to_owned());
            let played = thread.spawn_scoped(scope, run)?.join();
            // Only a fault of this library panics.
            played.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    async fn play(&self, seed: u64) -> Result<Report, SimulationError> {
        let begun = Instant::now();
        let network = SimulatedNetwork::without(self.network.clone(), seed, self.without.clone());
        let (prints, turn) = (Prints::default(), Arc::new(Notify::new()));
        let mut hosts = Vec::new();
        for participant in &self.participants {
            hosts.push(network.host(&participant.name, &participant.addresses)?);
        }
        let mut tasks = JoinSet::new();
        let mut places: BTreeMap<Id, usize> = BTreeMap::new();
        let mut running = Vec::new();
        for (place, (participant, host)) in self.participants.iter().zip(hosts).enumerate() {
            let mut wasi = wasi();
            clocks::give(&mut wasi, begun, seed, place);
            wasi.args(&participant.arguments)
                .envs(&participant.environment)
                .stdout(prints.stream(place, Stream::Output))
                .stderr(prints.stream(place, Stream::Error));
            let settings = settings(participant, &network, &host, begun);
            let prepared = participant.program.prepare(wasi.build(), settings);
            let prepared = prepared.map_err(|error| SimulationError::Program {
                name: participant.name.clone(),
                error,
            })?;
            let activity = Arc::new(Activity::new(&turn));
            let program = Turns::new(prepared.run(), &activity);
            let begins = begun + participant.begins;
            let task = tasks.spawn(async move {
                sleep_until(begins).await;
                program.await
            });
            places.insert(task.id(), place);
            running.push(Running { host, activity });
        }
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        let time_is_up = begun + self.time;
        let verdict = loop {
            if self.have_ended(&outcomes) {
                break Verdict::Passed;
            }
            let ended = tokio::select! {
                biased;
                ended = tasks.join_next_with_id() => ended,
                () = sleep_until(time_is_up) => {
                    break self.is_it_a_deadlock(&turn).await;
                }
            };
            let Some(ended) = ended else {
                break Verdict::Passed;
            };
            let (id, outcome) = ended.map_err(io::Error::from)?;
            let Some(place) = places.get(&id).copied() else {
                continue;
            };
            let outcome = outcome.map_err(|error| SimulationError::Program {
                name: self
                    .participants
                    .get(place)
                    .map_or_else(String::new, |one| one.name.clone()),
                error,
            })?;
            let failed = !outcome.is_success();
            outcomes.insert(place, outcome);
            if failed {
                break Verdict::Failed(place);
            }
        };
        let since = |instant: Instant| instant.duration_since(begun);
        let mut programs = Vec::new();
        for (place, (participant, running)) in self.participants.iter().zip(&running).enumerate() {
            let outcome = outcomes.remove(&place);
            programs.push(Played {
                name: participant.name.clone(),
                last_turn: since(running.activity.last()),
                computes: running.activity.computes(),
                waits: match outcome {
                    Some(_) => Vec::new(),
                    None => running.host.waits(),
                },
                outcome,
            });
        }
        let elapsed = match verdict {
            Verdict::Deadlocked => {
                let last = programs.iter().map(|played| played.last_turn).max();
                last.unwrap_or_default()
            }
            Verdict::TimeUp => self.time,
            _ => begun.elapsed(),
        };
        let (events, digest) = (network.events(), network.digest());
        let (printed, dropped) = prints.take();
        let report = Report {
            verdict,
            programs,
            elapsed,
            events,
            digest,
            printed,
            dropped,
        };
        Ok(report.digested(digest))
    }

    /// Whether all programs have ended that do not serve others.
    fn have_ended(&self, outcomes: &BTreeMap<usize, Outcome>) -> bool {
        let mut all = self.participants.iter().enumerate().peekable();
        let some_do_not_serve = self.participants.iter().any(|one| !one.serves);
        some_do_not_serve && all.all(|(place, one)| one.serves || outcomes.contains_key(&place))
    }

    /// Time is up: if no program has another turn in all the time to come, all wait for ever.
    async fn is_it_a_deadlock(&self, turn: &Notify) -> Verdict {
        // What was told of turns until now.
        let _ = futures::poll!(std::pin::pin!(turn.notified()));
        tokio::select! {
            biased;
            () = turn.notified() => Verdict::TimeUp,
            () = sleep(FOR_EVER) => Verdict::Deadlocked,
        }
    }
}

/// The settings of a program, in its host.
fn settings(
    participant: &Participant,
    network: &SimulatedNetwork,
    host: &SimulatedHost,
    begun: Instant,
) -> crate::Settings {
    let mut settings = participant.settings.clone();
    settings.network = Some(Arc::new(host.clone()));
    settings.resolver = Some(Arc::new(Names(network.clone())));
    settings.clock = Clock::reading(move || begun.elapsed());
    settings.limits.timeout = None;
    if settings.tenant.is_empty() {
        settings.tenant.clone_from(&participant.name);
    }
    settings
}

/// The names of a simulation, which are those of its hosts.
struct Names(SimulatedNetwork);

impl Resolver for Names {
    fn resolve(&self, name: &str) -> Resolving {
        let mut addresses = self.0.addresses(name);
        if addresses.is_empty() && name.eq_ignore_ascii_case("localhost") {
            addresses.push(IpAddr::from([127, 0, 0, 1]));
        }
        Box::pin(async move { Ok(Answer::new(addresses, None)) })
    }
}
