//! `--buffer` and `--file`, in the order of the command line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Seek};
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
            .allow_hyphen_values(true)
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

/// The mistake of an option in place of a text: `--buffer --file x`. A text may
/// begin with hyphens, so clap would send the option's name.
pub(crate) fn forgotten_text(arguments: &[OsString], send: &Command) -> Option<String> {
    let options: Vec<String> = send
        .get_arguments()
        .filter_map(|option| Some(format!("--{}", option.get_long()?)))
        .collect();
    let is_option = |text: &OsString| options.iter().any(|option| text == option.as_str());
    let mut following = arguments.iter();
    while let Some(argument) = following.next() {
        if argument != "--buffer" {
            continue;
        }
        if let Some(option) = following.next().filter(|text| is_option(text)) {
            let option = option.to_string_lossy();
            return Some(format!(
                "a text must follow --buffer, but {option} does: write --buffer={option} if that is the text"
            ));
        }
    }
    None
}

/// A part that is ready to be read.
pub(super) enum Source {
    /// Bytes of the command line.
    Buffer(Bytes),
    /// A file, a pipe or standard input.
    Stream {
        /// What errors call it.
        name: String,
        file: File,
        /// How long it is, which only regular files know.
        length: Option<u64>,
    },
}

/// Parts that are ready to be read.
pub(super) struct Sources(pub(super) Vec<Source>);

impl Sources {
    /// How many bytes there are, if that is known.
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
        let cannot = "cannot read standard input";
        let stdin = crate::stdin::file().context(cannot)?;
        return stream("standard input".to_owned(), stdin).context(cannot);
    }
    let name = path.display().to_string();
    let cannot = || format!("cannot open {name}");
    let file = File::open(&path).with_context(cannot)?;
    if file.metadata().with_context(cannot)?.is_dir() {
        bail!("{name} is a directory: name a file");
    }
    stream(name.clone(), file).with_context(cannot)
}

fn stream(name: String, mut file: File) -> io::Result<Source> {
    let metadata = file.metadata()?;
    let length = if metadata.is_file() {
        // A shell's `<` may have been read by another command before.
        Some(
            metadata
                .len()
                .saturating_sub(file.stream_position().unwrap_or(0)),
        )
    } else {
        None
    };
    Ok(Source::Stream { name, file, length })
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
    fn a_text_may_begin_with_a_hyphen() {
        let arguments = [
            "--buffer",
            "-5 degrees",
            "--buffer=-5",
            "--buffer",
            "--",
            "--buffer",
            "-v",
        ];
        let texts = ["-5 degrees", "-5", "--", "-v"];
        let buffers = texts.map(|text| Part::Buffer(text.to_owned()));
        assert_eq!(parse(&arguments).unwrap(), Parts(buffers.to_vec()));
    }

    #[test]
    fn an_option_in_place_of_a_text_is_a_mistake() {
        let send = Parts::augment_args(Command::new("send"));
        let forgotten = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            forgotten_text(&arguments, &send)
        };
        assert_eq!(
            forgotten(&["--buffer", "--file", "x"]).unwrap(),
            "a text must follow --buffer, but --file does: write --buffer=--file if that is the text"
        );
        for arguments in [
            &["--buffer=--file", "--file", "x"][..],
            &["--buffer", "--files"],
            &["--buffer", "x", "--file", "--buffer"],
            &["--buffer"],
        ] {
            assert_eq!(forgotten(arguments), None, "{arguments:?}");
        }
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
