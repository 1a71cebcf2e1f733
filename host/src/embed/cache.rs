//! The compiled provider on disk, so that a short-lived process need not compile it.
//!
//! Compiled code is trusted, so only what nobody but this user or root could have
//! written is used, and nothing that is damaged. A file has:
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `WSPCODE1` |
//! | 32 | the SHA-256 of what the file is for (its name, and the provider component) and of the rest |
//! | the rest | the compiled component, as wasmtime serializes it |
//!
//! The digest is compared before wasmtime sees anything. It is against accidents,
//! such as a hole of zeros after a power failure: those who may write the file
//! could write another digest too, and are trusted.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Result, format_err};

use crate::cache::Directory;

/// What every file begins with; another format begins with something else.
const MAGIC: [u8; 8] = *b"WSPCODE1";

/// The length of the digest in bytes.
const DIGEST: usize = 32;

/// The provider as compiled for `engine`: from `directory` if it is there, and
/// compiled, and kept there, if not. A cache that does not work costs time, and
/// fails nothing.
pub(super) fn provider(engine: &Engine, directory: &Path) -> Result<Component> {
    let name = name(engine);
    let cache = Directory::open(directory);
    let loaded = match &cache {
        Ok(cache) => load(engine, cache, &name),
        Err(error) => Err(format_err!("{error}")),
    };
    match loaded {
        Ok(component) => return Ok(component),
        Err(error) => tracing::debug!("compiling, because of {name}: {error:#}"),
    }
    let component = Component::new(engine, wsp_provider::COMPONENT)?;
    if let Ok(cache) = &cache
        && let Err(error) = store(&component, cache, &name)
    {
        tracing::debug!("{name} is not kept: {error:#}");
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
fn load(engine: &Engine, cache: &Directory, name: &str) -> Result<Component> {
    let file = cache.read(name)?;
    let compiled = file
        .strip_prefix(&MAGIC)
        .and_then(|rest| rest.split_at_checked(DIGEST))
        .filter(|(expected, compiled)| *expected == digest(name, compiled))
        .map(|(_, compiled)| compiled)
        .ok_or_else(|| format_err!("the file is damaged"))?;
    // SAFETY: Only the user of this process, or root, could have written the file,
    // and they can run code as that user anyway. The digest says that it is what
    // this module wrote; wasmtime checks that it is of its own version and of an
    // engine configured like this one.
    unsafe { Component::deserialize(engine, compiled) }
}

fn store(component: &Component, cache: &Directory, name: &str) -> Result<()> {
    let compiled = component.serialize()?;
    let digest = digest(name, &compiled);
    Ok(cache.write(name, &[&MAGIC, &digest, &compiled])?)
}

fn digest(name: &str, compiled: &[u8]) -> [u8; DIGEST] {
    let mut hasher = Sha256::new();
    for part in [name.as_bytes(), wsp_provider::COMPONENT, compiled] {
        // With its length, so that no two lists of parts are hashed alike.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test may fail loudly"
    )]

    use std::fs;

    use super::*;

    fn engine() -> Engine {
        let mut config = wasmtime::Config::new();
        config.concurrency_support(false);
        Engine::new(&config).unwrap()
    }

    #[test]
    fn what_was_compiled_once_is_found() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("deep/wsp");
        let engine = engine();
        let name = name(&engine);
        let cache = Directory::open(&path).unwrap();
        assert!(load(&engine, &cache, &name).is_err());
        provider(&engine, &path).unwrap();
        assert!(load(&engine, &cache, &name).is_ok());
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_damaged_anywhere_is_not_loaded() {
        let root = tempfile::tempdir().unwrap();
        let engine = engine();
        let name = name(&engine);
        let cache = Directory::open(root.path()).unwrap();
        provider(&engine, root.path()).unwrap();
        let file = root.path().join(&name);
        let whole = fs::read(&file).unwrap();
        let refused = |damaged: &[u8]| {
            fs::write(&file, damaged).unwrap();
            load(&engine, &cache, &name).is_err()
        };
        for place in (0..whole.len()).step_by(whole.len() / 16).chain([8, 40]) {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            assert!(refused(&damaged), "a bit at {place}");
            assert!(refused(&whole[..place]), "an end at {place}");
            damaged.clone_from(&whole);
            let hole = place..whole.len().min(place + 4096);
            damaged[hole].fill(0);
            assert!(damaged == whole || refused(&damaged), "a hole at {place}");
        }
        let longer = [&whole[..], b"x"].concat();
        assert!(refused(&longer));
        assert!(!refused(&whole));
        fs::rename(&file, root.path().join("another")).unwrap();
        assert!(load(&engine, &cache, "another").is_err());
    }

    #[test]
    fn a_damaged_file_is_compiled_again_and_replaced() {
        let root = tempfile::tempdir().unwrap();
        let engine = engine();
        let name = name(&engine);
        fs::write(root.path().join(&name), "damaged").unwrap();
        provider(&engine, root.path()).unwrap();
        let cache = Directory::open(root.path()).unwrap();
        assert!(load(&engine, &cache, &name).is_ok());
    }

    #[test]
    fn a_directory_that_cannot_be_written_fails_nothing() {
        let engine = engine();
        assert!(provider(&engine, Path::new("/proc/no/such/place")).is_ok());
    }
}
