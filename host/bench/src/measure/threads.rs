//! What threads cost a program of C.

use std::fs;
use std::path::Path as File;
use std::process::Command;

use anyhow::{Context, bail};
use serde::Serialize;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wsp::Settings;
use wsp::policy::Policy;
use wsp::run::{self, Outcome, Program, Runner};

use crate::output;
use crate::paths::settings::settings;
use crate::place::receivers::Receivers;
use crate::plan::Plan;
use crate::shape::{Shape, Sink};
use crate::statistics::{Spread, ratio};

const SOURCE: &str = include_str!("threads.c");

/// Bytes of each send.
const BYTES: usize = 64;

/// The most that the program may print, in bytes.
const MAXIMUM_OUTPUT: usize = 1024;

/// What threads cost.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Threads {
    /// Nanoseconds to give a turn to the other of two threads.
    pub(crate) switch: Spread,
    /// Sends of 64 bytes, into nowhere and over TCP.
    pub(crate) sends: Vec<Sends>,
    /// Bytes of the program's memory that a thread takes.
    pub(crate) memory: f64,
    /// Echoes by so many threads, each with a socket.
    pub(crate) echoes: Vec<Echoes>,
}

/// A send of a program without threads, and of the same with them, in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sends {
    pub(crate) sink: Sink,
    pub(crate) without: Spread,
    pub(crate) with: Spread,
    /// How many times as long it takes with them, round by round.
    pub(crate) of_without: Spread,
}

/// An echo by one thread after the other, in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Echoes {
    pub(crate) threads: usize,
    pub(crate) nanoseconds: Spread,
}

/// The same source, compiled without threads and with them.
struct Programs {
    without: Program,
    with: Program,
}

/// None if the command `wsp` cannot compile C here, which it says.
pub(crate) async fn measure(
    wsp: &File,
    receivers: &Receivers,
    plan: &Plan,
) -> anyhow::Result<Option<Threads>> {
    let programs = match Programs::build(wsp) {
        Ok(programs) => programs,
        Err(error) => {
            output::say(format_args!("threads are not measured: {error:#}"));
            return Ok(None);
        }
    };
    let count = plan.threads.sends.to_string();
    let mut switches = Vec::new();
    for _ in 0..plan.rounds {
        let arguments = ["switches", "0", &count];
        switches.push(ask(&programs.with, among_threads(1)?, &arguments).await?);
    }
    let mut sends = Vec::new();
    for sink in [Sink::Null, Sink::Tcp] {
        sends.push(programs.sends(sink, receivers, plan).await?);
    }
    let most = plan.threads.most;
    let arguments = ["memory", &most.to_string(), "0"];
    let memory = ask(&programs.with, among_threads(most)?, &arguments).await?;
    let mut echoes = Vec::new();
    for threads in [1, 2, most / 10, most] {
        let arguments = [
            "echoes",
            &threads.to_string(),
            &plan.threads.echoes.to_string(),
        ];
        let mut times = Vec::new();
        for _ in 0..plan.rounds.min(5) {
            times.push(ask(&programs.with, among_threads(threads)?, &arguments).await?);
        }
        let nanoseconds = Spread::of(times).context("no rounds")?;
        echoes.push(Echoes {
            threads,
            nanoseconds,
        });
    }
    Ok(Some(Threads {
        switch: Spread::of(switches).context("no rounds")?,
        sends,
        memory,
        echoes,
    }))
}

impl Programs {
    fn build(wsp: &File) -> anyhow::Result<Programs> {
        let place = tempfile::tempdir().context("cannot make a directory")?;
        let source = place.path().join("threads.c");
        fs::write(&source, SOURCE)?;
        let compile = |defined: &str| {
            let built = place.path().join("threads.wasm");
            let mut command = Command::new(wsp);
            command.args(["cc", "-O2", defined]).arg(&source);
            let output = command.arg("-o").arg(&built).output();
            let output = output.with_context(|| format!("cannot start {}", wsp.display()))?;
            if !output.status.success() {
                bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
            }
            let program = Runner::without_epochs().compile_here(&fs::read(&built)?);
            program.context("cannot compile the program")
        };
        Ok(Programs {
            without: compile("-UTHREADS")?,
            with: compile("-DTHREADS")?,
        })
    }

    async fn sends(&self, sink: Sink, receivers: &Receivers, plan: &Plan) -> anyhow::Result<Sends> {
        let shape = Shape::blocking(sink, BYTES);
        let port = receivers.of(&shape).port().to_string();
        let count = plan.threads.sends.to_string();
        let arguments = ["sends", &port, &count];
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for round in 0..plan.rounds {
            let mut order = [(&self.without, &mut without), (&self.with, &mut with)];
            // Each goes first as often as the other.
            if round % 2 == 1 {
                order.reverse();
            }
            for (program, times) in order {
                times.push(ask(program, settings(receivers, &shape), &arguments).await?);
            }
        }
        Ok(Sends {
            sink,
            of_without: ratio(&with, &without).context("no rounds")?,
            without: Spread::of(without).context("no rounds")?,
            with: Spread::of(with).context("no rounds")?,
        })
    }
}

/// What a program may reach whose threads answer each other.
fn among_threads(threads: usize) -> anyhow::Result<Settings> {
    let policy = Policy::default().allow_outbound("udp://127.0.0.1:*".parse()?)?;
    let policy = policy.allow_inbound("udp://127.0.0.1:*".parse()?)?;
    let mut settings = Settings::new(policy);
    settings.limits.sockets = threads + 1;
    settings.limits.operations = settings.limits.operations.max(4 * threads);
    Ok(settings)
}

/// The number that a program prints.
async fn ask(program: &Program, settings: Settings, arguments: &[&str]) -> anyhow::Result<f64> {
    let printed = MemoryOutputPipe::new(MAXIMUM_OUTPUT);
    let mut wasi = run::wasi();
    wasi.inherit_stderr().stdout(printed.clone()).arg("threads");
    wasi.args(arguments);
    match program.run(wasi.build(), settings).await? {
        Outcome::Exited(0) => {}
        Outcome::Trapped(trap) => bail!("the program of threads trapped: {trap}"),
        _ => bail!("the program of threads failed: {arguments:?}"),
    }
    let text = String::from_utf8_lossy(&printed.contents()).into_owned();
    let number = text.trim().parse();
    number.with_context(|| format!("the program of threads printed {text:?}"))
}
