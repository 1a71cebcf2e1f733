//! The test suites for Windows, on Wine.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xtask::wine::Wine;

use super::{TARGET, exceptions::Exceptions, started::Started};
use crate::{
    process::{output, progress},
    workspace::{Workspace, cargo},
};

/// How long a suite may take.
const LIMIT: Duration = Duration::from_secs(1800);

/// The suites, by the names of their tests.
const SUITES: [&str; 2] = ["conformance", "embedder"];

/// A suite that was built.
pub(super) struct Suite {
    name: String,
    executable: PathBuf,
}

/// Builds the suites.
pub(super) fn build(workspace: &Workspace) -> Result<Vec<Suite>> {
    progress("building the suites for Windows");
    let mut build = Command::new(cargo());
    build
        .args(["test", "--no-run", "--target", TARGET])
        .args(SUITES.map(|suite| format!("--test={suite}")))
        .arg("--message-format=json-render-diagnostics")
        .current_dir(&workspace.root);
    let built = output(build)?;
    let messages = built.lines().map(serde_json::from_str::<Value>);
    let mut suites = Vec::new();
    for message in messages {
        let message = message.context("cargo printed no JSON")?;
        let name = message.pointer("/target/name").and_then(Value::as_str);
        let executable = message.get("executable").and_then(Value::as_str);
        if let (Some(name), Some(executable)) = (name, executable)
            && SUITES.contains(&name)
        {
            suites.push(Suite {
                name: name.to_owned(),
                executable: executable.into(),
            });
        }
    }
    Ok(suites)
}

/// Runs the suites, without the exceptions.
pub(super) fn run(workspace: &Workspace, wine: &Wine, suites: &[Suite]) -> Result<()> {
    let exceptions = Exceptions::read(&workspace.root)?;
    let mut failed = Vec::new();
    for suite in suites {
        progress(&format!("running the suite {} on Wine", suite.name));
        if !passes(workspace, wine, suite, exceptions.of(&suite.name))? {
            failed.push(suite.name.as_str());
        }
    }
    if !failed.is_empty() {
        bail!("on Wine failed: {}", failed.join(", "));
    }
    Ok(())
}

fn passes<'a>(
    workspace: &Workspace,
    wine: &Wine,
    suite: &Suite,
    skipped: impl Iterator<Item = &'a String>,
) -> Result<bool> {
    let mut command = wine.command("wine");
    command
        .arg(&suite.executable)
        .arg("--test-threads=2")
        .current_dir(workspace.root.join("tests"))
        .env("WSP_TEST_PROGRAMS", windows_path(&workspace.programs())?);
    for test in skipped {
        command.args(["--skip", test]);
    }
    let ended = Started::start(&suite.name, command, LIMIT)?.end()?;
    for line in ended.lines.iter().filter(|line| !line.ends_with("... ok")) {
        println!("{line}");
    }
    Ok(ended.status == Some(0))
}

/// A file of this machine, as Wine has it.
pub(super) fn windows_path(path: &Path) -> Result<String> {
    let path = path.to_str().context("a path that is no text")?;
    Ok(format!("Z:{}", path.replace('/', "\\")))
}
