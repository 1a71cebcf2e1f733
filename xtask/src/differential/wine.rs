//! The programs as Wine runs them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{Program, Transcript, compile, execution::transcript, is_current};
use crate::wine::{self, COMPILER};

/// How often Wine may try to bring a program to its end.
const TRIES: u32 = 3;

/// A Windows of Wine's, and where the programs for it are.
#[derive(Debug)]
pub(super) struct Wine {
    wine: wine::Wine,
    /// Where the programs are built.
    built: PathBuf,
}

impl Wine {
    /// See [`wine::Wine::start`].
    pub(super) fn start(directory: &Path) -> Result<Wine> {
        let wine = wine::Wine::start(directory)?;
        let built = directory.join("built");
        fs::create_dir_all(&built).with_context(|| format!("cannot create {}", built.display()))?;
        Ok(Wine { wine, built })
    }

    /// Builds the program, and runs it.
    pub(super) fn transcript(&self, program: &Program) -> Result<Transcript> {
        let executable = self.built.join(program.name()).with_extension("exe");
        if !is_current(&executable, &[program.source(), &program.header()]) {
            let mut compiler = Command::new(COMPILER);
            compiler
                .args(["-Wall", "-Wextra", "-Werror", "-O1"])
                // Variables of threads take a library that Wine does not find.
                .arg("-static")
                .arg(program.source())
                .arg("-o")
                .arg(&executable)
                .arg("-lws2_32");
            compile(compiler)?;
        }
        // On a loaded machine Wine itself fails now and then before the end; wsp
        // gets one try.
        let mut tries = 0;
        loop {
            let mut command = self.wine.command("wine");
            command.arg(&executable);
            let transcript = transcript(command, program.peer())?;
            tries += 1;
            if transcript.is_complete() || tries == TRIES {
                return Ok(transcript);
            }
        }
    }
}
