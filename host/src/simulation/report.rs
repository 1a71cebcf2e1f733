//! How a run ended.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::output::{Printed, Stream};
use crate::run::Outcome;

/// How a run ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// How it ended for all.
    pub verdict: Verdict,
    /// How it ended for each program, in the order of the simulation.
    pub programs: Vec<Played>,
    /// How long it took, in simulated time: of a deadlock, until the last program began to wait.
    pub elapsed: Duration,
    /// How many things happened in the network.
    pub events: u64,
    /// A digest of what happened in the network and of what the programs printed and returned.
    pub digest: u64,
    /// What the programs printed, in its order.
    pub printed: Vec<Printed>,
    /// How many bytes more they printed, which were not kept.
    pub dropped: usize,
}

/// How a run ended for all programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// All programs ended with exit status 0, but for those that serve.
    Passed,
    /// The program at this place was the first that did not. The others were ended.
    Failed(usize),
    /// Every program waits, and nothing is under way that could end that.
    Deadlocked,
    /// The simulated time was up.
    TimeUp,
}

/// How a run ended for one program.
#[derive(Debug)]
#[non_exhaustive]
pub struct Played {
    /// The name of its host.
    pub name: String,
    /// How it ended; `None` if it did not.
    pub outcome: Option<Outcome>,
    /// When it had its last turn.
    pub last_turn: Duration,
    /// Whether it computed then or looked again and again, and did not wait.
    pub computes: bool,
    /// What its sockets waited for when the run ended: a clause for each.
    pub waits: Vec<String>,
}

/// What went wrong, to be compared: two runs with the same failure have most likely the same
/// cause.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The program of that name ended with an exit status.
    Exited(String, u8),
    /// It trapped.
    Trapped(String, String),
    /// It was ended by its policy.
    Revoked(String),
    /// Every program waits for ever.
    Deadlocked,
    /// The simulated time was up.
    TimeUp,
}

impl Report {
    /// What went wrong, if anything did.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self.verdict {
            Verdict::Passed => None,
            Verdict::Deadlocked => Some(Failure::Deadlocked),
            Verdict::TimeUp => Some(Failure::TimeUp),
            Verdict::Failed(place) => {
                let played = self.programs.get(place)?;
                let name = played.name.clone();
                Some(match played.outcome.as_ref()? {
                    Outcome::Exited(status) => Failure::Exited(name, *status),
                    Outcome::Trapped(trap) => Failure::Trapped(name, trap.to_string()),
                    _ => Failure::Revoked(name),
                })
            }
        }
    }

    /// The exit status of a process that passes this on: 0, that of the program that failed,
    /// [`Report::DEADLOCKED`], or [`Outcome::TIMED_OUT`].
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self.verdict {
            Verdict::Passed => 0,
            Verdict::Deadlocked => Report::DEADLOCKED,
            Verdict::TimeUp => Outcome::TIMED_OUT,
            Verdict::Failed(place) => {
                let outcome = self
                    .programs
                    .get(place)
                    .and_then(|one| one.outcome.as_ref());
                outcome.map_or(1, Outcome::exit_status)
            }
        }
    }

    /// The exit status of a process whose programs wait for ever.
    pub const DEADLOCKED: u8 = 125;

    /// A digest of everything, from that of what happened in the network.
    pub(super) fn digested(mut self, network: u64) -> Report {
        let mut hasher = DefaultHasher::new();
        network.hash(&mut hasher);
        self.elapsed.hash(&mut hasher);
        for printed in &self.printed {
            printed.program.hash(&mut hasher);
            (printed.stream == Stream::Error).hash(&mut hasher);
            printed.bytes.hash(&mut hasher);
        }
        for played in &self.programs {
            played.last_turn.hash(&mut hasher);
            played
                .outcome
                .as_ref()
                .map(Outcome::exit_status)
                .hash(&mut hasher);
        }
        self.digest = hasher.finish();
        self
    }
}

/// What a program does that has not ended, as a clause without its name.
impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Some(Outcome::Exited(status)) => return write!(f, "ended with exit status {status}"),
            Some(Outcome::Trapped(trap)) => return write!(f, "trapped: {trap}"),
            Some(_) => return f.write_str("was ended by its policy"),
            None if self.computes => f.write_str("computes, or looks again and again")?,
            None => write!(f, "waits since {:?}", self.last_turn)?,
        }
        for (nth, clause) in self.waits.iter().enumerate() {
            write!(f, "{} {clause}", if nth == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}
