//! Who makes the calls of a sequence.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;
use wsp::policy::Policy;
use wsp::quota::HostQuota;
use wsp::{Faults, Limits, Monitor};
use wsp_tests::{Finished, Program};

use crate::peers::Peers;
use crate::{composed, embedder, script};

/// One guest with what it is to do.
#[derive(Debug)]
pub(crate) enum Guest {
    /// A program.
    Plain { script: String },
    /// One that waits for many things at once.
    Waiting { script: String },
    /// A provider, called by the program that it is composed with.
    Composed { script: String, provider: String },
    /// A provider, called by an embedder.
    Embedded { script: String, provider: String },
}

/// What a guest is given.
pub(crate) struct Setup {
    pub(crate) policy: Policy,
    /// Another one that takes turns with it.
    pub(crate) other: Option<Policy>,
    pub(crate) limits: Limits,
    pub(crate) host: HostQuota,
    pub(crate) faults: Faults,
    /// What it ends within, or is dropped.
    pub(crate) longest: Duration,
}

impl Guest {
    /// One that follows from the state of `random`.
    pub(crate) fn new(random: &mut Rng, peers: &Peers) -> Guest {
        match random.u8(..8) {
            0..4 => Guest::Plain {
                script: script::script(random, peers),
            },
            4..6 => Guest::Waiting {
                script: script::waiting(random, peers),
            },
            6 => Guest::Composed {
                script: script::calls(random),
                provider: script::provider(random, peers),
            },
            _ => Guest::Embedded {
                script: script::calls(random),
                provider: script::provider(random, peers),
            },
        }
    }

    /// Whether a trap with this message is what such a guest asks for.
    pub(crate) fn may_trap(&self, trap: &str) -> bool {
        // More handles than there are; by itself.
        let of_a_provider = ["store handle limit exceeded", "`unreachable`"];
        let is_provider = matches!(self, Guest::Composed { .. } | Guest::Embedded { .. });
        is_provider && of_a_provider.iter().any(|said| trap.contains(said))
    }

    /// Runs it to its end, or to the end of its time.
    pub(crate) async fn run(&self, setup: Setup) -> (Monitor, Option<Finished>) {
        let named = |name| Program::new(env!("CARGO_TARGET_TMPDIR"), name);
        let program = match self {
            Guest::Plain { script } => named("hostile").argument(script),
            Guest::Waiting { script } => named("hostile_async").argument(script),
            Guest::Composed { script, provider } => Program::in_file(composed::file())
                .argument(script)
                .argument(provider),
            Guest::Embedded { script, provider } => {
                return embedder::run(script, provider, setup).await;
            }
        };
        let program = program
            .policy(setup.policy.clone())
            .limits(setup.limits)
            .host_quota(&setup.host)
            .faults(&setup.faults)
            .start();
        let monitor = program.monitor();
        let Some(other) = setup.other else {
            return (monitor, program.end_within(setup.longest).await);
        };
        let (live, policy) = (program.live_policy(), setup.policy);
        let changing = tokio::spawn(async move {
            for turn in 0_u64.. {
                let next = if turn % 2 == 0 { &other } else { &policy };
                live.replace(next.clone());
                for _ in 0..turn % 7 {
                    tokio::task::yield_now().await;
                }
                sleep(Duration::from_micros(200)).await;
            }
        });
        let ended = program.end_within(setup.longest).await;
        changing.abort();
        let _ = changing.await;
        (monitor, ended)
    }
}
