//! The section of docs/deviations.md about Wine, which is written from the
//! explanations.

use std::{fmt::Write, path::Path};

use anyhow::Result;

use super::explained::{Deviates, Explanations};
use crate::section::Section;

const SECTION: Section = Section {
    document: "docs/deviations.md",
    begin: "<!-- written by `cargo xtask differential --document` -->\n",
};

/// Replaces the section.
pub(super) fn write(root: &Path, explanations: &Explanations) -> Result<()> {
    SECTION.write(root, &section(explanations))
}

fn section(explanations: &Explanations) -> String {
    let mut text = "\n| subject | Wine | wsp | not as Windows | reason | programs |\n".to_owned();
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for deviation in &explanations.deviations {
        let mut programs: Vec<&str> = deviation
            .lines
            .iter()
            .map(|lines| lines.program.as_str())
            .collect();
        programs.sort_unstable();
        programs.dedup();
        let deviates = match deviation.deviates {
            Deviates::Wine => "Wine",
            Deviates::Wsp => "wsp",
            Deviates::Both => "both",
            Deviates::Nobody => "nobody",
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {deviates} | {} | {} |",
            deviation.subject,
            deviation.wine,
            deviation.wsp,
            deviation.reason,
            programs.join(", ")
        );
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn the_document_lists_the_explanations() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let explanations = Explanations::read(&root).unwrap();
        assert!(
            SECTION.is(&root, &section(&explanations)).unwrap(),
            "{} is not as {} says: run `cargo xtask differential --document`",
            SECTION.document,
            super::super::explained::FILE
        );
    }
}
