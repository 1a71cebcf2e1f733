//! The tests that cannot pass on a system, and the section of docs/platforms.md that lists them.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;
use xtask::section::Section;

const FILE: &str = "tests/exceptions.toml";
const SECTION: Section = Section {
    document: "docs/platforms.md",
    begin: "<!-- written by `cargo xtask platform --document` -->\n",
};

/// What this system is.
pub(super) const HERE: &[System] = if cfg!(windows) {
    &[System::Windows]
} else if cfg!(target_os = "linux") {
    &[]
} else {
    &[System::Bsd]
};

/// What Wine is: it has what Windows has, if nothing else is known of it.
pub(crate) const ON_WINE: &[System] = &[System::Windows, System::Wine];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    exception: Vec<Exception>,
}

/// Tests that cannot pass, for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    suite: String,
    /// Who has not got what the tests need.
    systems: Vec<System>,
    subject: String,
    reason: String,
    /// Parts of their names.
    tests: Vec<String>,
}

/// A system that lacks something.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) enum System {
    Windows,
    Wine,
    #[serde(rename = "BSD")]
    Bsd,
}

impl System {
    /// As documents call it.
    fn name(self) -> &'static str {
        match self {
            System::Windows => "Windows",
            System::Wine => "Wine",
            System::Bsd => "macOS, FreeBSD",
        }
    }
}

impl Exceptions {
    pub(crate) fn read(root: &Path) -> Result<Exceptions> {
        let text =
            fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        toml::from_str(&text).with_context(|| FILE.to_owned())
    }

    /// The arguments with which a suite leaves out what cannot pass on such a system.
    pub(crate) fn skipped<'a>(
        &'a self,
        suite: &'a str,
        systems: &'a [System],
    ) -> impl Iterator<Item = &'a str> {
        let here = self.exception.iter().filter(move |one| {
            one.suite == suite && one.systems.iter().any(|one| systems.contains(one))
        });
        let tests = here.flat_map(|exception| &exception.tests);
        tests.flat_map(|test| ["--skip", test])
    }

    fn section(&self) -> String {
        let mut text = "\n| suite | subject | where | why | tests |\n".to_owned();
        text.push_str("| --- | --- | --- | --- | --- |\n");
        for Exception {
            suite,
            systems,
            subject,
            reason,
            tests,
        } in &self.exception
        {
            let systems: Vec<&str> = systems.iter().map(|system| system.name()).collect();
            let systems = systems.join(", ");
            let tests: Vec<String> = tests
                .iter()
                .map(|test| format!("`{}`", test.trim_matches([':', '_'])))
                .collect();
            let tests = tests.join(", ");
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "| {suite} | {subject} | {systems} | {reason} | {tests} |"
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

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn the_document_lists_the_exceptions() {
        let exceptions = Exceptions::read(&root()).unwrap();
        assert!(
            SECTION.is(&root(), &exceptions.section()).unwrap(),
            "{} is not as {FILE} says: run `cargo xtask platform --document`",
            SECTION.document
        );
    }

    #[test]
    fn every_exception_is_of_a_suite_that_runs() {
        for exception in Exceptions::read(&root()).unwrap().exception {
            assert!(
                super::super::SUITES.contains(&exception.suite.as_str()),
                "{FILE} names the suite {}",
                exception.suite
            );
        }
    }

    #[test]
    fn a_system_leaves_out_what_it_lacks_and_nothing_else() {
        let exceptions: Exceptions = toml::from_str(
            r#"
            [[exception]]
            suite = "embedder"
            systems = ["Windows", "BSD"]
            subject = "a call"
            reason = "it has none"
            tests = ["one", "two"]

            [[exception]]
            suite = "embedder"
            systems = ["Wine"]
            subject = "an answer"
            reason = "it is another"
            tests = ["three"]
            "#,
        )
        .unwrap();
        let skipped = |suite, systems| -> Vec<String> {
            let skipped = exceptions.skipped(suite, systems);
            skipped.map(str::to_owned).collect()
        };
        assert!(skipped("embedder", &[]).is_empty());
        assert!(skipped("conformance", ON_WINE).is_empty());
        let windows = ["--skip", "one", "--skip", "two"];
        assert_eq!(skipped("embedder", &[System::Windows]), windows);
        assert_eq!(skipped("embedder", &[System::Bsd]), windows);
        let wine = ["--skip", "one", "--skip", "two", "--skip", "three"];
        assert_eq!(skipped("embedder", ON_WINE), wine);
    }
}
