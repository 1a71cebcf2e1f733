//! The command line.

use std::env;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use crate::{cc, compose, demo, listen, policy, run, send};

/// Winsock's send path as a WebAssembly component: send, listen, and run programs that may reach only what you name.
#[derive(Parser)]
#[command(name = "wsp", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Log more: -v for what happens, -vv for details (or set WSP_LOG, as in WSP_LOG=wsp=trace)
    #[arg(short, long, action = ArgAction::Count, global = true, display_order = 100)]
    pub(crate) verbose: u8,

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
}

const EXAMPLES: &str = "\
Examples:
  wsp demo
  wsp send tcp://127.0.0.1:9000 --buffer 'GET / ' --buffer 'HTTP/1.0' --file headers.txt
  wsp listen tcp://127.0.0.1:9000 --output received.bin
  wsp run --allow-outbound=tcp://127.0.0.1:9000 program.wasm
  wsp cc program.c -o program.wasm
  wsp policy explain --allow-outbound='tcp://*:443' tcp://10.0.0.1:443";

#[derive(Subcommand)]
pub(crate) enum Command {
    Send(send::Arguments),
    Listen(listen::Arguments),
    Run(Box<run::Arguments>),
    Compose(compose::Arguments),
    Cc(cc::Arguments),
    Policy(policy::Arguments),
    Demo(demo::Arguments),
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
