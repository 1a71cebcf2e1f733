//! `--buffer` and `--file`, in the order of the command line.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches, value_parser};

use crate::output::UsageError;

const BUFFER: &str = "buffer";
const FILE: &str = "file";

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Buffer(String),
    File(PathBuf),
}

/// What is to be sent, in order. Clap's derive collects each flag by itself, so
/// the order between two flags has to be put together from their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts(Vec<Part>);

impl Args for Parts {
    fn augment_args(command: Command) -> Command {
        let buffer = Arg::new(BUFFER)
            .long(BUFFER)
            .value_name("TEXT")
            .help("Send this text; repeat it, and mix it with --file, for further buffers, which go out in order")
            .action(ArgAction::Append);
        let file = Arg::new(FILE)
            .long(FILE)
            .value_name("PATH")
            .help("Send this file; - is standard input")
            .value_parser(value_parser!(PathBuf))
            .action(ArgAction::Append);
        let group = ArgGroup::new("parts")
            .args([BUFFER, FILE])
            .required(true)
            .multiple(true);
        command.arg(buffer).arg(file).group(group)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Parts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let buffers = matches.get_many::<String>(BUFFER).into_iter().flatten();
        let files = matches.get_many::<PathBuf>(FILE).into_iter().flatten();
        let buffer_positions = matches.indices_of(BUFFER).into_iter().flatten();
        let file_positions = matches.indices_of(FILE).into_iter().flatten();
        let buffers = buffers.map(|text| Part::Buffer(text.clone()));
        let files = files.map(|path| Part::File(path.clone()));
        let mut parts: Vec<(usize, Part)> = buffer_positions
            .zip(buffers)
            .chain(file_positions.zip(files))
            .collect();
        parts.sort_by_key(|(position, _)| *position);
        Ok(Self(parts.into_iter().map(|(_, part)| part).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A part that is ready to be read.
pub(super) enum Source {
    /// Bytes of the command line.
    Buffer(Bytes),
    /// A file, a pipe or standard input.
    Stream {
        /// What errors call it.
        name: String,
        reader: Box<dyn Read + Send>,
        /// How long it is, where that is known.
        length: Option<u64>,
    },
}

/// Parts that are ready to be read.
pub(super) struct Sources(pub(super) Vec<Source>);

impl Sources {
    /// How many bytes there are, where that is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.0
            .iter()
            .map(|source| match source {
                Source::Buffer(bytes) => u64::try_from(bytes.len()).ok(),
                Source::Stream { length, .. } => *length,
            })
            .sum()
    }
}

impl Parts {
    /// Opens every file.
    pub(super) fn open(self) -> anyhow::Result<Sources> {
        let from_stdin = |part: &&Part| matches!(part, Part::File(path) if path.as_os_str() == "-");
        if self.0.iter().filter(from_stdin).count() > 1 {
            let sentence = "standard input can be sent only once: leave out all but one --file -";
            bail!(UsageError(sentence.to_owned()));
        }
        Ok(Sources(
            self.0.into_iter().map(open).collect::<Result<_, _>>()?,
        ))
    }
}

fn open(part: Part) -> anyhow::Result<Source> {
    let path = match part {
        Part::Buffer(text) => return Ok(Source::Buffer(text.into())),
        Part::File(path) => path,
    };
    if path.as_os_str() == "-" {
        return Ok(Source::Stream {
            name: "standard input".to_owned(),
            reader: Box::new(io::stdin()),
            length: None,
        });
    }
    let name = path.display().to_string();
    let file = File::open(&path).with_context(|| format!("cannot open {name}"))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot open {name}"))?;
    if metadata.is_dir() {
        bail!("{name} is a directory: name a file");
    }
    let length = metadata.is_file().then_some(metadata.len());
    Ok(Source::Stream {
        name,
        reader: Box::new(file),
        length,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Parts, clap::Error> {
        let command = Parts::augment_args(Command::new("send")).no_binary_name(true);
        command
            .try_get_matches_from(arguments)
            .and_then(|matches| Parts::from_arg_matches(&matches))
    }

    #[test]
    fn buffers_and_files_keep_the_order_of_the_command_line() {
        let arguments = [
            "--buffer=a",
            "--file",
            "b",
            "--file=-",
            "--buffer",
            "d",
            "--buffer",
            "",
        ];
        let buffer = |text: &str| Part::Buffer(text.to_owned());
        let file = |path: &str| Part::File(path.into());
        assert_eq!(
            parse(&arguments).unwrap(),
            Parts(vec![
                buffer("a"),
                file("b"),
                file("-"),
                buffer("d"),
                buffer("")
            ])
        );
    }

    #[test]
    fn nothing_to_send_is_a_usage_error() {
        let error = parse(&[]).unwrap_err();
        assert_eq!(
            error.kind(),
            clap::error::ErrorKind::MissingRequiredArgument
        );
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn what_cannot_be_opened_is_named() {
        let open = |arguments: &[&str]| parse(arguments).unwrap().open().err().unwrap().to_string();
        assert_eq!(
            open(&["--file", "/nowhere/at/all"]),
            "cannot open /nowhere/at/all"
        );
        assert_eq!(open(&["--file", "/"]), "/ is a directory: name a file");
        assert_eq!(
            open(&["--file", "-", "--buffer", "x", "--file", "-"]),
            "standard input can be sent only once: leave out all but one --file -"
        );
    }

    #[test]
    fn the_length_is_known_unless_something_streams() {
        let sources = parse(&["--buffer", "four", "--buffer", ""])
            .unwrap()
            .open()
            .unwrap();
        assert_eq!(sources.length(), Some(4));
        let sources = parse(&["--buffer", "four", "--file", "-"])
            .unwrap()
            .open()
            .unwrap();
        assert_eq!(sources.length(), None);
    }
}
