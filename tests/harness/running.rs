//! A program that runs, and what became of it.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use wsp::{LivePolicy, Monitor};

use crate::limit::within;
use crate::output::Printed;
use crate::recorded::Recorded;

/// A program that runs in a task of its own.
pub struct Running {
    name: String,
    task: JoinHandle<Outcome>,
    /// None if another engine runs it.
    watched: Option<(Monitor, LivePolicy)>,
    stdout: Printed,
    stderr: Printed,
    recorded: Option<Recorded>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its main function returned `Ok`.
    Success,
    /// Its main function returned an error.
    Failure,
    /// It trapped, with this message.
    Trap(String),
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How.
    pub outcome: Outcome,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
}

impl Running {
    pub(crate) fn new(
        name: String,
        task: JoinHandle<Outcome>,
        watched: Option<(Monitor, LivePolicy)>,
        stdout: Printed,
        stderr: Printed,
    ) -> Running {
        Running {
            name,
            task,
            watched,
            stdout,
            stderr,
            recorded: None,
        }
    }

    /// What replays it when it has ended, if something does.
    pub(crate) fn recorded(mut self, recorded: Option<Recorded>) -> Running {
        self.recorded = recorded;
        self
    }

    /// What it does, also when it has ended.
    pub fn monitor(&self) -> Monitor {
        self.watched().0.clone()
    }

    /// Replaces its policy.
    pub fn live_policy(&self) -> LivePolicy {
        self.watched().1.clone()
    }

    fn watched(&self) -> &(Monitor, LivePolicy) {
        let watched = self.watched.as_ref();
        watched.expect("only what wsp runs is watched")
    }

    /// Whether it has ended already.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits for the next line of its standard output.
    pub async fn line(&mut self) -> String {
        let what = format!("{} should print a line", self.name);
        match within(&what, self.stdout.line()).await {
            Some(line) => line,
            None => panic!("{} ended without printing another line", self.name),
        }
    }

    /// Waits for the line `expected` of its standard output, which must be the next.
    pub async fn expect_line(&mut self, expected: &str) {
        assert_eq!(self.line().await, expected);
    }

    /// Waits until it has ended, and every socket of it is closed.
    pub async fn end(self) -> Finished {
        let Running {
            name,
            task,
            stdout,
            stderr,
            recorded,
            ..
        } = self;
        let outcome = within(&format!("{name} should end"), task).await;
        let finished = Finished {
            outcome: outcome.unwrap_or_else(|error| panic!("running {name} failed: {error}")),
            stdout: stdout.everything().await,
            stderr: stderr.everything().await,
        };
        if let Some(recorded) = recorded {
            recorded.assert_replays(&name, &finished).await;
        }
        finished
    }

    /// Waits until it has ended; after `limit`, drops its store in the middle of
    /// whatever it does.
    pub async fn end_within(self, limit: Duration) -> Option<Finished> {
        let Running {
            name,
            mut task,
            stdout,
            stderr,
            recorded,
            ..
        } = self;
        let outcome = match timeout(limit, &mut task).await {
            Ok(outcome) => outcome,
            Err(_) => {
                task.abort();
                within("an aborted task should end", task).await
            }
        };
        match outcome {
            Ok(outcome) => Some(Finished {
                outcome,
                stdout: stdout.everything().await,
                stderr: stderr.everything().await,
            }),
            Err(error) if error.is_cancelled() => {
                if let Some(recorded) = recorded {
                    recorded.assert_replays_what_is_there(&name).await;
                }
                None
            }
            Err(error) => panic!("running {name} failed: {error}"),
        }
    }

    /// Drops its store in the middle of whatever it does.
    pub async fn drop_store(self) {
        self.task.abort();
        let outcome = within("an aborted task should end", self.task).await;
        assert!(
            outcome.is_err_and(|error| error.is_cancelled()),
            "{} had ended by itself",
            self.name
        );
        if let Some(recorded) = self.recorded {
            recorded.assert_replays_what_is_there(&self.name).await;
        }
    }
}

impl Finished {
    /// Asserts that it ended well and printed exactly these lines.
    pub fn assert_printed(&self, expected: &[impl AsRef<str>]) {
        let lines: Vec<&str> = self.stdout.lines().collect();
        let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
        assert_eq!(lines, expected, "{self:#?}");
        self.assert_success();
    }

    /// Asserts that it ended well and without a complaint.
    pub fn assert_success(&self) {
        assert_eq!(
            (&self.outcome, self.stderr.as_str()),
            (&Outcome::Success, ""),
            "{self:#?}"
        );
    }
}
