//! `--follow-policy`: a policy file that is taken again whenever it changes.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use wsp::policy::{Policy, PolicyConfig};
use wsp::{Change, Folder, LivePolicy, PolicyFile, Resolver};

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
    pub(crate) async fn follow(self, live: LivePolicy) {
        let name = self.name.display().to_string();
        let (of_flags, resolver) = (&self.of_flags, self.resolver.as_deref());
        let resolved = |config| resolved(config, of_flags, resolver, &name);
        let tell = |change| tell(&name, change);
        self.file.follow(live, resolved, tell).await;
    }
}

async fn resolved(
    mut config: PolicyConfig,
    of_flags: &PolicyConfig,
    resolver: Option<&dyn Resolver>,
    name: &str,
) -> anyhow::Result<Policy> {
    config.extend(of_flags.clone());
    let policy = in_force(config, resolver).await?;
    Ok(policy.with_file(name))
}

fn tell(name: &str, change: Change<anyhow::Error>) {
    match change {
        Change::InForce { ended } => output::tell(format_args!(
            "wsp: {name} has changed and is in force; sockets ended: {ended}"
        )),
        Change::Unread(error) => {
            output::say(format_args!("wsp: {name} has changed, but {error}"));
        }
        Change::Unresolved(error) => output::say(format_args!(
            "wsp: {name} has changed, but the policy before stays in force: {error:#}"
        )),
        Change::OtherQuota => output::say(format_args!(
            "wsp: the quota of {name} has changed too, which takes a restart"
        )),
    }
}
