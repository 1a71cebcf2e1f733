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
use crate::settings::Settings;

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

/// The programs of a run.
struct Running {
    begun: Instant,
    network: SimulatedNetwork,
    prints: Prints,
    /// Told at every turn of a program.
    turn: Arc<Notify>,
    tasks: JoinSet<Result<Outcome, RunError>>,
    /// Which task is the program at which place.
    places: BTreeMap<Id, usize>,
    hosts: Vec<SimulatedHost>,
    activities: Vec<Arc<Activity>>,
    outcomes: BTreeMap<usize, Outcome>,
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
                runtime.block_on(async {
                    let mut running = self.begin(seed)?;
                    let verdict = self.play(&mut running).await?;
                    Ok(self.report(running, verdict))
                })
            };
            let thread = thread::Builder::new().name("wsp-simulation".to_owned());
            let played = thread.spawn_scoped(scope, run)?.join();
            // Only a fault of this library panics.
            played.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Begins all programs.
    fn begin(&self, seed: u64) -> Result<Running, SimulationError> {
        let network = SimulatedNetwork::without(self.network.clone(), seed, self.without.clone());
        let mut running = Running {
            begun: Instant::now(),
            network,
            prints: Prints::default(),
            turn: Arc::default(),
            tasks: JoinSet::new(),
            places: BTreeMap::new(),
            hosts: Vec::new(),
            activities: Vec::new(),
            outcomes: BTreeMap::new(),
        };
        // All of them, before one asks for the name of another.
        for participant in &self.participants {
            let host = running
                .network
                .host(&participant.name, &participant.addresses)?;
            running.hosts.push(host);
        }
        let hosts = running.hosts.clone();
        for (place, (participant, host)) in self.participants.iter().zip(&hosts).enumerate() {
            running.begin((seed, place), participant, host)?;
        }
        Ok(running)
    }

    /// Lets the programs run until it is clear how that ends.
    async fn play(&self, running: &mut Running) -> Result<Verdict, SimulationError> {
        let time_is_up = running.begun + self.time;
        while !self.have_ended(&running.outcomes) {
            let ended = tokio::select! {
                biased;
                ended = running.tasks.join_next_with_id() => ended,
                () = sleep_until(time_is_up) => {
                    return Ok(is_it_a_deadlock(&running.turn).await);
                }
            };
            let Some(ended) = ended else {
                break;
            };
            let (id, outcome) = ended.map_err(io::Error::from)?;
            let Some(place) = running.places.get(&id).copied() else {
                continue;
            };
            let outcome = outcome.map_err(|error| self.cannot_run(place, error))?;
            let failed = !outcome.is_success();
            running.outcomes.insert(place, outcome);
            if failed {
                return Ok(Verdict::Failed(place));
            }
        }
        Ok(Verdict::Passed)
    }

    fn cannot_run(&self, place: usize, error: RunError) -> SimulationError {
        let participant = self.participants.get(place);
        let name = participant.map_or_else(String::new, |participant| participant.name.clone());
        SimulationError::Program { name, error }
    }

    fn report(&self, mut running: Running, verdict: Verdict) -> Report {
        let since = |instant: Instant| instant.duration_since(running.begun);
        let mut programs = Vec::new();
        let each = self.participants.iter().zip(&running.hosts);
        for (place, ((participant, host), activity)) in each.zip(&running.activities).enumerate() {
            let outcome = running.outcomes.remove(&place);
            programs.push(Played {
                name: participant.name.clone(),
                last_turn: since(activity.last()),
                computes: activity.computes(),
                waits: match outcome {
                    Some(_) => Vec::new(),
                    None => host.waits(),
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
            Verdict::Passed | Verdict::Failed(_) => running.begun.elapsed(),
        };
        let (printed, dropped) = running.prints.take();
        let report = Report {
            verdict,
            programs,
            elapsed,
            events: running.network.events(),
            digest: 0,
            printed,
            dropped,
        };
        report.digested(running.network.digest())
    }

    /// Whether all programs have ended that do not serve others.
    fn have_ended(&self, outcomes: &BTreeMap<usize, Outcome>) -> bool {
        let mut all = self.participants.iter().enumerate().peekable();
        let some_do_not_serve = self.participants.iter().any(|one| !one.serves);
        some_do_not_serve && all.all(|(place, one)| one.serves || outcomes.contains_key(&place))
    }
}

/// Time is up: if no program has another turn in all the time to come, all wait for ever.
async fn is_it_a_deadlock(turn: &Notify) -> Verdict {
    // What was told of turns until now.
    let _ = futures::poll!(std::pin::pin!(turn.notified()));
    tokio::select! {
        biased;
        () = turn.notified() => Verdict::TimeUp,
        () = sleep(FOR_EVER) => Verdict::Deadlocked,
    }
}

impl Running {
    /// Begins the program at a place.
    fn begin(
        &mut self,
        (seed, place): (u64, usize),
        participant: &Participant,
        host: &SimulatedHost,
    ) -> Result<(), SimulationError> {
        let mut wasi = wasi();
        clocks::give(&mut wasi, self.begun, seed, place);
        wasi.args(&participant.arguments)
            .envs(&participant.environment)
            .stdout(self.prints.stream(place, Stream::Output))
            .stderr(self.prints.stream(place, Stream::Error));
        let settings = self.settings(participant, host);
        let prepared = participant.program.prepare(wasi.build(), settings);
        let prepared = prepared.map_err(|error| SimulationError::Program {
            name: participant.name.clone(),
            error,
        })?;
        let activity = Arc::new(Activity::new(&self.turn));
        let program = Turns::new(prepared.run(), &activity);
        let begins = self.begun + participant.begins;
        let task = self.tasks.spawn(async move {
            sleep_until(begins).await;
            program.await
        });
        self.places.insert(task.id(), place);
        self.activities.push(activity);
        Ok(())
    }

    /// The settings of a program, in its host.
    fn settings(&self, participant: &Participant, host: &SimulatedHost) -> Settings {
        let mut settings = participant.settings.clone();
        settings.network = Some(Arc::new(host.clone()));
        settings.resolver = Some(Arc::new(Names(self.network.clone())));
        let begun = self.begun;
        settings.clock = Clock::reading(move || begun.elapsed());
        settings.limits.timeout = None;
        if settings.tenant.is_empty() {
            settings.tenant.clone_from(&participant.name);
        }
        settings
    }
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
