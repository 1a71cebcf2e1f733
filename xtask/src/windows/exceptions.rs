//! The tests that cannot pass on Wine, and the section of docs/platforms.md that lists them.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;
use xtask::section::Section;

const FILE: &str = "tests/windows/exceptions.toml";
const SECTION: Section = Section {
    document: "docs/platforms.md",
    begin: "<!-- written by `cargo xtask windows --document` -->\n",
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exceptions {
    exception: Vec<Exception>,
}

/// Tests that cannot pass, for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    suite: String,
    lacks: Lacks,
    subject: String,
    reason: String,
    /// Parts of their names.
    tests: Vec<String>,
}

/// Who has not got what the tests need.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Lacks {
    Windows,
    Wine,
}

impl Exceptions {
    pub(super) fn read(root: &Path) -> Result<Exceptions> {
        let text =
            fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        toml::from_str(&text).with_context(|| FILE.to_owned())
    }

    /// Parts of the names of tests of a suite.
    pub(super) fn of<'a>(&'a self, suite: &'a str) -> impl Iterator<Item = &'a String> {
        let of_suite = self.exception.iter().filter(move |one| one.suite == suite);
        of_suite.flat_map(|exception| &exception.tests)
    }

    fn section(&self) -> String {
        let mut text = "\n| suite | subject | who | why | tests |\n".to_owned();
        text.push_str("| --- | --- | --- | --- | --- |\n");
        for Exception {
            suite,
            lacks,
            subject,
            reason,
            tests,
        } in &self.exception
        {
            let tests: Vec<String> = tests
                .iter()
                .map(|test| format!("`{}`", test.trim_matches([':', '_'])))
                .collect();
            let tests = tests.join(", ");
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "| {suite} | {subject} | {lacks:?} | {reason} | {tests} |"
            );
        }
        text.push('\n');
        text
    }
}

/// Replaces the section.
pub(crate) fn document(root: &Path) -> Result<()> {
    SECTION.write(root, &Exceptions::read(root)?.section())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn the_document_lists_the_exceptions() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let exceptions = Exceptions::read(&root).unwrap();
        assert!(
            SECTION.is(&root, &exceptions.section()).unwrap(),
            "{} is not as {FILE} says: run `cargo xtask windows --document`",
            SECTION.document
        );
    }
}
