//! What the comparison found.

use std::fmt;

use anyhow::ensure;
use serde::Serialize;

use super::{Program, Sandbox, compare, compare::Difference, explained::Explanations, wine::Wine};

/// What became of one program.
#[derive(Debug)]
pub(super) struct Outcome {
    name: String,
    found: Found,
}

#[derive(Debug)]
enum Found {
    /// It ran on both systems, or on wsp against a transcript that is written down.
    Ran {
        against: Against,
        lines: usize,
        differences: Vec<Difference>,
    },
    /// It could not be built or run.
    Failed(String),
}

impl Outcome {
    /// Runs a program both ways.
    pub(super) fn of(program: &Program, wine: &Wine, sandbox: &Sandbox) -> Outcome {
        let run = || {
            let (against, other) = match program.expected()? {
                Some(expected) => (Against::File, expected),
                None => (Against::Wine, wine.transcript(program)?.lines),
            };
            let ours = sandbox.transcript(program)?;
            // A program that stops early on both sides compares nothing.
            ensure!(
                ours.is_complete(),
                "it did not come to its end:\n{}\n{}",
                ours.lines.join("\n"),
                ours.diagnostics
            );
            anyhow::Ok(Found::Ran {
                against,
                lines: other.len(),
                differences: compare::differences(&other, &ours.lines),
            })
        };
        Outcome {
            name: program.name().to_owned(),
            found: run().unwrap_or_else(|error| Found::Failed(format!("{error:#}"))),
        }
    }
}

/// What wsp's transcript is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Against {
    Wine,
    /// A transcript that is written down.
    File,
}

/// What the comparison found about every program.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    programs: Vec<Row>,
    /// Explanations of differences that there are not.
    stale: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    program: String,
    against: Against,
    /// The lines of the transcript.
    lines: usize,
    /// How many of them differ for a known reason.
    explained: usize,
    /// Those that differ without one.
    different: Vec<Difference>,
    /// Why it could not be compared.
    failed: Option<String>,
}

impl Report {
    /// Sorts out which differences are explained, and which explanations are not needed.
    pub(super) fn new(mut outcomes: Vec<Outcome>, explanations: &Explanations) -> Report {
        outcomes.sort_by(|one, other| one.name.cmp(&other.name));
        let mut used = vec![false; explanations.lines().count()];
        let mut programs = Vec::new();
        for outcome in outcomes {
            let mut row = Row {
                program: outcome.name,
                against: Against::Wine,
                lines: 0,
                explained: 0,
                different: Vec::new(),
                failed: None,
            };
            match outcome.found {
                Found::Ran {
                    against,
                    lines,
                    differences,
                } => {
                    row.against = against;
                    row.lines = lines;
                    for difference in differences {
                        match explanations.explaining(&row.program, &difference) {
                            Some(number) => {
                                row.explained += 1;
                                used.iter_mut()
                                    .skip(number)
                                    .take(1)
                                    .for_each(|used| *used = true);
                            }
                            None => row.different.push(difference),
                        }
                    }
                }
                Found::Failed(why) => row.failed = Some(why),
            }
            programs.push(row);
        }
        let compared = |name: &str| {
            programs
                .iter()
                .any(|row| row.program == name && row.failed.is_none())
        };
        let stale = explanations
            .lines()
            .zip(used)
            .filter(|(lines, used)| !used && compared(&lines.program))
            .map(|(lines, _)| lines.to_string())
            .collect();
        Report { programs, stale }
    }

    /// Whether every program was compared, every difference explained, and
    /// every explanation needed.
    pub(super) fn is_fine(&self) -> bool {
        self.stale.is_empty()
            && self
                .programs
                .iter()
                .all(|row| row.different.is_empty() && row.failed.is_none())
    }

    /// How much there is of what should not be.
    pub(super) fn summary(&self) -> String {
        let different: usize = self.programs.iter().map(|row| row.different.len()).sum();
        let failed = self
            .programs
            .iter()
            .filter(|row| row.failed.is_some())
            .count();
        format!(
            "{different} unexplained differences, {failed} programs failed, {} stale explanations",
            self.stale.len()
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .programs
            .iter()
            .map(|row| row.program.len())
            .fold("program".len(), usize::max);
        writeln!(f, "{:width$}  lines  result", "program")?;
        for row in &self.programs {
            let result = match (&row.failed, row.different.len(), row.explained) {
                (Some(_), ..) => "failed".to_owned(),
                (None, 0, 0) => "same".to_owned(),
                (None, 0, explained) => format!("{explained} explained"),
                (None, different, 0) => format!("{different} DIFFERENT"),
                (None, different, explained) => {
                    format!("{different} DIFFERENT, {explained} explained")
                }
            };
            writeln!(f, "{:width$}  {:5}  {result}", row.program, row.lines)?;
        }
        for row in &self.programs {
            if let Some(why) = &row.failed {
                writeln!(f, "\n{}: {why}", row.program)?;
            }
            for difference in &row.different {
                writeln!(f, "\n{}:", row.program)?;
                let line =
                    |line: &Option<String>| line.clone().unwrap_or_else(|| "(no line)".to_owned());
                let other = match row.against {
                    Against::Wine => "Wine",
                    Against::File => "file",
                };
                writeln!(f, "  {other}  {}", line(&difference.wine))?;
                writeln!(f, "  wsp   {}", line(&difference.wsp))?;
            }
        }
        for stale in &self.stale {
            writeln!(f, "\nnothing left to explain: {stale}")?;
        }
        let lines: usize = self.programs.iter().map(|row| row.lines).sum();
        let explained: usize = self.programs.iter().map(|row| row.explained).sum();
        writeln!(
            f,
            "\n{} programs, {lines} lines, {explained} explained; {}",
            self.programs.len(),
            self.summary()
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    const EXPLANATIONS: &str = r#"
        [[deviation]]
        subject = "s"
        wine = "one"
        wsp = "other"
        deviates = "Wine"
        reason = "r"
        lines = [
            { program = "p", wine = "* one", wsp = "* other" },
            { program = "q", wine = "never" },
        ]
    "#;

    fn report(program: &str, wine: &str, wsp: &str) -> Report {
        let difference = Difference {
            wine: Some(wine.to_owned()),
            wsp: Some(wsp.to_owned()),
        };
        let outcome = Outcome {
            name: program.to_owned(),
            found: Found::Ran {
                against: Against::Wine,
                lines: 3,
                differences: vec![difference],
            },
        };
        Report::new(vec![outcome], &toml::from_str(EXPLANATIONS).unwrap())
    }

    #[test]
    fn an_explained_difference_is_fine_and_other_programs_are_left_alone() {
        let report = report("p", "x one", "x other");
        assert!(report.is_fine(), "{report}");
        assert!(report.to_string().contains("p            3  1 explained"));
    }

    #[test]
    fn a_difference_that_is_not_explained_is_not_fine() {
        let report = report("p", "x one", "x another");
        assert!(!report.is_fine());
        assert!(report.to_string().contains("  wsp   x another"));
    }

    #[test]
    fn an_explanation_without_its_difference_is_stale() {
        let report = report("q", "a", "b");
        assert_eq!(report.stale, ["q: Wine `never`, wsp ``"]);
        assert_eq!(
            report.summary(),
            "1 unexplained differences, 0 programs failed, 1 stale explanations"
        );
    }
}
