//! `--follow-policy`: a policy file that is taken again whenever it changes.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use wsp::policy::{Policy, PolicyConfig};
use wsp::{CannotRead, Folder, LivePolicy, PolicyFile, Resolver};

use super::resolved::in_force;
use crate::output;

/// A policy file that is followed, with the flags beside it.
pub(crate) struct Following {
    name: PathBuf,
    file: PolicyFile,
    of_flags: PolicyConfig,
    resolver: Option<Arc<dyn Resolver>>,
}

impl Following {
    /// Begins to watch a file, of which `config` was read.
    pub(super) fn new(
        name: PathBuf,
        config: PolicyConfig,
        of_flags: PolicyConfig,
        resolver: Option<Arc<dyn Resolver>>,
    ) -> anyhow::Result<Following> {
        let folder = match name.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => ".".as_ref(),
        };
        let cannot = || format!("cannot follow the policy {}", name.display());
        let folder = Folder::watch(folder).with_context(cannot)?;
        Ok(Following {
            file: folder.policy_file(&name, config),
            name,
            of_flags,
            resolver,
        })
    }

    /// Takes each change of the file, and says so, until the program has ended.
    pub(crate) async fn follow(mut self, live: LivePolicy) {
        let name = self.name.display().to_string();
        loop {
            let quota = self.file.config().quota;
            let config = match self.file.changed().await {
                Ok(config) => config.clone(),
                Err(error) => {
                    output::say(format_args!("wsp: {name} has changed, but {error}"));
                    if matches!(error, CannotRead::Unwatched) {
                        return;
                    }
                    continue;
                }
            };
            let same_quota = config.quota == quota;
            match self.resolved(config).await {
                Ok(policy) => {
                    let ended = live.replace(policy);
                    output::say(format_args!(
                        "wsp: {name} has changed and is in force; sockets ended: {ended}"
                    ));
                }
                Err(error) => output::say(format_args!(
                    "wsp: {name} has changed, but the policy before stays in force: {error:#}"
                )),
            }
            if !same_quota {
                output::say(format_args!(
                    "wsp: the quota of {name} has changed too, which takes a restart"
                ));
            }
        }
    }

    async fn resolved(&self, mut config: PolicyConfig) -> anyhow::Result<Policy> {
        config.extend(self.of_flags.clone());
        let policy = in_force(config, self.resolver.as_deref()).await?;
        Ok(policy.with_file(&self.name.display().to_string()))
    }
}
