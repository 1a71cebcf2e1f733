//! `wsp policy check`.

use std::path::PathBuf;

use serde::Serialize;
use wsp::policy::{Mistake, PolicyConfig};

use super::flags::{in_file, read};
use crate::output;

/// The exit status of a file with mistakes.
const MISTAKEN: u8 = 1;

/// Say what is wrong with a policy file, or print the policy that it describes
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file
    file: PathBuf,

    /// Print one line of JSON: the policy, or the mistakes
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wsp policy check policy.toml
  wsp policy check --json policy.toml

It prints every mistake as FILE:LINE:COLUMN, or the policy in its normal form,
which is a policy file again. Names are not resolved.

The exit status is 0 for a good file and 1 for one with mistakes.";

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<'a> {
    Policy(&'a PolicyConfig),
    Mistakes(&'a [Mistake]),
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<u8> {
    let file = &arguments.file;
    match read(file)? {
        Ok(config) => {
            if arguments.json {
                output::json_line(&Outcome::Policy(&config))?;
            } else {
                output::line(format_args!("{config}"))?;
            }
            Ok(0)
        }
        Err(error) => {
            if arguments.json {
                output::json_line(&Outcome::Mistakes(error.mistakes()))?;
            } else {
                output::say(format_args!("{}", in_file(file, &error)));
            }
            Ok(MISTAKEN)
        }
    }
}
