//! Packages of Python, in an environment of their own.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::process::run;

/// The folder of the programs of an environment below `directory` that has what `pip install`
/// makes of `packages`.
pub(crate) fn environment(
    directory: &Path,
    packages: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<PathBuf> {
    let environment = directory.join("python");
    if !environment.exists() {
        let mut create = Command::new("python3");
        create.args(["-m", "venv"]).arg(&environment);
        run(create)?;
    }
    let programs = environment.join("bin");
    let mut install = Command::new(programs.join("python"));
    install
        .args(["-m", "pip", "install", "--quiet"])
        .args(packages);
    run(install)?;
    Ok(programs)
}
