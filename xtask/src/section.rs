//! Sections of documents that tasks write.

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// A section, between two lines.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The document, from the root of the workspace.
    pub document: &'static str,
    /// The line before it, which says what writes it.
    pub begin: &'static str,
}

/// The line after a section.
const END: &str = "<!-- end of what is written -->\n";

impl Section {
    /// Replaces the section by `text`.
    ///
    /// # Errors
    ///
    /// If the document cannot be read or written, or has no such section.
    pub fn write(&self, root: &Path, text: &str) -> Result<()> {
        let replaced = self.replaced(&self.read(root)?, text)?;
        let cannot = || format!("cannot write {}", self.document);
        fs::write(root.join(self.document), replaced).with_context(cannot)
    }

    /// Whether the section is `text` already.
    ///
    /// # Errors
    ///
    /// If the document cannot be read, or has no such section.
    pub fn is(&self, root: &Path, text: &str) -> Result<bool> {
        let document = self.read(root)?;
        Ok(self.replaced(&document, text)? == document)
    }

    fn read(&self, root: &Path) -> Result<String> {
        let cannot = || format!("cannot read {}", self.document);
        fs::read_to_string(root.join(self.document)).with_context(cannot)
    }

    /// The document with the section as it should be.
    fn replaced(&self, document: &str, text: &str) -> Result<String> {
        let Section {
            document: name,
            begin,
        } = self;
        let (before, rest) = document
            .split_once(begin)
            .with_context(|| format!("{name} has no line {begin}"))?;
        let (_, after) = rest
            .split_once(END)
            .with_context(|| format!("{name} has no line {END}"))?;
        Ok(format!("{before}{begin}{text}{END}{after}"))
    }
}
