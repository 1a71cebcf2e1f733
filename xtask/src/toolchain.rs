//! Finding a Rust toolchain that builds for `wasm32-unknown-unknown`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{
    process::{output, progress, run_within},
    requirements::{self, Install},
    workspace::cargo,
};

/// What guests are built for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Where the library for programs in Rust builds too.
pub(crate) const WASIP2: &str = "wasm32-wasip2";

/// Debian's packages that together build WebAssembly.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/// The oldest minor version of Rust 1 that builds this workspace.
const MINIMUM_RUST: u32 = 95;

/// Longer than this nobody waits for rustup: where it cannot fetch, it may hang.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// Which toolchain to build with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// The one that runs this task, else Debian's.
    #[default]
    Auto,
    /// The one that runs this task, with the target's standard library.
    Active,
    /// Debian's Rust in /usr/bin, which builds the standard library itself.
    Debian,
}

/// A toolchain that builds for [`TARGET`].
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// See [`Choice::Active`].
    Active,
    /// See [`Choice::Debian`].
    Debian {
        /// The WebAssembly linker.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// A `cargo build` for [`TARGET`].
    pub(crate) fn build(&self) -> Command {
        match self {
            Toolchain::Active => {
                let mut command = Command::new(cargo());
                command.args(["build", "--target", TARGET]);
                command
            }
            Toolchain::Debian { linker } => {
                let mut command = Command::new("/usr/bin/cargo");
                // What rustup's and cargo's proxies left for their own children.
                for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTDOC", "LD_LIBRARY_PATH"] {
                    command.env_remove(name);
                }
                command
                    .env("RUSTC", "/usr/bin/rustc")
                    // For the unstable option, on a stable compiler.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .args([
                        "build",
                        "--target",
                        TARGET,
                        "-Z",
                        "build-std=std,panic_abort",
                    ]);
                command
            }
        }
    }
}

/// The toolchain of that choice, without installing anything.
pub(crate) fn find(choice: Choice) -> Result<Toolchain> {
    let found = match choice {
        Choice::Auto => active().or_else(debian),
        Choice::Active => active(),
        Choice::Debian => debian(),
    };
    found.with_context(remedies)
}

/// Any toolchain, installed if there is none and that is allowed.
pub(crate) fn find_or_install(install: Install) -> Result<Toolchain> {
    if install == Install::Never {
        return find(Choice::Auto);
    }
    if let Some(toolchain) = active().or_else(debian) {
        return Ok(toolchain);
    }
    match add_target(TARGET).map(|()| active()) {
        Ok(Some(toolchain)) => return Ok(toolchain),
        Ok(None) => {}
        Err(error) => progress(&format!("{error:#}")),
    }
    install_debian()
        .and_then(|()| debian().context("its packages do not fit together"))
        .with_context(remedies)
}

fn remedies() -> String {
    format!(
        "no Rust toolchain here builds WebAssembly: run `rustup target add {TARGET}` or, on Debian as root, `apt-get install {}`",
        DEBIAN_PACKAGES.join(" ")
    )
}

/// The toolchain in use, if it has the target's standard library.
fn active() -> Option<Toolchain> {
    has_library(TARGET).then_some(Toolchain::Active)
}

/// Whether the toolchain in use has the standard library of a target.
fn has_library(target: &str) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut library = Command::new(rustc);
    library.args(["--print", "target-libdir", "--target", target]);
    let files = output(library)
        .ok()
        .and_then(|library| fs::read_dir(library.trim_end()).ok());
    files.into_iter().flatten().flatten().any(|file| {
        let name = file.file_name();
        name.to_string_lossy().starts_with("libstd-")
    })
}

/// Debian's own toolchain, if it is new enough and can build the standard library.
fn debian() -> Option<Toolchain> {
    if !Path::new("/usr/bin/cargo").exists() || !Path::new("/usr/bin/rustc").exists() {
        return None;
    }
    let mut version = Command::new("/usr/bin/rustc");
    version.arg("--version");
    if minor_version(&output(version).ok()?)? < MINIMUM_RUST {
        return None;
    }
    let mut sysroot = Command::new("/usr/bin/rustc");
    sysroot.args(["--print", "sysroot"]);
    let sysroot = output(sysroot).ok()?;
    let sources = Path::new(sysroot.trim_end()).join("lib/rustlib/src/rust/library/std");
    if !sources.is_dir() {
        return None;
    }
    linker().map(|linker| Toolchain::Debian { linker })
}

/// The 96 of `rustc 1.96.0 (…)`.
fn minor_version(version: &str) -> Option<u32> {
    version
        .strip_prefix("rustc 1.")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// `wasm-ld`, or the newest of Debian's `wasm-ld-22` and so on.
fn linker() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .filter_map(|directory| fs::read_dir(directory).ok())
        .flat_map(|files| files.flatten())
        .filter_map(|file| Some((linker_version(file.file_name().to_str()?)?, file.path())))
        .max()
        .map(|(_, path)| path)
}

/// The version in the name of a WebAssembly linker: the highest for a name without one.
fn linker_version(name: &str) -> Option<u32> {
    match name.strip_prefix("wasm-ld")? {
        "" => Some(u32::MAX),
        version => version.strip_prefix('-')?.parse().ok(),
    }
}

/// Sees to it that the toolchain in use has the standard library of a target.
pub(crate) fn ensure_library(target: &str) -> Result<()> {
    if has_library(target) || add_target(target).is_ok() && has_library(target) {
        return Ok(());
    }
    bail!("the Rust in use does not build for {target}: run `rustup target add {target}`")
}

fn add_target(target: &str) -> Result<()> {
    progress(&format!("adding the target {target} with rustup"));
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", target]);
    run_within(rustup, RUSTUP_LIMIT)
}

fn install_debian() -> Result<()> {
    progress(&format!(
        "installing Debian's Rust for WebAssembly: {}",
        DEBIAN_PACKAGES.join(" ")
    ));
    if !requirements::is_root()? {
        bail!("only root can install packages");
    }
    requirements::apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(DEBIAN_PACKAGES);
    requirements::apt(&arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_of_rust_is_read_from_what_rustc_prints() {
        assert_eq!(
            minor_version("rustc 1.96.0 (ac68faa20 2026-05-25)"),
            Some(96)
        );
        assert_eq!(minor_version("rustc 2.0.0"), None);
    }

    #[test]
    fn a_plain_linker_is_preferred_and_then_the_newest() {
        assert!(linker_version("wasm-ld") > linker_version("wasm-ld-22"));
        assert!(linker_version("wasm-ld-22") > linker_version("wasm-ld-9"));
        assert_eq!(linker_version("wasm-ld-wrapper"), None);
        assert_eq!(linker_version("ld.lld"), None);
    }
}
