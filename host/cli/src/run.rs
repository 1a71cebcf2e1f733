//! `wsp run`.

use std::env::{self, VarError};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Context;
use wasmtime_wasi::cli::stdout;
use wsp::isolate::{Compiler, Source};
use wsp::run::{self, Outcome, Program, Runner};
use wsp::tape::Recorder;
use wsp::{AuditLog, Settings};

use crate::compose::patient;
use crate::directory::Grant;
use crate::metrics::MetricsFlags;
use crate::output::{self, UsageError};
use crate::policy::Flags;
use crate::program;
use crate::quota::QuotaFlags;
use crate::replay;
use crate::simulate;
use crate::trace::TraceFlags;
use crate::watchdog::Watchdog;

/// Run a program, of Winsock, wasi:sockets or wasi:http, that may reach only what you name
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policy: Flags,

    #[command(flatten)]
    quota: QuotaFlags,

    #[command(flatten)]
    simulate: simulate::SimulationFlags,

    /// Put the file of --policy into force again whenever it changes, and end what it no longer allows
    #[arg(long)]
    follow_policy: bool,

    /// Send every overlapped send at once; otherwise those that a program posts one after the other go out together
    #[arg(long)]
    no_bursts: bool,

    /// Record to FILE what the program is given, does and receives, for `wsp replay`; it may hold secrets
    #[arg(long, value_name = "FILE", conflicts_with = "simulate")]
    record: Option<PathBuf>,

    /// Append a line of JSON to FILE for every decision, refusal and close
    #[arg(long, value_name = "FILE", env = "WSP_AUDIT")]
    audit: Option<PathBuf>,

    #[command(flatten)]
    metrics: MetricsFlags,

    #[command(flatten)]
    trace: TraceFlags,

    /// Set an environment variable, or with NAME alone pass this one on; the program sees no others
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = parse_variable)]
    env: Vec<(String, String)>,

    /// Give the program a directory of the host, by its own name GUEST, and only to read with :ro; it has no files otherwise
    #[arg(long, value_name = "HOST[::GUEST][:ro]", value_parser = Grant::parse)]
    dir: Vec<Grant>,

    /// A command component of WASI 0.2 or 0.3, composed with the provider where it imports it, and its arguments
    #[arg(value_names = ["PROGRAM.wasm", "ARGS"], num_args = 1.., required_unless_present = "simulate", trailing_var_arg = true)]
    program: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  wsp run program.wasm
  wsp run --allow-outbound=tcp://127.0.0.1:9000 program.wasm 127.0.0.1:9000
  wsp run --allow-outbound='tcp://10.0.0.0/8:80,8000-8099' --env LEVEL=2 --env LANG program.wasm
  wsp run --allow-inbound=tcp://127.0.0.1:0 server.wasm
  wsp run --allow-inbound=tcp://127.0.0.1:8080 --dir ./www::. web-server.wasm
  wsp run --policy policy.toml --deny-outbound='tcp://10.9.0.0/16:*' program.wasm
  wsp run --policy=policy.toml --follow-policy --dns=192.0.2.53 server.wasm
  wsp run --learn=policy.toml program.wasm && wsp run --policy=policy.toml program.wasm
  wsp run --max-memory=64MiB --max-rate=1MiB --timeout=30s --audit audit.jsonl program.wasm
  wsp run --policy=policy.toml --metrics=127.0.0.1:9464 server.wasm
  wsp run --record=run.tape --allow-outbound=tcp://127.0.0.1:9000 program.wasm
  wsp run --trace=trace.json program.wasm; wsp trace trace.json -o report.html
  wsp run --simulate simulation.toml --seed 7
  wsp run --simulate network.toml --sequences 1000 program.wasm

A rule is tcp://HOST:PORTS or udp://HOST:PORTS. HOST is an IPv4 address, an IPv6
address in brackets, a network (10.0.0.0/8), a name or *. PORTS is a list of
ports and ranges (80,8000-8099) or *; 0 is any free port to listen on. Loopback,
private and other special addresses need a rule of their own, since neither *
nor a name covers them. A deny rule wins over every other. The program has your
standard streams, of files only the directories that --dir names, and no other network.

The time of --timeout counts from the start of the command: compiling the program is
part of it. No more of standard input is read than the program asks for.

A name in a rule stands for the addresses that it has now: it is asked for again when
its time to live is over, which --dns tells, or else every 30 seconds.

With --simulate nothing reaches a network: programs talk to each other, by the names
and addresses of the file, and see clocks and random numbers of the simulation. They
have no files and no standard input, and may reach everything in the simulation
unless the file names a policy. --timeout is real time, `time` in the file is simulated.

The exit status is the program's own, 134 if it trapped, 124 if its time was up,
137 if it was ended because the policy has changed, and 1 or 2 if it could not be run.
Of a simulation it is that of the first program that failed, 124 if the simulated time
was up, and 125 if all programs wait for ever.";

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        None if !text.is_empty() => match env::var(text) {
            Ok(value) => Ok((text.to_owned(), value)),
            Err(VarError::NotPresent) => Err(format!(
                "there is no variable {text} to pass on; write {text}=VALUE to set one"
            )),
            Err(VarError::NotUnicode(_)) => Err(format!(
                "the value of {text} is no text, and cannot be passed on"
            )),
        },
        _ => Err("write it as NAME=VALUE, or as NAME to pass it on".to_owned()),
    }
}

/// How long a program whose time is up may take to be ended in order, with its
/// connections reset, before the process is.
const GRACE: Duration = Duration::from_millis(250);

pub(crate) async fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    match arguments.simulate.file().map(Path::to_owned) {
        Some(file) => simulated(arguments, &file).await,
        None => in_earnest(arguments).await,
    }
}

/// Runs the programs of a file, and the one that is named, in a simulation.
async fn simulated(arguments: Arguments, file: &Path) -> anyhow::Result<u8> {
    if arguments.policy.says_something() {
        let sentence = "in a simulation, each program has a policy of its own: name it in the file, as `policy` of the program";
        return Err(UsageError(sentence.to_owned()).into());
    }
    // What computes for ever in one call of the host is ended too.
    let watchdog = arguments.quota.timeout().map(|timeout| {
        let sentence = format!(
            "wsp: the simulation was ended when its real time was up after {timeout:?}; give it more with --timeout"
        );
        Watchdog::start(timeout, Outcome::TIMED_OUT, sentence)
    });
    let _watchdog = watchdog.transpose()?;
    let (program, env) = (&arguments.program, &arguments.env);
    simulate::execute(arguments.simulate, file, program, env, &arguments.quota).await
}

async fn in_earnest(arguments: Arguments) -> anyhow::Result<u8> {
    let begun = Instant::now();
    let name = arguments.program.first().context("no program is named")?;
    let time_is_up = |timeout: Duration, meanwhile: &str| {
        format!(
            "wsp: {name} was ended when its time was up after {timeout:?}{meanwhile}; give it more with --timeout"
        )
    };
    let watch = |timeout: Duration| {
        let left = timeout.saturating_sub(begun.elapsed());
        let left = left.saturating_add(GRACE);
        Watchdog::start(left, Outcome::TIMED_OUT, time_is_up(timeout, ""))
    };
    // Before anything that counts.
    let metrics = arguments.metrics.start().await?;
    let tracing = arguments.trace.start()?;
    // Reading the policy may take its time already.
    let by_flag = arguments.quota.timeout().map(watch).transpose()?;
    let policy = arguments.policy.read()?;
    let mut limits = policy.limits();
    arguments.quota.apply(&mut limits);
    // Before the policy is in force, so that no change is missed.
    let following = match arguments.follow_policy {
        true => Some(policy.following()?),
        false => None,
    };
    let watchdog = match by_flag {
        Some(watchdog) => Some(watchdog),
        None => limits.timeout.map(watch).transpose()?,
    };

    // What was learned by then is written when time is up, too.
    let taught = OnceLock::new();
    let preparing = async {
        let (mut settings, lesson) = policy.lesson().await?;
        if let Some(lesson) = lesson {
            let _ = taught.set(lesson);
        }
        settings.limits = limits;
        settings.without_bursts = arguments.no_bursts;
        name.clone_into(&mut settings.tenant);
        settings.audit = arguments.audit.as_deref().map(open_audit).transpose()?;
        let settings = tracing.apply(settings);
        let (source, recorder) = match &arguments.record {
            None => {
                let file = File::open(name).with_context(|| format!("cannot read {name}"))?;
                (Source::File(file), None)
            }
            Some(file) => {
                let program = replay::read(name.as_ref())?;
                let recorder =
                    replay::recorder(file, &program, &arguments.program, &arguments.env)?;
                (Source::Bytes(program), Some(recorder))
            }
        };
        let length = match &source {
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::File(file) => file.metadata().map_or(0, |metadata| metadata.len()),
        };
        let compiler = Compiler::new()?.bounds(patient(length));
        // Epochs cost a little, so only a program that is to be ended has them.
        let runner = match limits.timeout {
            Some(_) => Runner::new(),
            None => Runner::without_epochs(),
        };
        let program = program::compile(name, &runner, compiler, source).await?;
        let imports = program.interfaces().imports();
        let uses_wasi = imports
            .iter()
            .any(|import| import.starts_with("wasi:sockets/"));
        if uses_wasi && limits.bytes_per_second.is_some() {
            output::tell(format_args!(
                "wsp: the rate of bytes is no bound on what {name} sends through wasi:sockets"
            ));
        }
        if recorder.is_some() {
            replay::tell_what_is_denied(name, imports);
        }
        anyhow::Ok((program, settings, recorder))
    };
    let left = |timeout: Duration| timeout.saturating_sub(begun.elapsed());
    let prepared = match limits.timeout {
        None => Some(preparing.await),
        Some(timeout) => tokio::time::timeout(left(timeout), preparing).await.ok(),
    };
    let running = async |program: Program, mut settings: Settings, recorder: Option<Recorder>| {
        settings.limits.timeout = limits.timeout.map(left);
        let mut wasi = match &recorder {
            None => {
                let mut wasi = run::wasi();
                wasi.stdin(replay::stdin()?)
                    .inherit_stdout()
                    .args(&arguments.program)
                    .envs(&arguments.env);
                wasi
            }
            Some(recorder) => recorder.wasi(replay::stdin()?, stdout()),
        };
        wasi.inherit_stderr();
        for directory in &arguments.dir {
            directory.give(&mut wasi)?;
        }
        let wasi = wasi.build();
        let prepared = match &recorder {
            None => program.prepare(wasi, settings),
            Some(recorder) => program.record(wasi, settings, recorder),
        };
        program::run(name, prepared, limits, following).await
    };
    let ended = match prepared {
        Some(Ok((program, settings, recorder))) => {
            running(program, settings, recorder).await.map(Some)
        }
        Some(Err(error)) => Err(error),
        None => Ok(None),
    };
    let meanwhile = match &ended {
        Ok(None) => Some(String::new()),
        Ok(Some(Outcome::TimedOut(late))) => Some(format!(", while {late}")),
        _ => None,
    };
    if let (Some(meanwhile), Some(timeout)) = (meanwhile, limits.timeout) {
        output::say(format_args!("{}", time_is_up(timeout, &meanwhile)));
    }
    if let Some(lesson) = taught.get() {
        lesson.write()?;
    }
    metrics.write()?;
    tracing.finish()?;
    // What is still to be said may find standard error full.
    if let Some(watchdog) = watchdog
        && !matches!(
            ended,
            Ok(Some(
                Outcome::Exited(_) | Outcome::Trapped(_) | Outcome::Revoked
            ))
        )
    {
        watchdog.stay();
    }
    Ok(ended?.map_or(Outcome::TIMED_OUT, |outcome| outcome.exit_status()))
}

fn open_audit(file: &Path) -> anyhow::Result<AuditLog> {
    let cannot = || format!("cannot write the audit log {}", file.display());
    AuditLog::append_to(file).with_context(cannot)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::Parser;

    use crate::arguments::{Arguments, Command};
    use crate::output::UsageError;

    fn parse(arguments: &[&str]) -> Result<super::Arguments, clap::Error> {
        let parsed = Arguments::try_parse_from(["wsp", "run"].iter().chain(arguments))?;
        match parsed.command {
            Command::Run(arguments) => Ok(*arguments),
            _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
        }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    #[test]
    fn without_a_flag_the_policy_is_the_librarys_default() {
        let settings = block_on(parse(&["p.wasm"]).unwrap().policy.settings()).unwrap();
        let policy = settings.policy;
        let library = wsp::Settings::default().policy;
        assert_eq!(format!("{policy:?}"), format!("{library:?}"));
    }

    #[test]
    fn flags_after_the_program_are_the_programs() {
        let arguments = parse(&[
            "--env=A=b=c",
            "p.wasm",
            "--allow-outbound=x",
            "-v",
            "--",
            "y",
        ])
        .unwrap();
        assert_eq!(arguments.env, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(
            arguments.program,
            ["p.wasm", "--allow-outbound=x", "-v", "--", "y"]
        );
        let policy = block_on(arguments.policy.settings()).unwrap().policy;
        assert_eq!(policy.rules().count(), 0);
    }

    #[test]
    fn a_variable_without_a_value_is_passed_on() {
        let passed = parse(&["--env=PATH", "p.wasm"]).unwrap();
        let path = std::env::var("PATH").unwrap();
        assert_eq!(passed.env, [("PATH".to_owned(), path)]);
        let error = parse(&["--env=WSP_NO_SUCH_VARIABLE", "p.wasm"])
            .err()
            .unwrap();
        assert!(
            error
                .to_string()
                .contains("write WSP_NO_SUCH_VARIABLE=VALUE")
        );
    }

    #[test]
    fn a_misspelt_flag_is_not_taken_for_the_program() {
        let error = parse(&["--alow-outbound=tcp://127.0.0.1:1", "p.wasm"])
            .err()
            .unwrap();
        assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
    }

    #[test]
    fn a_bad_rule_is_a_usage_error_that_teaches() {
        let error = parse(&["--allow-outbound=http://x:1", "p.wasm"])
            .err()
            .unwrap();
        assert_eq!(error.exit_code(), 2);
        assert!(
            error
                .to_string()
                .contains("it must start with tcp:// or udp://"),
            "{error}"
        );
        assert_eq!(
            parse(&["--env", "=x", "p.wasm"]).err().unwrap().exit_code(),
            2
        );
        let zero = parse(&["--allow-outbound=tcp://127.0.0.1:0", "p.wasm"]).unwrap();
        let zero = block_on(zero.policy.settings()).unwrap_err();
        assert!(zero.is::<UsageError>());
    }
}
