//! Building guests.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use xtask::{
    component,
    stamp::{self, AROUND, BENCH, COMMITTED, DEMO, PORTABLE, PROVIDER},
};

use crate::{
    process::{progress, run},
    toolchain::{TARGET, Toolchain},
    wit,
    workspace::Workspace,
};

/// Where the programs' sources are.
const PROGRAMS: &str = "tests/programs/src/bin";

/// What to do with the committed components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Committed {
    /// Rebuild those that are not current.
    Refresh,
    /// Rebuild them all.
    Rebuild,
}

/// Builds the provider and the programs, and writes their components.
pub(crate) fn build(
    workspace: &Workspace,
    toolchain: &Toolchain,
    committed: Committed,
) -> Result<()> {
    let wanted = |component: stamp::Committed| -> Result<bool> {
        Ok(committed == Committed::Rebuild || !component.is_current(&workspace.root)?)
    };

    wit::copy(workspace)?;
    progress("building the programs for WebAssembly");
    compile(
        workspace,
        toolchain,
        &["--package=wsp-test-programs", "--bins"],
    )?;
    fs::create_dir_all(workspace.programs()).context("cannot make the programs' directory")?;
    let names = programs(&workspace.root)?;
    for name in &names {
        let component = encode(&compiled(workspace, name))?;
        if name == "demo" && wanted(DEMO)? {
            progress(&format!("writing {}", DEMO.file));
            DEMO.write(&workspace.root, component.clone())?;
        }
        let path = workspace.programs().join(name).with_extension("wasm");
        fs::write(&path, component).with_context(|| format!("cannot write {}", path.display()))?;
    }
    remove_others(&workspace.programs(), &names)?;
    for (name, program) in BENCH {
        if wanted(program)? {
            progress(&format!("writing {}", program.file));
            program.write(&workspace.root, encode(&compiled(workspace, name))?)?;
        }
    }

    for (component, package, name) in [
        (PROVIDER, "wsp-provider", "wsp_provider"),
        (PORTABLE, "wsp-portable", "wsp_portable"),
    ] {
        if wanted(component)? {
            progress(&format!("building {package} for WebAssembly"));
            compile(
                workspace,
                toolchain,
                &[
                    &format!("--package={package}"),
                    "--features=component",
                    "--lib",
                ],
            )?;
            progress(&format!("writing {}", component.file));
            component.write(&workspace.root, encode(&compiled(workspace, name))?)?;
        }
    }
    if wanted(AROUND)? {
        let text = workspace.root.join("guest/portable/around.wat");
        let component = wat::parse_file(&text)?;
        progress(&format!("writing {}", AROUND.file));
        AROUND.write(&workspace.root, component)?;
    }
    Ok(())
}

/// Fails if a committed component was built from other sources than there are.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    for component in COMMITTED {
        if !component.is_current(&workspace.root)? {
            bail!(
                "{} was not built from the sources as they are: run `cargo xtask guest` and commit it",
                component.file
            );
        }
    }
    progress("the committed components are current");
    Ok(())
}

/// Each package is compiled by itself, so that none gets the features that another asks for.
fn compile(workspace: &Workspace, toolchain: &Toolchain, what: &[&str]) -> Result<()> {
    let mut cargo = toolchain.build();
    cargo
        .current_dir(&workspace.root)
        .arg("--profile=guest")
        .arg("--target-dir")
        .arg(workspace.guest_target())
        .args(what);
    run(cargo)
}

/// Where the core module of that name was written.
fn compiled(workspace: &Workspace, name: &str) -> PathBuf {
    let directory = workspace.guest_target().join(TARGET).join("guest");
    directory.join(name).with_extension("wasm")
}

fn encode(module: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    component::encode(&bytes)
        .with_context(|| format!("cannot make a component of {}", module.display()))
}

/// The names of all programs.
fn programs(root: &Path) -> Result<Vec<String>> {
    let directory = root.join(PROGRAMS);
    let mut names = Vec::new();
    for file in
        fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?
    {
        let path = file?.path();
        if path.extension() == Some(OsStr::new("rs"))
            && let Some(name) = path.file_stem().and_then(OsStr::to_str)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Removes components of programs that are no more.
fn remove_others(directory: &Path, names: &[String]) -> Result<()> {
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        let known = path
            .file_stem()
            .and_then(OsStr::to_str)
            .is_some_and(|stem| names.iter().any(|name| name == stem));
        if !known {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}
