//! What people do first with the command, on Wine.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::wine::Wine;

use super::{LIMIT, started::Started, suites::windows_path};
use crate::{hosts::digest, process::progress, workspace::Workspace};

/// How much is sent.
const BYTES: usize = 100 << 20;

/// A program that sends to its argument.
const DEMO: &str = "host/cli/demo.wasm";

struct Commands<'a> {
    wine: &'a Wine,
    built: &'a Path,
}

impl Commands<'_> {
    fn start(&self, program: &str, arguments: &[&str]) -> Result<Started> {
        let mut command: Command = self.wine.command("wine");
        command
            .arg(self.built.join(program).with_extension("exe"))
            .args(arguments)
            .env_remove("WSP_LOG");
        let name = format!("`{program} {}`", arguments.join(" "));
        Started::start(&name, command, LIMIT)
    }

    fn wsp(&self, arguments: &[&str]) -> Result<Started> {
        self.start("wsp", arguments)
    }
}

/// Each in turn; the first that fails ends it.
pub(super) fn check(workspace: &Workspace, wine: &Wine, built: &Path) -> Result<()> {
    let commands = Commands { wine, built };
    demo(&commands)?;
    for notify in ["event", "none"] {
        send(&commands, &payload(built)?, notify)?;
    }
    run(&commands, workspace)?;
    policy(&commands)?;
    compose(&commands, workspace)?;
    cc(&commands)?;
    plugins(&commands)
}

fn demo(commands: &Commands<'_>) -> Result<()> {
    let lines = commands.wsp(&["demo", "--json"])?.succeed()?;
    let proof = lines.last().context("`wsp demo` printed nothing")?;
    let proof: Value = serde_json::from_str(proof)?;
    ensure!(text(&proof, "equal") == "true", "the demo failed: {proof}");
    progress("wsp demo: what arrived is what was sent");
    Ok(())
}

/// 100 MiB that no two parts are alike of.
fn payload(built: &Path) -> Result<PathBuf> {
    let path = built.join("payload.bin");
    let mut file = BufWriter::new(File::create(&path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..BYTES / size_of::<u64>() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()?;
    Ok(path)
}

fn send(commands: &Commands<'_>, payload: &Path, notify: &str) -> Result<()> {
    let received = payload.with_extension("received");
    let (file, output) = (windows_path(payload)?, windows_path(&received)?);
    let listen = [
        "listen",
        "tcp://127.0.0.1:0",
        "--once",
        "--json",
        "--output",
        &output,
    ];
    let mut listener = commands.wsp(&listen)?;
    let address = listening(&mut listener)?;
    let send = [
        "send", &address, "--file", &file, "--chunk", "65536", "--notify", notify,
    ];
    let sender = commands.wsp(&send)?;
    sender.succeed()?;
    let lines = listener.succeed()?;
    let summary = lines.last().context("`wsp listen` printed no summary")?;
    let summary: Value = serde_json::from_str(summary)?;
    let sent = sha256(payload)?;
    ensure!(
        text(&summary, "sha256") == sent && sha256(&received)? == sent,
        "what was sent is {sent}, and what arrived {summary}"
    );
    progress(&format!(
        "wsp send --notify {notify}: {BYTES} bytes arrived, sha256 {sent}"
    ));
    fs::remove_file(received)?;
    Ok(())
}

fn run(commands: &Commands<'_>, workspace: &Workspace) -> Result<()> {
    let program = windows_path(&workspace.root.join(DEMO))?;
    let mut listener = commands.wsp(&["listen", "tcp://127.0.0.1:0", "--once", "--json"])?;
    let target = listening(&mut listener)?;
    let address = target.trim_start_matches("tcp://");
    let rule = format!("--allow-outbound={target}");
    commands
        .wsp(&["run", &rule, &program, address])?
        .succeed()?;
    let lines = listener.succeed()?;
    let summary = lines.last().context("`wsp listen` printed no summary")?;
    let summary: Value = serde_json::from_str(summary)?;
    ensure!(
        text(&summary, "bytes") != "0",
        "the program sent nothing: {summary}"
    );
    // Without the rule it reaches nobody.
    let denied = commands.wsp(&["run", &program, address])?.end()?;
    ensure!(
        denied.status == Some(1),
        "the program was not denied: {}",
        denied.said
    );
    progress("wsp run: a program sent what it was allowed to, and nothing else");
    Ok(())
}

fn policy(commands: &Commands<'_>) -> Result<()> {
    let explain = |target: &str| -> Result<Option<i32>> {
        let rule = "--allow-outbound=tcp://192.0.2.1:443";
        let arguments = ["policy", "explain", rule, target];
        Ok(commands.wsp(&arguments)?.end()?.status)
    };
    let (allowed, denied) = (
        explain("tcp://192.0.2.1:443")?,
        explain("tcp://192.0.2.1:80")?,
    );
    ensure!(
        (allowed, denied) == (Some(0), Some(1)),
        "`wsp policy explain` ended with {allowed:?} and {denied:?}"
    );
    progress("wsp policy: one target is allowed, and one is denied");
    Ok(())
}

fn compose(commands: &Commands<'_>, workspace: &Workspace) -> Result<()> {
    let program = windows_path(&workspace.root.join(DEMO))?;
    let composed = commands.built.join("composed.wasm");
    let output = windows_path(&composed)?;
    commands
        .wsp(&["compose", &program, "-o", &output])?
        .succeed()?;
    let bytes = fs::read(&composed)?;
    ensure!(
        bytes.starts_with(b"\0asm"),
        "`wsp compose` wrote no component"
    );
    progress("wsp compose: wrote a component");
    fs::remove_file(composed)?;
    Ok(())
}

/// There is no clang for Windows here, which the command has to say.
fn cc(commands: &Commands<'_>) -> Result<()> {
    let ended = commands.wsp(&["cc", "client.c"])?.end()?;
    ensure!(
        ended.status == Some(1) && ended.said.contains("no clang is on the PATH"),
        "`wsp cc` ended with {:?} and said: {}",
        ended.status,
        ended.said
    );
    progress("wsp cc: says that it needs clang");
    Ok(())
}

fn plugins(commands: &Commands<'_>) -> Result<()> {
    commands.start("plugin-host", &["--help"])?.succeed()?;
    progress("plugin-host: starts");
    Ok(())
}

/// Where a listener listens, which it says first.
fn listening(listener: &mut Started) -> Result<String> {
    let line = listener.line()?;
    let line: Value = serde_json::from_str(&line)?;
    let address = line.get("listening").and_then(Value::as_str);
    Ok(address
        .context("`wsp listen` does not say where")?
        .to_owned())
}

/// A value as text.
fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn sha256(path: &Path) -> Result<String> {
    Ok(digest(&fs::read(path)?))
}
