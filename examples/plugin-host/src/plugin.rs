//! Loading a plugin: its policy and quota, and its component, which is compiled in a
//! child process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::Semaphore;
use wsp::Settings;
use wsp::isolate::{Bounds, Compiler, IsolateError, Source};
use wsp::policy::{Policy, PolicyConfig};
use wsp::run::{Program, RunError, Runner};

use crate::follow::{Followed, Following};
use crate::{DEFAULT_MEMORY, DEFAULT_TIMEOUT};

/// How long a plugin is compiled at first. One that takes longer is compiled once more,
/// after all others of its kind, so that it does not keep those that take a moment.
const QUICK: Duration = Duration::from_secs(2);

/// The most memory that compiling a plugin takes.
const COMPILING: u64 = 512 << 20;

/// A plugin that can be run.
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) program: Program,
    /// Its policy and quota, and its name as the tenant.
    pub(crate) settings: Settings,
    /// Its policy file, if it is followed.
    pub(crate) following: Option<Following>,
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

/// The name of the plugin in a file.
pub(crate) fn name(file: &Path) -> String {
    let name = file.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Loads plugins, a few of them at once.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    runner: Runner,
    compiler: Compiler,
    folder: Followed,
    /// For those that are compiled in a moment.
    quick: Arc<Semaphore>,
    /// For those that are not: one after the other.
    slow: Arc<Semaphore>,
}

impl Loader {
    /// Of the plugins of a folder, so many of which are compiled at once.
    pub(crate) fn new(folder: Followed, processors: usize) -> Result<Loader> {
        Ok(Loader {
            runner: Runner::new(),
            compiler: Compiler::new()?,
            folder,
            quick: Arc::new(Semaphore::new(processors)),
            slow: Arc::new(Semaphore::new(1)),
        })
    }

    /// Reads `NAME.toml` beside `NAME.wasm`, resolves the names of its policy, and has the
    /// component compiled. Either takes no longer than the plugin may run.
    pub(crate) async fn load(&self, file: &Path) -> Result<Plugin> {
        let file_of_policy = file.with_extension("toml");
        let reading = move || config(&file_of_policy);
        let config = within(DEFAULT_TIMEOUT, "read", reading).await?;
        let timeout = config.quota.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let following = self.folder.policy_of(file, &config);
        let path = file.to_owned();
        let opening = move || open(&path, config);
        let (mut settings, program) = within(timeout, "opened", opening).await?;
        let limits = &mut settings.limits;
        limits.memory_bytes.get_or_insert(DEFAULT_MEMORY);
        limits.timeout = Some(timeout);
        Ok(Plugin {
            name: name(file),
            program: self.compile(file, program, timeout).await?,
            settings,
            following,
        })
    }

    async fn compile(&self, file: &Path, program: File, timeout: Duration) -> Result<Program> {
        let quick = timeout.min(QUICK);
        match self.compile_within(&self.quick, program, quick).await {
            Err(RunError::Isolate(IsolateError::TimedOut(_))) if quick < timeout => {
                let program = reopen(file).await?;
                Ok(self.compile_within(&self.slow, program, timeout).await?)
            }
            compiled => Ok(compiled?),
        }
    }

    async fn compile_within(
        &self,
        at_once: &Semaphore,
        program: File,
        time: Duration,
    ) -> Result<Program, RunError> {
        let mut bounds = Bounds::default();
        bounds.time = time;
        bounds.memory_bytes = COMPILING;
        let compiler = self.compiler.clone().bounds(bounds);
        // Nobody closes it.
        let _permit = at_once.acquire().await;
        self.runner.compile(&compiler, Source::File(program)).await
    }
}

/// Does what may block: files may be pipes, and resolvers may never answer. `done` is what
/// it was not when the time was up.
pub(crate) async fn within<T: Send + 'static>(
    limit: Duration,
    done: &str,
    what: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let blocking = tokio::task::spawn_blocking(what);
    let ended = tokio::time::timeout(limit, blocking).await;
    ended.with_context(|| format!("it cannot be {done} within {limit:?}"))??
}

/// The settings of a plugin, and its component's file.
fn open(file: &Path, config: PolicyConfig) -> Result<(Settings, File)> {
    let mut settings = Settings::new(policy(file, &config)?).with_limits(config.quota);
    settings.tenant = name(file);
    let cannot = || format!("cannot read {}", file.display());
    Ok((settings, File::open(file).with_context(cannot)?))
}

/// The policy of the plugin in `file`. Its names are resolved, which may block.
pub(crate) fn policy(file: &Path, config: &PolicyConfig) -> Result<Policy> {
    // A denial tells what to add to this file.
    let file_of_policy = file.with_extension("toml").display().to_string();
    Ok(config.resolve()?.with_file(&file_of_policy))
}

async fn reopen(file: &Path) -> Result<File> {
    let path = file.to_owned();
    let opened = tokio::task::spawn_blocking(move || File::open(path)).await?;
    opened.with_context(|| format!("cannot read {}", file.display()))
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
