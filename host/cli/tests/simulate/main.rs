//! `wsp run --simulate`: programs in a simulated network.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad_input;
mod found;
mod runs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// No command takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(120);

/// Where programs and files go while this process runs.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<TempDir> = OnceLock::new();
    DIRECTORY
        .get_or_init(|| tempfile::tempdir().unwrap())
        .path()
}

/// A program, built by `wsp cc` without a warning when it is first needed.
struct Build {
    name: &'static str,
    built: OnceLock<PathBuf>,
}

impl Build {
    const fn new(name: &'static str) -> Build {
        Build {
            name,
            built: OnceLock::new(),
        }
    }

    fn component(&self) -> &Path {
        self.built.get_or_init(|| {
            let component = directory().join(self.name).with_extension("wasm");
            let source = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
            let source = source
                .join("tests/simulate")
                .join(self.name)
                .with_extension("c");
            let mut command = Command::new(env!("CARGO_BIN_EXE_wsp"));
            command
                .args(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
                .args([&component, &source]);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            component
        })
    }

    /// A file of a simulation in which one of it waits for the other, which is told its name,
    /// with this above its programs.
    fn two(&self, name: &str, above: &str) -> PathBuf {
        let component = self.component().display();
        file(
            name,
            &format!(
                "{above}\n[[program]]\nname = 'server'\nfile = '{component}'\n\
                 [[program]]\nname = 'client'\nfile = '{component}'\nargs = ['server']\nbegins = '5ms'\n"
            ),
        )
    }
}

/// A file with this text.
fn file(name: &str, text: &str) -> PathBuf {
    let file = directory().join(name);
    fs::write(&file, text).unwrap();
    file
}

/// A run of a simulation with these arguments behind its file.
fn simulate(file: &Path, arguments: &[&str]) -> Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
    command
        .args(["run", "--simulate"])
        .arg(file)
        .args(arguments)
        .env(
            "XDG_CACHE_HOME",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
        )
        .env_remove("WSP_LOG")
        .timeout(LIMIT);
    command.output().unwrap()
}

/// Its exit status and what it says of itself in JSON.
fn told(file: &Path, arguments: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
    let output = simulate(file, &arguments);
    let told = serde_json::from_slice(&output.stdout);
    let told = told.unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    (output.status.code().unwrap(), told)
}

/// What a program printed on standard output, as a simulation tells it.
fn printed(told: &Value, program: &str) -> String {
    let pieces = told["printed"].as_array().unwrap().iter();
    let of_program =
        pieces.filter(|piece| piece["program"] == program && piece["stream"] == "stdout");
    of_program
        .map(|piece| piece["text"].as_str().unwrap())
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
