//! Where things are.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::process;

/// The directories of this workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Where the workspace's `Cargo.toml` is.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    target: PathBuf,
}

impl Workspace {
    /// Asks cargo for the directories.
    pub(crate) fn find() -> Result<Workspace> {
        // Cargo says where it runs this from; what was said when this was built is of another
        // checkout if they share what is built.
        let xtask = env::var_os("CARGO_MANIFEST_DIR");
        let xtask = xtask.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&xtask)
            .parent()
            .context("xtask has no parent directory")?
            .to_owned();
        let mut metadata = Command::new(cargo());
        metadata
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(&root);
        let metadata: serde_json::Value = serde_json::from_str(&process::output(metadata)?)
            .context("`cargo metadata` printed no JSON")?;
        let target = metadata
            .get("target_directory")
            .and_then(|directory| directory.as_str())
            .context("`cargo metadata` names no target directory")?
            .into();
        Ok(Workspace { root, target })
    }

    /// Where guests are built, apart from what runs on the machine itself.
    pub(crate) fn guest_target(&self) -> PathBuf {
        self.target.join("guest")
    }

    /// Where the C programs are built for both systems.
    pub(crate) fn differential(&self) -> PathBuf {
        self.target.join("differential")
    }

    /// Where hosts of WASI are installed.
    pub(crate) fn hosts(&self) -> PathBuf {
        self.target.join("hosts")
    }

    /// The command `wsp`, as `cargo build` makes it.
    pub(crate) fn wsp(&self) -> PathBuf {
        self.target
            .join("debug/wsp")
            .with_extension(env::consts::EXE_EXTENSION)
    }

    /// The laboratory, as `cargo build --release` makes it.
    pub(crate) fn laboratory(&self) -> PathBuf {
        self.target
            .join("release/wsp-bench")
            .with_extension(env::consts::EXE_EXTENSION)
    }

    /// Where the clients in other languages are built.
    pub(crate) fn languages(&self) -> PathBuf {
        self.target.join("languages")
    }

    /// The host of the tests that knows nothing of Winsock.
    pub(crate) fn stock_host(&self) -> PathBuf {
        self.target
            .join("debug/stock-host")
            .with_extension(env::consts::EXE_EXTENSION)
    }

    /// What cargo has built for another target.
    pub(crate) fn built_for(&self, target: &str) -> PathBuf {
        self.target.join(target).join("debug")
    }

    /// Where packages go that are to be published.
    pub(crate) fn packages(&self) -> PathBuf {
        self.target.join("packages")
    }

    /// Where the documents are built as a site.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// Where the components of `tests/programs` go.
    pub(crate) fn programs(&self) -> PathBuf {
        self.guest_target().join("programs")
    }
}

/// The cargo that runs this task, or whichever is there.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
