//! The section of docs/deviations.md about Wine, which is written from the
//! explanations.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result};

use super::explained::{Deviates, Explanations};

const FILE: &str = "docs/deviations.md";
const BEGIN: &str = "<!-- written by `cargo xtask differential --document` -->\n";
const END: &str = "<!-- end of what is written -->\n";

/// Replaces the section.
pub(super) fn write(root: &Path, explanations: &Explanations) -> Result<()> {
    let file = root.join(FILE);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {FILE}"))?;
    let replaced = replaced(&text, explanations)?;
    fs::write(&file, replaced).with_context(|| format!("cannot write {FILE}"))
}

/// The document with a section as it should be.
fn replaced(text: &str, explanations: &Explanations) -> Result<String> {
    let (before, rest) = text
        .split_once(BEGIN)
        .with_context(|| format!("{FILE} has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("{FILE} has no line {END}"))?;
    Ok(format!(
        "{before}{BEGIN}{}{END}{after}",
        section(explanations)
    ))
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
        let text = fs::read_to_string(root.join(FILE)).unwrap();
        let explanations = Explanations::read(&root).unwrap();
        assert!(
            replaced(&text, &explanations).unwrap() == text,
            "{FILE} is not as {} says: run `cargo xtask differential --document`",
            super::super::explained::FILE
        );
    }
}
