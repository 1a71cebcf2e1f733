//! The crates as they are published, and their features.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    process::{progress, run},
    requirements::{self, Install},
    toolchain::TARGET,
    workspace::{Workspace, cargo},
};

/// The crates of the registry that are built for this machine.
const PUBLISHED: [&str; 11] = [
    "wsp-c",
    "wsp-cli",
    "wsp-core",
    "wsp-guard",
    "wsp-host",
    "wsp-native",
    "wsp-over-wasi",
    "wsp-portable",
    "wsp-provider",
    "wsp-simulation",
    "wsp-transport",
];

/// The one that is built for WebAssembly, and what it depends on.
const FOR_WEBASSEMBLY: [&str; 2] = ["wsp-core", "wsp-sdk"];

/// What has features that people choose, with those that are for the project alone.
const WITH_FEATURES: [(&str, &[&str]); 2] = [
    ("wsp-guard", &[]),
    (
        "wsp-host",
        // `default` is two of the others.
        &["--exclude-features=default,fault-injection,laboratory"],
    ),
];

/// Packs every published crate, builds each of what was packed alone, and runs the
/// demonstration of the command that this has built. With `install`, the command is installed
/// as a user does it too, with the newest versions of what it depends on.
pub(crate) fn check(workspace: &Workspace, install: bool) -> Result<()> {
    let target = workspace.packages().join("build");
    let package = |names: &[&str]| {
        let mut package = Command::new(cargo());
        package
            .args(["package", "--allow-dirty", "--quiet"])
            .args(names.iter().flat_map(|name| ["--package", name]))
            .env("CARGO_TARGET_DIR", &target)
            // Nobody debugs these.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .current_dir(&workspace.root);
        package
    };
    progress("packing the crates, and building each of what was packed");
    run(package(&PUBLISHED))?;
    let mut for_webassembly = package(&FOR_WEBASSEMBLY);
    for_webassembly.args(["--target", TARGET]);
    run(for_webassembly)?;
    let built = target.join("debug/wsp");
    demonstrate(&built.with_extension(env::consts::EXE_EXTENSION))?;
    match install {
        true => installed(workspace, &target),
        false => Ok(()),
    }
}

/// Installs the command from what was packed, and runs its demonstration.
fn installed(workspace: &Workspace, target: &Path) -> Result<()> {
    progress("installing the command from what was packed");
    let unpacked = workspace.packages().join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)
            .with_context(|| format!("cannot remove {}", unpacked.display()))?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut patches = Vec::new();
    for name in PUBLISHED {
        let archive = format!("package/{name}-{version}.crate");
        unpack(&target.join(archive), &unpacked)?;
        let path = unpacked.join(format!("{name}-{version}"));
        patches.push(format!("patch.crates-io.{name}.path={path:?}"));
    }
    let installed = workspace.packages().join("installed");
    let mut install = Command::new(cargo());
    install
        .args(["install", "--debug", "--force", "--quiet", "--root"])
        .arg(&installed)
        .arg("--path")
        .arg(unpacked.join(format!("wsp-cli-{version}")))
        .args(patches.iter().flat_map(|patch| ["--config", patch]))
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // The workspace's configuration is none of a user's.
        .current_dir(&unpacked);
    run(install)?;
    let command = installed.join("bin/wsp");
    demonstrate(&command.with_extension(env::consts::EXE_EXTENSION))
}

fn demonstrate(command: &Path) -> Result<()> {
    let mut demo = Command::new(command);
    demo.arg("demo");
    run(demo)
}

fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(folder);
    run(tar)
}

/// Checks every crate that has features with every set of at most `depth` of them.
pub(crate) fn powerset(workspace: &Workspace, depth: Option<u32>) -> Result<()> {
    requirements::ensure_tool("cargo-hack", Install::Allowed)?;
    for (name, besides) in WITH_FEATURES {
        progress(&format!("checking {name} with every set of its features"));
        let mut hack = Command::new(cargo());
        // With the lints, which find what only some set leaves unused.
        hack.args(["hack", "clippy", "--feature-powerset", "--package", name])
            .args(besides)
            .args(depth.map(|depth| format!("--depth={depth}")))
            .args(["--", "-D", "warnings"])
            .current_dir(&workspace.root);
        run(hack)?;
    }
    Ok(())
}
