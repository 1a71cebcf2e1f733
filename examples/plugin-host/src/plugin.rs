//! Loading a plugin: its component, and its policy and quota.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasmtime::Engine;
use wasmtime::component::Component;
use wsp::Settings;
use wsp::compose::compose;
use wsp::policy::PolicyConfig;

/// A plugin that can be run.
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) component: Component,
    /// Its policy and quota, and its name as the tenant.
    pub(crate) settings: Settings,
}

/// The components of a folder, in order.
pub(crate) fn components(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot list {}", folder.display());
    let mut files = Vec::new();
    for file in fs::read_dir(folder).with_context(cannot)? {
        let path = file.with_context(cannot)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Plugin {
    /// Reads `NAME.wasm` and the `NAME.toml` beside it. The names of its policy are resolved.
    pub(crate) fn load(engine: &Engine, file: &Path) -> Result<Plugin> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let file_of_policy = file.with_extension("toml");
        let config = config(&file_of_policy)?;
        // A denial tells what to add to this file.
        let policy = config
            .resolve()?
            .with_file(&file_of_policy.display().to_string());
        let mut settings = Settings::new(policy).with_limits(config.quota);
        settings.tenant = name.clone().into_owned();
        let component = compose(&fs::read(file)?)?;
        Ok(Plugin {
            name: name.into_owned(),
            component: Component::new(engine, component).map_err(|error| anyhow!("{error:#}"))?,
            settings,
        })
    }
}

fn config(file: &Path) -> Result<PolicyConfig> {
    let text = fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read {}: every plugin needs a policy, and an empty file is one that denies everything",
            file.display()
        )
    })?;
    let config = text.parse();
    config.with_context(|| format!("{} is no policy", file.display()))
}
