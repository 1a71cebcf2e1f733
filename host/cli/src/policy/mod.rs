//! `wsp policy`, and the flags that make a policy.

mod check;
mod dns;
mod explain;
mod flags;
mod follow;
mod lesson;
mod resolved;

pub(crate) use flags::{Flags, in_file, read};
pub(crate) use follow::Following;

use clap::Subcommand;

/// Check a policy file, or explain what a policy decides
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Explain(Box<explain::Arguments>),
}

const EXAMPLES: &str = "\
Examples:
  wsp policy check policy.toml
  wsp policy explain --policy policy.toml tcp://192.0.2.1:443
  wsp policy explain --allow-outbound='tcp://*:443' tcp://127.0.0.1:443

docs/policy.md has the grammar, the order of evaluation and the file format.";

pub(crate) async fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    match arguments.command {
        Command::Check(arguments) => check::execute(&arguments),
        Command::Explain(arguments) => explain::execute(*arguments).await,
    }
}
