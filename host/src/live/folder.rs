//! Policy files that are read again whenever they change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

use super::LivePolicy;
use crate::policy::{Policy, PolicyConfig, PolicyFileError};

/// A file is read once it has been the same for so long: it may be written in parts.
const SETTLED: Duration = Duration::from_millis(100);

/// The folder of policy files, which is watched. Clones share the watch, of which a system
/// has a limited number.
#[derive(Clone, Debug)]
pub struct Folder {
    changes: watch::Receiver<u64>,
    _watcher: Arc<RecommendedWatcher>,
}

impl Folder {
    /// Begins to watch a folder.
    ///
    /// # Errors
    ///
    /// If there is no such folder, or the system watches no more of them.
    pub fn watch(folder: &Path) -> io::Result<Folder> {
        let (changed, changes) = watch::channel(0);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            // What cannot be told apart is looked at too.
            if !matches!(event, Ok(notify::Event { kind, .. }) if kind.is_access()) {
                changed.send_modify(|count| *count += 1);
            }
        })
        .map_err(io::Error::other)?;
        // The folder and not the file: editors and Kubernetes put another file in its place.
        let watched = watcher.watch(folder, RecursiveMode::NonRecursive);
        watched.map_err(io::Error::other)?;
        Ok(Folder {
            changes,
            _watcher: Arc::new(watcher),
        })
    }

    /// A policy file in the folder, of which `config` was read last.
    #[must_use]
    pub fn policy_file(&self, file: &Path, config: PolicyConfig) -> PolicyFile {
        PolicyFile {
            file: file.to_owned(),
            folder: self.clone(),
            config,
            text: None,
        }
    }
}

/// A policy file that is read again whenever it changes.
#[derive(Debug)]
pub struct PolicyFile {
    file: PathBuf,
    folder: Folder,
    config: PolicyConfig,
    /// What was read last, unless the file was not looked at yet.
    text: Option<String>,
}

/// Why a changed policy file is not taken. The policy before stays in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRead {
    /// It cannot be read.
    #[error("it cannot be read, and the policy before stays in force: {0}")]
    File(#[from] io::Error),
    /// It is no policy.
    #[error("it is no policy, and the one before stays in force: {0}")]
    Policy(#[from] PolicyFileError),
    /// Nobody watches the folder any more.
    #[error("its folder is no longer watched, so restart to have changes taken")]
    Unwatched,
}

/// What became of a change of a policy file.
#[derive(Debug)]
pub enum Change<E> {
    /// It is in force, and so many sockets were ended.
    InForce {
        /// As [`LivePolicy::replace`] returns it.
        ended: usize,
    },
    /// It cannot be read; the policy before stays in force.
    Unread(CannotRead),
    /// Its names are not known; the policy before stays in force.
    Unresolved(E),
    /// Its quota has changed too, which has no effect on what runs.
    OtherQuota,
}

impl PolicyFile {
    /// Puts each change of the file into force, and tells what became of it, until this is
    /// dropped or nobody watches the folder any more. `resolve` makes a policy of what is read.
    pub async fn follow<E, F: Future<Output = Result<Policy, E>>>(
        mut self,
        live: LivePolicy,
        resolve: impl Fn(PolicyConfig) -> F,
        tell: impl Fn(Change<E>),
    ) {
        loop {
            let quota = self.config.quota;
            let config = match self.changed().await {
                Ok(config) => config.clone(),
                Err(error) => {
                    let is_over = matches!(error, CannotRead::Unwatched);
                    tell(Change::Unread(error));
                    if is_over {
                        return;
                    }
                    continue;
                }
            };
            let other_quota = config.quota != quota;
            tell(match resolve(config).await {
                Ok(policy) => Change::InForce {
                    ended: live.replace(policy),
                },
                Err(error) => Change::Unresolved(error),
            });
            if other_quota {
                tell(Change::OtherQuota);
            }
        }
    }

    /// Waits until the file says something else, and has been the same for a tenth of a
    /// second.
    ///
    /// # Errors
    ///
    /// [`CannotRead`], once for each change.
    async fn changed(&mut self) -> Result<&PolicyConfig, CannotRead> {
        loop {
            // Before it is read, so that no change is missed.
            self.folder.changes.mark_unchanged();
            if let Some(text) = self.settled().await? {
                let config: PolicyConfig = text.parse()?;
                if config != self.config {
                    self.config = config;
                    return Ok(&self.config);
                }
            }
            let changed = self.folder.changes.changed().await;
            changed.map_err(|_| CannotRead::Unwatched)?;
        }
    }

    /// The text of the file, if it is another and remains the same for a while.
    async fn settled(&mut self) -> Result<Option<String>, CannotRead> {
        let mut text = self.read().await;
        loop {
            tokio::time::sleep(SETTLED).await;
            let again = self.read().await;
            match (text, again) {
                (Ok(before), Ok(after)) if before == after => {
                    if self.text.as_ref() == Some(&after) {
                        return Ok(None);
                    }
                    self.text = Some(after.clone());
                    return Ok(Some(after));
                }
                // It is gone for more than a moment.
                (Err(_), Err(error)) => {
                    return match self.text.take() {
                        Some(_) => Err(error.into()),
                        None => Ok(None),
                    };
                }
                (_, after) => text = after,
            }
        }
    }

    async fn read(&self) -> io::Result<String> {
        let file = self.file.clone();
        let reading = tokio::task::spawn_blocking(move || fs::read_to_string(file));
        reading.await.map_err(io::Error::other)?
    }
}
