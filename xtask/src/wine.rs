//! A Windows of Wine's.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::programs::is_on_path;

/// The C compiler for Windows.
pub const COMPILER: &str = "x86_64-w64-mingw32-gcc";
const SERVER: &str = "wineserver";

/// What has to be there, and the Debian package that has it.
const NEEDED: [(&str, &str); 3] = [
    (COMPILER, "gcc-mingw-w64-x86-64-posix"),
    ("wine", "wine wine64"),
    (SERVER, "wine wine64"),
];

/// A Windows of Wine's, with its server running until this is dropped.
#[derive(Debug)]
pub struct Wine {
    /// Where its files are.
    prefix: PathBuf,
    /// Held as long as the server runs: one server serves one directory.
    _lock: File,
}

impl Wine {
    /// Starts the server, and sets up the Windows if there is none in `directory` yet.
    ///
    /// # Errors
    ///
    /// If mingw or Wine is missing, with the packages that have them, or does not start.
    pub fn start(directory: &Path) -> Result<Wine> {
        let mut missing: Vec<&str> = NEEDED
            .iter()
            .filter(|(program, _)| !is_on_path(program))
            .map(|(_, package)| *package)
            .collect();
        missing.dedup();
        if !missing.is_empty() {
            bail!(
                "this needs mingw and Wine: as root on Debian, `apt-get install --no-install-recommends {}`",
                missing.join(" ")
            );
        }
        let prefix = directory.join("prefix");
        fs::create_dir_all(&prefix)
            .with_context(|| format!("cannot create {}", prefix.display()))?;
        let lock = File::create(directory.join("lock"))?;
        lock.lock()
            .context("cannot wait for another task with Wine to end")?;
        let wine = Wine {
            prefix,
            _lock: lock,
        };
        // Stays for a minute when its last program has ended, so that the next starts fast.
        wine.run(SERVER, &["--persistent=60"])?;
        // The last thing that Wine writes when it has set up everything.
        if !wine.prefix.join(".update-timestamp").exists() {
            wine.run("wine", &["wineboot", "--init"])?;
        }
        Ok(wine)
    }

    /// A program of this Windows, or one of Wine's.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            // No windows, and no offers to download what no program here needs.
            .env(
                "WINEDLLOVERRIDES",
                "mscoree,mshtml,winedbg.exe,winemenubuilder.exe=",
            )
            .env_remove("DISPLAY")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(program);
        command.args(arguments);
        // What it prints about itself is of no interest, and would be held open by its server.
        let status = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("cannot run {program}"))?;
        let runs_already = program == SERVER && status.code() == Some(2);
        if !status.success() && !runs_already {
            bail!("`{program} {}` failed ({status})", arguments.join(" "));
        }
        Ok(())
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // Only the server of this directory. It may have ended by itself.
        let _ = self.run(SERVER, &["--kill"]);
        let _ = self.run(SERVER, &["--wait"]);
    }
}
