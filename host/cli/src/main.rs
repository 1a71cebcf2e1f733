//! The `wsp` command: sends, listens and runs programs through the Winsock provider component.
//!
//! What the exit statuses mean, `wsp --help` says.

#![deny(unsafe_code)]

mod arguments;
mod cc;
mod completions;
mod compose;
mod demo;
mod directory;
mod idle;
mod interrupt;
mod listen;
mod logging;
mod man;
mod metrics;
mod output;
mod policy;
mod program;
mod quota;
mod replay;
mod run;
mod send;
mod session;
mod simulate;
mod stdin;
mod trace;
mod watchdog;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use interrupt::{Interrupt, Interrupts};

/// The exit status of a command that failed.
const FAILURE: u8 = 1;

/// The exit status of a command line that makes no sense, which is clap's too.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    wsp::isolate::run_if_child(wsp::run::configure);
    let arguments = Arguments::read();
    output::be_quiet(arguments.quiet);
    let status = interrupt::refuse_size_signal()
        .and_then(|()| logging::start(arguments.verbosity()))
        .and_then(|()| execute(arguments.command));
    match status {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            output::say(format_args!("wsp: {error:#}"));
            ExitCode::from(failure(&error))
        }
    }
}

/// The exit status of a command that failed for this reason.
fn failure(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Interrupt>() {
        Some(interrupt) => interrupt.status(),
        None if error.is::<output::UsageError>() => USAGE,
        None => FAILURE,
    }
}

/// Executes one command, and returns the exit status.
fn execute(command: Command) -> anyhow::Result<u8> {
    match command {
        // Signals are watched before there are threads, which then leave them alone.
        Command::Send(arguments) => {
            let interrupts = Interrupts::watch()?;
            in_runtime(send::execute(arguments, interrupts))
        }
        Command::Listen(arguments) => {
            let interrupts = Interrupts::watch()?;
            in_runtime(listen::execute(arguments, interrupts))
        }
        Command::Run(arguments) => in_runtime(run::execute(*arguments)),
        Command::Replay(arguments) => in_runtime(replay::execute(arguments)),
        Command::Compose(arguments) => in_runtime(compose::execute(arguments)),
        Command::Cc(arguments) => cc::execute(arguments),
        Command::Policy(arguments) => in_runtime(policy::execute(arguments)),
        Command::Trace(arguments) => trace::execute(&arguments),
        Command::Demo(arguments) => in_runtime(demo::execute(arguments)),
        Command::Completions(arguments) => completions::execute(&arguments),
        Command::Man(arguments) => man::execute(&arguments),
    }
}

fn in_runtime(
    command: impl Future<Output = anyhow::Result<u8>> + Send + 'static,
) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // On a thread of the runtime, which learns of readiness without another's help.
    let executed = runtime.spawn(command);
    let status = runtime.block_on(executed)?;
    // A thread that waits for standard input must not keep the command alive.
    runtime.shutdown_background();
    status
}
