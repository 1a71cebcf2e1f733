//! `wsp completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{arguments, output};

/// Print completions of the command line for a shell
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell that is to complete
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  wsp completions bash > ~/.local/share/bash-completion/completions/wsp
  wsp completions zsh > \"${fpath[1]}/_wsp\"
  wsp completions fish > ~/.config/fish/completions/wsp.fish
  wsp completions powershell >> $PROFILE";

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    let mut command = arguments::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "wsp", &mut script);
    output::write(&script)?;
    Ok(0)
}
