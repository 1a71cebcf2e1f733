//! The differences that have a reason: tests/programs/c/explained.toml.

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{compare::Difference, programs};

/// Where they are written, from the root of the workspace.
pub(super) const FILE: &str = "tests/programs/c/explained.toml";

/// Every explanation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explanations {
    #[serde(rename = "deviation", default)]
    pub(super) deviations: Vec<Deviation>,
}

/// One way in which Wine and wsp are not alike, and the lines that show it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deviation {
    /// What it is about.
    pub(super) subject: String,
    /// What Wine does.
    pub(super) wine: String,
    /// What wsp does.
    pub(super) wsp: String,
    /// Which of them is not like Windows.
    pub(super) deviates: Deviates,
    /// Why that is known, or chosen.
    pub(super) reason: String,
    /// The lines of transcripts that differ for this reason.
    pub(super) lines: Vec<Lines>,
}

/// Who does not do what Windows does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Deviates {
    /// Wine; wsp does as Windows.
    #[serde(rename = "Wine")]
    Wine,
    /// wsp, by choice: the page that it implements, or safety, wants it so.
    #[serde(rename = "wsp")]
    Wsp,
    /// Both, each in its own way.
    #[serde(rename = "both")]
    Both,
    /// Nobody: Windows leaves it open.
    #[serde(rename = "nobody")]
    Nobody,
}

/// Lines that differ. `*` in them stands for any text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    pub(super) program: String,
    /// What Wine prints; none if it prints no line there.
    pub(super) wine: Option<String>,
    /// What wsp prints; none if it prints no line there.
    pub(super) wsp: Option<String>,
}

impl Explanations {
    /// Reads them and checks that they name programs.
    pub(super) fn read(root: &Path) -> Result<Explanations> {
        let text =
            fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        let explanations: Explanations =
            toml::from_str(&text).with_context(|| format!("{FILE} is not as it should be"))?;
        let programs = programs(root)?;
        for lines in explanations.lines() {
            if programs
                .iter()
                .all(|program| program.name() != lines.program)
            {
                bail!("{FILE} explains `{}`, which is no program", lines.program);
            }
            if lines.wine.is_none() && lines.wsp.is_none() {
                bail!("{FILE} explains no line of `{}`", lines.program);
            }
        }
        Ok(explanations)
    }

    /// The lines of every explanation. Their position is their number.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Lines> {
        self.deviations
            .iter()
            .flat_map(|deviation| &deviation.lines)
    }

    /// The number of the lines that explain a difference of a program.
    pub(super) fn explaining(&self, program: &str, difference: &Difference) -> Option<usize> {
        self.lines()
            .position(|lines| lines.program == program && lines.explain(difference))
    }
}

impl Lines {
    fn explain(&self, difference: &Difference) -> bool {
        let matches = |pattern: &Option<String>, line: &Option<String>| match (pattern, line) {
            (Some(pattern), Some(line)) => matches(pattern, line),
            (None, None) => true,
            _ => false,
        };
        matches(&self.wine, &difference.wine) && matches(&self.wsp, &difference.wsp)
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: Wine `{}`, wsp `{}`",
            self.program,
            self.wine.as_deref().unwrap_or_default(),
            self.wsp.as_deref().unwrap_or_default()
        )
    }
}

/// Whether a line is as the pattern says.
pub(super) fn matches(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == line;
    };
    let Some(mut line) = line.strip_prefix(start) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return line.ends_with(part);
        }
        match line.split_once(part) {
            Some((_, after)) => line = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_pattern_stands_for_any_text() {
        assert!(matches("a", "a"));
        assert!(!matches("a", "ab"));
        assert!(matches("* -> 0", "send(s) -> 0"));
        assert!(!matches("* -> 0", "send(s) -> 01"));
        assert!(matches("send(*) -> *", "send(s, 1) -> 0"));
        assert!(matches("(char *)*", "(char *)&value"));
        assert!(matches("a*", "a"));
        assert!(!matches("a*a", "a"));
    }
}
