//! The compiled provider on disk, so that a short-lived process need not compile it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use wasmtime::component::Component;
use wasmtime::{Engine, Result, format_err};

use crate::cache::{self, Directory};

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

fn load(engine: &Engine, cache: &Directory, name: &str) -> Result<Component> {
    cache::load(cache, name, wsp_provider::COMPONENT)?.component(engine)
}

fn store(component: &Component, cache: &Directory, name: &str) -> Result<()> {
    let compiled = component.serialize()?;
    let provider = wsp_provider::COMPONENT;
    Ok(cache::store(cache, name, provider, &compiled, &[])?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

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
