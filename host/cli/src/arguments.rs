//! The command line.

use std::env;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use crate::logging::Verbosity;
use crate::{cc, completions, compose, demo, listen, man, policy, replay, run, send, trace};

/// Winsock's send path as a WebAssembly component: send, listen, and run programs that may reach only what you name.
#[derive(Parser)]
#[command(name = "wsp", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Log more: -v for what happens, -vv for details (or set WSP_LOG, as in WSP_LOG=wsp=trace)
    #[arg(short, long, action = ArgAction::Count, global = true, display_order = 100)]
    verbose: u8,

    /// Say only what went wrong: no progress, no summary, no warnings
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        display_order = 101
    )]
    pub(crate) quiet: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// The command line of this process; a mistake ends it.
    pub(crate) fn read() -> Self {
        let given: Vec<_> = env::args_os().collect();
        let mut command = Self::command();
        if given.get(1).is_some_and(|name| name == "send")
            && let Some(send) = command.find_subcommand_mut("send")
            && let Some(mistake) = send::forgotten_text(&given, send)
        {
            send.error(ErrorKind::InvalidValue, mistake).exit();
        }
        Self::parse_from(given)
    }

    /// How much is logged.
    pub(crate) fn verbosity(&self) -> Verbosity {
        match self.quiet {
            true => Verbosity::Quiet,
            false => Verbosity::Verbose(self.verbose),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  wsp demo
  wsp send tcp://127.0.0.1:9000 --buffer 'GET / ' --buffer 'HTTP/1.0' --file headers.txt
  wsp listen tcp://127.0.0.1:9000 --output received.bin
  wsp run --allow-outbound=tcp://127.0.0.1:9000 program.wasm
  wsp run --record=run.tape program.wasm && wsp replay run.tape program.wasm
  wsp cc program.c -o program.wasm
  wsp run --trace trace.json program.wasm && wsp trace trace.json -o report.html
  wsp policy explain --allow-outbound='tcp://*:443' tcp://10.0.0.1:443
  wsp completions bash > ~/.local/share/bash-completion/completions/wsp

Exit status:
  0    success
  1    a failure, or a denial that `wsp policy explain` tells
  2    a mistake in the command line
  123  `wsp replay`: the program did something else than was recorded
  124  `wsp run`: the time of the program was up
  125  `wsp run --simulate`: all programs wait for ever
  130  ended by Ctrl-C
  134  `wsp run`: the program trapped
  137  `wsp run`: ended because its policy has changed
  143  ended by SIGTERM
Any other is the own one of the program of `wsp run` or `wsp replay`, or of clang for `wsp cc`.

Environment:
  WSP_LOG   what is logged, as in WSP_LOG=wsp=debug; counts before -v and -q
  NO_COLOR  no colours, if it is set to anything
Options that have a variable of their own name it as [env: WSP_...]; the option counts first.";

#[derive(Subcommand)]
pub(crate) enum Command {
    Send(send::Arguments),
    Listen(listen::Arguments),
    Run(Box<run::Arguments>),
    Replay(replay::Arguments),
    Compose(compose::Arguments),
    Cc(cc::Arguments),
    Policy(policy::Arguments),
    Trace(trace::Arguments),
    Demo(demo::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_subcommand_shows_examples_in_its_help() {
        for command in Arguments::command().get_subcommands() {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.starts_with("Examples:"), "{}", command.get_name());
        }
    }
}
