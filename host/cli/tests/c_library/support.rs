//! Building C programs once for all tests, and running them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

/// No run of a program takes longer, whatever goes wrong.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Whatever loopback offers, and nothing else.
const GRANTS: [&str; 4] = [
    "--allow-outbound=tcp://127.0.0.1:*",
    "--allow-inbound=tcp://127.0.0.1:*",
    "--allow-outbound=udp://127.0.0.1:*",
    "--allow-inbound=udp://127.0.0.1:*",
];

/// A program that is built when it is first needed.
pub struct Build {
    name: &'static str,
    sources: &'static [&'static str],
    built: OnceLock<PathBuf>,
}

impl Build {
    pub const fn new(name: &'static str, sources: &'static [&'static str]) -> Build {
        Build {
            name,
            sources,
            built: OnceLock::new(),
        }
    }

    /// The component, built by `wsp cc` without a warning.
    pub fn component(&self) -> &PathBuf {
        self.built.get_or_init(|| {
            let component = directory().join(self.name).with_extension("wasm");
            let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/c_library");
            let mut command = Command::new(env!("CARGO_BIN_EXE_wsp"));
            command
                .args(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
                .arg(&component)
                .args(self.sources.iter().map(|source| sources.join(source)));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            component
        })
    }

    /// A run of it with these arguments, which may reach what loopback offers.
    pub fn run(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
        command
            .arg("run")
            .args(GRANTS)
            .arg(self.component())
            .args(arguments)
            .env_remove("WSP_LOG")
            .timeout(LIMIT);
        command
    }

    /// A run of it under these rules alone.
    pub fn run_with(&self, rules: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsp"));
        command.arg("run").args(rules).arg(self.component());
        command.env_remove("WSP_LOG").timeout(LIMIT);
        command
    }

    /// As [`Build::run`], to be started.
    pub fn process(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wsp"));
        command.arg("run").args(GRANTS).arg(self.component());
        command.env_remove("WSP_LOG");
        command
    }
}

/// Where programs go while this process runs.
fn directory() -> &'static std::path::Path {
    static DIRECTORY: OnceLock<TempDir> = OnceLock::new();
    DIRECTORY
        .get_or_init(|| tempfile::tempdir().unwrap())
        .path()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
