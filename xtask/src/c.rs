//! Building the C library: bindings from the WIT, the shim, and one object of both.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wit_bindgen_core::{Files, wit_parser::Resolve};
use wsp_c::clang::Clang;
use xtask::stamp::C_OBJECT;

use crate::{
    guest::Committed,
    process::{progress, run},
    workspace::Workspace,
};

/// The world of C programs.
const WORLD: &str = "spi-program";

/// The unstable feature of the WIT that the shim uses.
const TICKETS: &str = "tickets";

/// The sources of the shim.
const SHIM: &str = "guest/c/shim";

/// Writes the object that C programs link.
pub(crate) fn build(workspace: &Workspace, clang: &Clang, committed: Committed) -> Result<()> {
    if committed == Committed::Refresh && C_OBJECT.is_current(&workspace.root)? {
        return Ok(());
    }
    progress("building the C library for WebAssembly");
    let directory = workspace.guest_target().join("c");
    if directory.exists() {
        fs::remove_dir_all(&directory).context("cannot empty the C library's directory")?;
    }
    fs::create_dir_all(&directory).context("cannot make the C library's directory")?;

    let mut sources = sources(&workspace.root.join(SHIM))?;
    let mut objects = Vec::new();
    for file in bindings(&workspace.root.join("wit"), &directory)? {
        match file.extension().and_then(OsStr::to_str) {
            Some("c") => sources.push(file),
            Some("o") => objects.push(file),
            _ => {}
        }
    }
    for source in &sources {
        let object = directory
            .join(source.file_name().context("a source has a name")?)
            .with_extension("o");
        compile(workspace, clang, source, &directory, &object)?;
        objects.push(object);
    }

    let linked = directory.join("linked.o");
    let mut link = clang.command();
    link.args(["-nostdlib", "-r", "-o"])
        .arg(&linked)
        .args(&objects);
    run(link)?;
    progress(&format!("writing {}", C_OBJECT.file));
    let object = fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    C_OBJECT.write(&workspace.root, object)
}

fn compile(
    workspace: &Workspace,
    clang: &Clang,
    source: &Path,
    bindings: &Path,
    object: &Path,
) -> Result<()> {
    let mut compile = clang.command();
    compile
        .args(["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(workspace.root.join("guest/c/include"))
        .arg("-I")
        .arg(bindings)
        .arg("-c")
        .arg(source)
        .arg("-o")
        .arg(object);
    run(compile)
}

/// Every C source of a directory, in the order of the names.
fn sources(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    let files =
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    for file in files {
        let path = file?.path();
        if path.extension() == Some(OsStr::new("c")) {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

/// Writes the bindings of [`WORLD`], and returns their files.
fn bindings(wit: &Path, directory: &Path) -> Result<Vec<PathBuf>> {
    let mut resolve = Resolve::default();
    resolve.features.insert(TICKETS.to_owned());
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)?;
    let mut written = Vec::new();
    for (name, contents) in files.iter() {
        let path = directory.join(name);
        fs::write(&path, contents).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}
