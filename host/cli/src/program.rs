//! Running a command component, composed with the provider.

use std::pin::pin;

use anyhow::{Context, anyhow};
use futures::future::{Either, select};
use wsp::isolate::{Compiler, Source};
use wsp::quota::{QuotaKind, Size};
use wsp::run::{Outcome, Prepared, Program, RunError, Runner};
use wsp::{Limits, Monitor};

use crate::output;
use crate::policy::Following;
use crate::session::cache;

/// Has a program compiled in a child process, or finds it compiled by an earlier command.
pub(crate) async fn compile(
    name: &str,
    runner: &Runner,
    compiler: Compiler,
    program: Source,
) -> anyhow::Result<Program> {
    let compiler = match cache() {
        Some(directory) => compiler.cache(&directory),
        None => compiler,
    };
    let compiled = runner.compile(&compiler, program).await;
    compiled.with_context(|| format!("cannot run {name}"))
}

/// Runs a program to its end, under these limits. It says why where that was not the program's
/// own.
pub(crate) async fn run(
    name: &str,
    prepared: Result<Prepared, RunError>,
    limits: Limits,
    following: Option<Following>,
) -> anyhow::Result<Outcome> {
    let cannot = |error| match error {
        RunError::TooLarge(error) => {
            anyhow!("cannot run {name}: {error}; give it more with --max-memory")
        }
        error => anyhow!("cannot run {name}: {error}"),
    };
    let prepared = prepared.map_err(cannot)?;
    let monitor = prepared.monitor();
    let live = prepared.live_policy();
    let running = pin!(prepared.run());
    let outcome = match following {
        None => running.await,
        Some(following) => {
            // It may end before the program does, which goes on then.
            let following = pin!(following.follow(live));
            match select(running, following).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(((), running)) => running.await,
            }
        }
    };
    let outcome = outcome.map_err(cannot)?;
    if matches!(outcome, Outcome::Revoked) {
        output::say(format_args!(
            "wsp: {name} was ended because of a connection that the policy no longer allows"
        ));
    }
    if let Outcome::Trapped(trap) = &outcome {
        output::say(format_args!("wsp: {name} trapped: {trap}"));
        tracing::info!("{:?}", trap.error());
        say_if_it_wanted_memory(&limits, &monitor);
    }
    Ok(outcome)
}

fn say_if_it_wanted_memory(limits: &Limits, monitor: &Monitor) {
    let memory = QuotaKind::MemoryBytes.as_str();
    let refusals = monitor.report().refusals;
    if let Some(limit) = limits.memory_bytes
        && refusals.iter().any(|refusal| refusal.quota == memory)
    {
        output::say(format_args!(
            "wsp: it had wanted more memory than {}; give it more with --max-memory",
            Size(limit as u64)
        ));
    }
}
