//! Building the C library: bindings from the WIT, the shim, and one object of both.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wit_bindgen_core::{Files, wit_parser::Resolve};
use wsp_c::clang::Clang;
use xtask::stamp::{C_OBJECT, C_OBJECT_FOR_THREADS};

use crate::{
    guest::Committed,
    process::{progress, run},
    symbols,
    workspace::Workspace,
};

/// The world of C programs.
const WORLD: &str = "spi-program";

/// The unstable feature of the WIT that the shim uses.
const TICKETS: &str = "tickets";

/// The sources of the shim: Winsock, and in a folder of its own what programs of
/// Windows take for granted of the system and of Microsoft's C library.
const SHIM: &str = "guest/c/shim";
const WIN32: &str = "guest/c/shim/win32";

/// What is there in one of the two objects only: that of programs with one thread, and
/// that of programs with several, whose sources are told by a macro.
const ONE_THREAD: &str = "guest/c/shim/one_thread";
const THREADS: &str = "guest/c/shim/threads";
const WITH_THREADS: &str = "-DWSP_THREADS";

/// The headers.
const INCLUDE: &str = "guest/c/include";

/// Writes the two objects of which C programs link one.
pub(crate) fn build(workspace: &Workspace, clang: &Clang, committed: Committed) -> Result<()> {
    let written = [C_OBJECT, C_OBJECT_FOR_THREADS];
    let mut current = committed == Committed::Refresh;
    for object in &written {
        current = current && object.is_current(&workspace.root)?;
    }
    if current {
        return Ok(());
    }
    progress("building the C library for WebAssembly");
    let directory = workspace.guest_target().join("c");
    if directory.exists() {
        fs::remove_dir_all(&directory).context("cannot empty the C library's directory")?;
    }
    fs::create_dir_all(&directory).context("cannot make the C library's directory")?;

    let mut made = Vec::new();
    let mut bound = Vec::new();
    for file in bindings(&workspace.root.join("wit"), &directory)? {
        match file.extension().and_then(OsStr::to_str) {
            Some("c") => bound.push(file),
            Some("o") => made.push(file),
            _ => {}
        }
    }
    let include = workspace.root.join(INCLUDE);
    let compiler = Compiler {
        clang,
        include: &include,
        bindings: &directory,
    };
    let sources = |folders: &[&str]| {
        let folders = folders.iter().map(|folder| workspace.root.join(folder));
        sources(folders)
    };
    let bound = compiler.compile("bindings", &bound, &["-fvisibility=hidden".into()])?;
    let windows = windows_flags(&include);

    let mut one = made.clone();
    one.extend(compiler.compile("winsock", &sources(&[SHIM, ONE_THREAD])?, &[])?);
    one.extend(bound.iter().cloned());
    one.extend(compiler.compile("win32", &sources(&[WIN32])?, &windows)?);
    write(workspace, clang, C_OBJECT, &one)?;

    let mut many = made;
    let with_threads = [OsString::from(WITH_THREADS)];
    many.extend(compiler.compile("winsock-threads", &sources(&[SHIM])?, &with_threads)?);
    many.extend(bound);
    let with_threads = [windows, with_threads.into()].concat();
    let win32 = sources(&[THREADS, WIN32])?;
    many.extend(compiler.compile("win32-threads", &win32, &with_threads)?);
    write(workspace, clang, C_OBJECT_FOR_THREADS, &many)
}

/// Writes a committed object that is linked of these.
fn write(
    workspace: &Workspace,
    clang: &Clang,
    committed: xtask::stamp::Committed,
    objects: &[PathBuf],
) -> Result<()> {
    let linked = workspace.guest_target().join("c/linked.o");
    let mut link = clang.command();
    link.args(["-nostdlib", "-r", "-o"])
        .arg(&linked)
        .args(objects);
    run(link)?;
    progress(&format!("writing {}", committed.file));
    let object = fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    committed.write(&workspace.root, symbols::settle(&object)?)
}

/// Sources that read Windows' headers as programs do.
fn windows_flags(include: &Path) -> Vec<OsString> {
    let mut flags: Vec<OsString> = wsp_c::WINDOWS_FLAGS.iter().map(OsString::from).collect();
    flags.push("-imacros".into());
    flags.push(include.join(wsp_c::PREDEFINED).into());
    flags.push("-isystem".into());
    flags.push(include.join(wsp_c::CRT).into());
    flags
}

/// How the sources are compiled.
struct Compiler<'a> {
    clang: &'a Clang,
    include: &'a Path,
    bindings: &'a Path,
}

impl Compiler<'_> {
    /// Compiles sources with these flags besides, into objects of a folder of their own.
    fn compile(
        &self,
        folder: &str,
        sources: &[PathBuf],
        flags: &[OsString],
    ) -> Result<Vec<PathBuf>> {
        let folder = self.bindings.join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut objects = Vec::new();
        for source in sources {
            let name = source.file_name().context("a source has a name")?;
            let object = folder.join(name).with_extension("o");
            let mut compile = self.clang.command();
            compile
                .args(["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"])
                // For WebAssembly clang hides every symbol, unless it is told.
                .arg("-fvisibility=default")
                .args(flags)
                .arg("-I")
                .arg(self.bindings)
                .arg("-isystem")
                .arg(self.include)
                .arg("-c")
                .arg(source)
                .arg("-o")
                .arg(&object);
            run(compile)?;
            objects.push(object);
        }
        Ok(objects)
    }
}

/// Every C source of these directories, in the order of the names.
fn sources(directories: impl Iterator<Item = PathBuf>) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for directory in directories {
        let files = fs::read_dir(&directory);
        for file in files.with_context(|| format!("cannot list {}", directory.display()))? {
            let path = file?.path();
            if path.extension() == Some(OsStr::new("c")) {
                sources.push(path);
            }
        }
    }
    sources.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
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
