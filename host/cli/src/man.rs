//! `wsp man`.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;

use crate::{arguments, output};

/// Write the manual pages of the command and of each subcommand
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The directory that they are written to, which is made if it is not there; without one, the page wsp.1 is printed
    #[arg(value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  wsp man | man -l -
  wsp man ~/.local/share/man/man1";

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<u8> {
    let command = arguments::Arguments::command().disable_help_subcommand(true);
    let Some(directory) = &arguments.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        output::write(&page)?;
        return Ok(0);
    };
    let cannot = || format!("cannot write the manual pages to {}", directory.display());
    fs::create_dir_all(directory).with_context(cannot)?;
    clap_mangen::generate_to(command, directory).with_context(cannot)?;
    Ok(0)
}
