//! The programs as `wsp cc` builds and `wsp run` runs them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{Program, Transcript, compile, execution::transcript, is_current, peer::Peer};

/// What the programs may reach: loopback, and the addresses whose refusals they test.
const RULES: [&str; 10] = [
    "--allow-outbound=tcp://127.0.0.1:*",
    "--allow-outbound=udp://127.0.0.1:*",
    "--allow-outbound=tcp://[::1]:*",
    "--allow-outbound=udp://[::1]:*",
    "--allow-outbound=udp://255.255.255.255:9",
    "--allow-inbound=tcp://127.0.0.1:*",
    "--allow-inbound=udp://127.0.0.1:*",
    "--allow-inbound=tcp://[::1]:*",
    "--allow-inbound=udp://[::1]:*",
    "--allow-inbound=tcp://192.0.2.1:*",
];

/// The command `wsp`, and where it builds programs.
#[derive(Debug)]
pub struct Sandbox {
    wsp: PathBuf,
    built: PathBuf,
}

impl Sandbox {
    /// Builds with the command `wsp`, into the directory `built`.
    ///
    /// # Errors
    ///
    /// The directory cannot be created.
    pub fn new(wsp: PathBuf, built: PathBuf) -> Result<Sandbox> {
        fs::create_dir_all(&built).with_context(|| format!("cannot create {}", built.display()))?;
        Ok(Sandbox { wsp, built })
    }

    /// Builds the program, unless it was built since its sources changed, and runs it.
    ///
    /// # Errors
    ///
    /// It cannot be built, with the compiler's words, or not be run.
    pub fn transcript(&self, program: &Program) -> Result<Transcript> {
        self.run(program, &self.build(program)?)
    }

    /// Runs what was made of the program's component.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn run(&self, program: &Program, component: &Path) -> Result<Transcript> {
        let mut command = Command::new(&self.wsp);
        command
            .arg("run")
            .args(RULES)
            .arg(component)
            .env_remove("WSP_LOG");
        transcript(command, program.peer())
    }

    /// As [`Sandbox::run`], recorded, and then replayed without a network or a peer: what each
    /// printed.
    ///
    /// # Errors
    ///
    /// One of them cannot be run.
    pub fn record(&self, program: &Program, component: &Path) -> Result<(Transcript, Transcript)> {
        let tape = component.with_extension("tape");
        let mut record = Command::new(&self.wsp);
        record
            .arg("run")
            .args(RULES)
            .arg("--record")
            .arg(&tape)
            .arg(component)
            .env_remove("WSP_LOG");
        let recorded = transcript(record, program.peer())?;
        let mut replay = Command::new(&self.wsp);
        replay
            .arg("replay")
            .args([&tape, component])
            .env_remove("WSP_LOG");
        Ok((recorded, transcript(replay, Peer::None)?))
    }

    /// Runs what was made of the program's component on another host, of which `command` lacks
    /// only the component and its arguments.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn run_on(
        &self,
        mut command: Command,
        program: &Program,
        component: &Path,
    ) -> Result<Transcript> {
        command.arg(component);
        transcript(command, program.peer())
    }

    /// Builds the program, unless it was built since its sources changed.
    ///
    /// # Errors
    ///
    /// It cannot be built, with the compiler's words.
    pub fn build(&self, program: &Program) -> Result<PathBuf> {
        let component = self.built.join(program.name()).with_extension("wasm");
        let inputs: [&Path; 3] = [program.source(), &program.header(), &self.wsp];
        if !is_current(&component, &inputs) {
            let mut compiler = Command::new(&self.wsp);
            compiler
                .arg("cc")
                .args(["-Wall", "-Wextra", "-Werror", "-O1"])
                .arg(program.source())
                .arg("-o")
                .arg(&component)
                .env_remove("WSP_LOG");
            compile(compiler)?;
        }
        Ok(component)
    }
}
