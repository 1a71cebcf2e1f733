//! The same program run by `wsp run`, and portable on a host that knows nothing of wsp:
//! where the transcripts differ, tests/programs/c/portable.toml says why.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{Transcript, compare, compare::Difference, explained::matches, programs};

/// Where the reasons are written, from the root of the workspace.
const FILE: &str = "tests/programs/c/portable.toml";

/// Why portable programs print other lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portable {
    #[serde(rename = "difference", default)]
    differences: Vec<Reason>,
    #[serde(rename = "left-out", default)]
    left_out: Vec<LeftOut>,
}

/// A program that has no end where WASI cannot do what it asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOut {
    program: String,
    /// For the reader of the file.
    #[serde(rename = "reason")]
    _reason: String,
}

/// Something that WASI cannot do, and the lines that show it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// For the reader of the file.
    #[serde(rename = "reason")]
    _reason: String,
    /// It is a matter of time: the lines may as well be the same.
    #[serde(default)]
    sometimes: bool,
    lines: Vec<Lines>,
}

/// Lines that differ. `*` in them stands for any text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    program: String,
    /// What the program prints by `wsp run`; none if it prints no line there.
    native: Option<String>,
    /// What it prints portable; none if it prints no line there.
    portable: Option<String>,
}

impl Portable {
    /// Reads them and checks that they name programs.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not as it should be, or names no program.
    pub fn read(root: &Path) -> Result<Portable> {
        let text =
            fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        let portable: Portable =
            toml::from_str(&text).with_context(|| format!("{FILE} is not as it should be"))?;
        let programs = programs(root)?;
        let explained = portable.lines().map(|lines| &lines.program);
        for name in explained.chain(portable.left_out.iter().map(|left_out| &left_out.program)) {
            if programs.iter().all(|program| program.name() != *name) {
                bail!("{FILE} explains `{name}`, which is no program");
            }
        }
        Ok(portable)
    }

    /// Whether there is a reason not to run a program portable.
    #[must_use]
    pub fn leaves_out(&self, program: &str) -> bool {
        self.left_out
            .iter()
            .any(|left_out| left_out.program == program)
    }

    fn lines(&self) -> impl Iterator<Item = &Lines> {
        self.differences.iter().flat_map(|reason| &reason.lines)
    }

    /// Compares what a program printed by `wsp run` with what it printed portable.
    ///
    /// # Errors
    ///
    /// A difference without a reason, or a reason without its difference.
    pub fn compare(&self, program: &str, native: &Transcript, portable: &Transcript) -> Result<()> {
        let differences = compare::differences(&native.lines, &portable.lines);
        let explain = |lines: &Lines, difference: &Difference| {
            lines.program == program
                && is_like(&lines.native, &difference.wine)
                && is_like(&lines.portable, &difference.wsp)
        };
        let mut wrong = String::new();
        for difference in &differences {
            if !self.lines().any(|lines| explain(lines, difference)) {
                let line = |line: &Option<String>| line.clone().unwrap_or("(no line)".to_owned());
                let (native, portable) = (line(&difference.wine), line(&difference.wsp));
                writeln!(wrong, "native    {native}\nportable  {portable}")?;
            }
        }
        let always = self.differences.iter().filter(|reason| !reason.sometimes);
        let always = always.flat_map(|reason| &reason.lines);
        for lines in always.filter(|lines| lines.program == program) {
            if !differences
                .iter()
                .any(|difference| explain(lines, difference))
            {
                writeln!(wrong, "nothing left to explain: {lines:?}")?;
            }
        }
        if !wrong.is_empty() {
            bail!("mend it, or explain it in {FILE}:\n{wrong}");
        }
        Ok(())
    }
}

fn is_like(pattern: &Option<String>, line: &Option<String>) -> bool {
    match (pattern, line) {
        (Some(pattern), Some(line)) => matches(pattern, line),
        (None, None) => true,
        _ => false,
    }
}
