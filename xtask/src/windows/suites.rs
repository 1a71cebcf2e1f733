//! The test suites for Windows, on Wine.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::wine::Wine;

use super::{TARGET, started::Started};
use crate::{
    platform::{self, Exceptions, ON_WINE, SUITES},
    process::{output, progress},
    workspace::{Workspace, cargo},
};

/// How long a suite may take.
const LIMIT: Duration = Duration::from_secs(1800);

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
    platform::each(|name| {
        let suite = suites.iter().find(|suite| suite.name == name);
        let suite = suite.context("cargo has not built it")?;
        progress(&format!("running the suite {name} on Wine"));
        run_one(workspace, wine, suite, exceptions.skipped(name, ON_WINE))
    })
}

fn run_one<'a>(
    workspace: &Workspace,
    wine: &Wine,
    suite: &Suite,
    skipped: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let mut command = wine.command("wine");
    command
        .arg(&suite.executable)
        .arg("--test-threads=2")
        .args(skipped)
        .current_dir(workspace.root.join("tests"))
        .env("WSP_TEST_PROGRAMS", windows_path(&workspace.programs())?);
    let ended = Started::start(&suite.name, command, LIMIT)?.end()?;
    for line in ended.lines.iter().filter(|line| !line.ends_with("... ok")) {
        println!("{line}");
    }
    ensure!(ended.status == Some(0), "on Wine tests of it fail");
    Ok(())
}

/// A file of this machine, as Wine has it.
pub(super) fn windows_path(path: &Path) -> Result<String> {
    let path = path.to_str().context("a path that is no text")?;
    Ok(format!("Z:{}", path.replace('/', "\\")))
}
