//! The compiled provider on disk, so that a short-lived process need not compile it.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::process;

use wasmtime::component::Component;
use wasmtime::{Engine, Result};

/// Nobody but the owner may write, or whoever may could run code as the owner.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The provider as compiled for `engine`: from `directory` where it is there and
/// nobody else could have written it, and compiled, and kept there, where not.
/// A cache that does not work costs time, and fails nothing.
pub(super) fn provider(engine: &Engine, directory: &Path) -> Result<Component> {
    let file = directory.join(name(engine));
    match load(engine, directory, &file) {
        Ok(component) => return Ok(component),
        Err(error) => tracing::debug!("compiling, because {}: {error:#}", file.display()),
    }
    let component = Component::new(engine, wsp_provider::COMPONENT)?;
    if let Err(error) = store(&component, directory, &file) {
        tracing::debug!("not kept in {}: {error:#}", file.display());
    }
    Ok(component)
}

/// Another engine, provider or version of this crate has another file.
fn name(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    wsp_provider::COMPONENT.hash(&mut hasher);
    format!(
        "provider-{}-{:016x}.cwasm",
        env!("CARGO_PKG_VERSION"),
        hasher.finish()
    )
}

#[expect(
    unsafe_code,
    reason = "wasmtime cannot check compiled code, so loading it is unsafe"
)]
fn load(engine: &Engine, directory: &Path, file: &Path) -> Result<Component> {
    check_owner(&fs::metadata(directory)?)?;
    let mut file = File::open(file)?;
    check_owner(&file.metadata()?)?;
    let mut compiled = Vec::new();
    file.read_to_end(&mut compiled)?;
    // SAFETY: The open file is one that only the user of this process, or root,
    // could have written, and who can do that can run code as that user anyway.
    // This module writes whole files only; wasmtime checks that the file is of its
    // own version and of an engine configured like this one.
    unsafe { Component::deserialize(engine, compiled) }
}

fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    if (metadata.uid() != user && metadata.uid() != 0) || metadata.mode() & WRITABLE_BY_OTHERS != 0
    {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "somebody else may write there",
        ));
    }
    Ok(())
}

/// Writes a file of another name first: a reader finds all of it, or nothing.
fn store(component: &Component, directory: &Path, file: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)?;
    let unfinished = file.with_extension(format!("{}.tmp", process::id()));
    let compiled = component.serialize()?;
    let mut options = File::options();
    // Another thread of this process may be at it already.
    let mut opened = options.write(true).create_new(true).open(&unfinished)?;
    let written = opened.write_all(&compiled);
    let finished = written.and_then(|()| fs::rename(&unfinished, file));
    if finished.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    Ok(finished?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn engine() -> Engine {
        let mut config = wasmtime::Config::new();
        config.concurrency_support(false);
        Engine::new(&config).unwrap()
    }

    #[test]
    fn what_was_compiled_once_is_found_and_only_while_nobody_else_may_write_it() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("deep/wsp");
        let engine = engine();
        let file = directory.join(name(&engine));
        assert!(load(&engine, &directory, &file).is_err());
        provider(&engine, &directory).unwrap();
        assert!(load(&engine, &directory, &file).is_ok());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);

        fs::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
        assert!(load(&engine, &directory, &file).is_err());
        fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(load(&engine, &directory, &file).is_err());
    }

    #[test]
    fn a_damaged_file_is_compiled_again_and_replaced() {
        let root = tempfile::tempdir().unwrap();
        let engine = engine();
        let file = root.path().join(name(&engine));
        fs::write(&file, "damaged").unwrap();
        provider(&engine, root.path()).unwrap();
        assert!(load(&engine, root.path(), &file).is_ok());
    }

    #[test]
    fn a_directory_that_cannot_be_written_fails_nothing() {
        let engine = engine();
        assert!(provider(&engine, Path::new("/proc/no/such/place")).is_ok());
    }
}
