//! What clang is asked to do: a program, or something that it does alone.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::output::UsageError;

/// The program's name if none is given.
const DEFAULT_OUTPUT: &str = "a.wasm";

/// Options after which clang links nothing.
const NOT_LINKING: [&str; 9] = [
    "-c",
    "-S",
    "-E",
    "-M",
    "-MM",
    "-fsyntax-only",
    "-r",
    "--version",
    "-###",
];

/// The arguments for clang, and what becomes of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// What clang is given; without its output if that is a program.
    pub(crate) arguments: Vec<OsString>,
    pub(crate) product: Product,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// A program, to be written there.
    Program(PathBuf),
    /// Whatever clang writes by itself.
    Clangs,
}

impl Invocation {
    pub(crate) fn parse(arguments: Vec<OsString>) -> anyhow::Result<Invocation> {
        let alone = |argument: &OsString| NOT_LINKING.iter().any(|option| argument == option);
        if arguments.iter().any(alone) || arguments.iter().any(|argument| prints(argument)) {
            return Ok(Invocation {
                arguments,
                product: Product::Clangs,
            });
        }
        let mut rest = Vec::new();
        let mut output = None;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "-o" {
                let Some(file) = arguments.next() else {
                    return Err(UsageError("-o needs the name of a file".to_owned()).into());
                };
                output = Some(file);
            } else if let Some(file) = without(&argument, "-o") {
                output = Some(file);
            } else {
                rest.push(argument);
            }
        }
        Ok(Invocation {
            arguments: rest,
            product: Product::Program(output.unwrap_or(DEFAULT_OUTPUT.into()).into()),
        })
    }
}

impl Invocation {
    /// The options that say how sources are compiled: without sources and other inputs,
    /// without outputs, and without what only a linker needs.
    pub(crate) fn options(&self) -> Vec<OsString> {
        const WITH_A_VALUE: [&str; 11] = [
            "-ivfsoverlay",
            "-D",
            "-I",
            "-U",
            "-include",
            "-imacros",
            "-isystem",
            "-iquote",
            "-idirafter",
            "-x",
            "-Xclang",
        ];
        const DROPPED_WITH_A_VALUE: [&str; 9] = [
            "-o", "-l", "-L", "-MF", "-MT", "-MQ", "-Xlinker", "-u", "-T",
        ];
        const DROPPED: [&str; 9] = ["-c", "-S", "-E", "-M", "-MM", "-MD", "-MMD", "-MP", "-r"];
        let mut options = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            let is = |option: &&str| argument == *option;
            let starts = |prefix: &[u8]| argument.as_encoded_bytes().starts_with(prefix);
            if DROPPED_WITH_A_VALUE.iter().any(&is) {
                arguments.next();
            } else if WITH_A_VALUE.iter().any(&is) {
                options.push(argument.clone());
                options.extend(arguments.next().cloned());
            } else if starts(b"-")
                && !DROPPED.iter().any(is)
                && !starts(b"-l")
                && !starts(b"-L")
                && !starts(b"-o")
                && !starts(b"-Wl,")
            {
                options.push(argument.clone());
            }
        }
        options
    }
}

impl Invocation {
    /// The directories that are searched for headers.
    pub(crate) fn include_directories(&self) -> Vec<PathBuf> {
        let mut directories = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            for option in ["-I", "-iquote", "-isystem"] {
                match without(argument, option) {
                    Some(directory) if directory.is_empty() => {
                        directories.extend(arguments.next().map(PathBuf::from));
                    }
                    Some(directory) => directories.push(directory.into()),
                    None => {}
                }
            }
        }
        directories
    }
}

/// What follows `option` in the same argument, whatever its characters are.
#[cfg(unix)]
fn without(argument: &OsStr, option: &str) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let rest = argument.as_bytes().strip_prefix(option.as_bytes())?;
    Some(OsStr::from_bytes(rest).to_owned())
}

/// What follows `option` in the same argument, whatever its characters are.
#[cfg(windows)]
fn without(argument: &OsStr, option: &str) -> Option<OsString> {
    use std::os::windows::ffi::{OsStrExt, OsStringExt};
    let argument: Vec<u16> = argument.encode_wide().collect();
    let option: Vec<u16> = option.encode_utf16().collect();
    argument.strip_prefix(&option[..]).map(OsString::from_wide)
}

/// Whether it only makes clang print something.
fn prints(argument: &OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    bytes.starts_with(b"-print-") || bytes.starts_with(b"--print-") || bytes.starts_with(b"-dump")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn parse(arguments: &[&str]) -> Invocation {
        Invocation::parse(arguments.iter().map(OsString::from).collect()).unwrap()
    }

    fn program(arguments: &[&str], file: &str) -> Invocation {
        Invocation {
            arguments: arguments.iter().map(OsString::from).collect(),
            product: Product::Program(file.into()),
        }
    }

    #[test]
    fn a_program_is_written_where_the_output_says() {
        let expected = program(&["-O2", "p.c"], "p.wasm");
        assert_eq!(parse(&["-O2", "p.c", "-o", "p.wasm"]), expected);
        assert_eq!(parse(&["-O2", "-op.wasm", "p.c"]), expected);
        assert_eq!(parse(&["p.c"]), program(&["p.c"], "a.wasm"));
    }

    #[test]
    fn what_links_nothing_is_clangs_alone() {
        for option in ["-c", "-E", "-S", "-fsyntax-only", "-print-search-dirs"] {
            let invocation = parse(&[option, "p.c", "-o", "p.o"]);
            assert_eq!(invocation.product, Product::Clangs, "{option}");
            assert_eq!(invocation.arguments, [option, "p.c", "-o", "p.o"]);
        }
    }

    #[test]
    fn options_are_what_sources_are_compiled_with() {
        let invocation = parse(&[
            "-O2", "-I", "inc", "-DX=1", "p.c", "q.o", "-lm", "-l", "z", "-Wl,-s", "-o", "p.wasm",
        ]);
        assert_eq!(invocation.options(), ["-O2", "-I", "inc", "-DX=1"]);
    }

    #[test]
    fn an_output_without_a_name_is_a_usage_error() {
        let error = Invocation::parse(vec!["p.c".into(), "-o".into()]).unwrap_err();
        assert!(error.is::<UsageError>());
    }
}
