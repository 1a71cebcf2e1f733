//! The programs of tests/programs/c.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::peer::Peer;

/// Where the programs are, from the root of the workspace.
pub(super) const DIRECTORY: &str = "tests/programs/c";

/// One C program.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    source: PathBuf,
}

/// Every program of the workspace at `root`, by name.
///
/// # Errors
///
/// The directory cannot be read, or has no programs.
pub fn programs(root: &Path) -> Result<Vec<Program>> {
    let directory = root.join(DIRECTORY);
    let mut found = Vec::new();
    for entry in
        fs::read_dir(&directory).with_context(|| format!("cannot read {}", directory.display()))?
    {
        let source = entry?.path();
        if source.extension() == Some(OsStr::new("c"))
            && let Some(name) = source.file_stem().and_then(OsStr::to_str)
        {
            found.push(Program {
                name: name.to_owned(),
                source: source.clone(),
            });
        }
    }
    if found.is_empty() {
        bail!("there are no programs in {}", directory.display());
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

impl Program {
    /// The name of its source, without `.c`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its source.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// The header that every program includes.
    pub(super) fn header(&self) -> PathBuf {
        self.source.with_file_name("transcript.h")
    }

    /// The transcript that is written down beside the source, where Wine
    /// cannot run the program.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read.
    pub fn expected(&self) -> Result<Option<Vec<String>>> {
        let file = self.source.with_extension("expected");
        if !file.exists() {
            return Ok(None);
        }
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Some(text.lines().map(str::to_owned).collect()))
    }

    /// What it talks to; most programs have both ends of their connections.
    pub(super) fn peer(&self) -> Peer {
        match self.name.as_str() {
            "echo_client" | "nonblocking_client" | "resolving_client" => Peer::Echo,
            "udp_echo_client" => Peer::DatagramEcho,
            "event_sender" | "routine_sender" => Peer::Digest,
            "reset_by_peer" => Peer::Unread,
            "echo_server" | "overlapped_server" | "routine_server" => Peer::ClientsInTurn,
            "event_server" | "select_server" => Peer::ClientsTogether,
            _ => Peer::None,
        }
    }
}
