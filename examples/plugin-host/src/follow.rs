//! Policy files of plugins that change while the plugins run.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wsp::policy::{Policy, PolicyConfig};
use wsp::{Change, Folder, LivePolicy, PolicyFile};

use crate::DEFAULT_TIMEOUT;
use crate::plugin::{self, within};

/// The watched folder of the plugins.
#[derive(Clone, Debug)]
pub(crate) struct Followed(Option<Folder>);

/// The policy file of one plugin.
pub(crate) struct Following {
    /// The component's file.
    plugin: PathBuf,
    file: PolicyFile,
}

impl Followed {
    /// Begins to watch; if the system watches no more folders, it says so, and the policies
    /// stay what they are.
    pub(crate) fn watch(folder: &Path) -> Followed {
        match Folder::watch(folder) {
            Ok(watched) => Followed(Some(watched)),
            Err(error) => {
                say(&format!(
                    "changes of policies take a restart, because {} cannot be watched: {error}",
                    folder.display()
                ));
                Followed(None)
            }
        }
    }

    /// The policy of the plugin in `file`, of which `config` was read.
    pub(crate) fn policy_of(&self, file: &Path, config: &PolicyConfig) -> Option<Following> {
        let folder = self.0.as_ref()?;
        Some(Following {
            plugin: file.to_owned(),
            file: folder.policy_file(&file.with_extension("toml"), config.clone()),
        })
    }
}

impl Following {
    /// Puts each change of the file into force, and says so, until this is dropped. A policy
    /// that cannot be read leaves the one before in force.
    pub(crate) async fn follow(self, live: LivePolicy) {
        let name = plugin::name(&self.plugin);
        let policy = |config| policy(self.plugin.clone(), config);
        let tell = |change| tell(&name, change);
        self.file.follow(live, policy, tell).await;
    }
}

/// The names of a policy are resolved within a bounded time.
async fn policy(plugin: PathBuf, config: PolicyConfig) -> Result<Policy> {
    let resolving = move || plugin::policy(&plugin, &config);
    let policy = within(DEFAULT_TIMEOUT, "resolved", resolving).await;
    policy.context("its names are not known")
}

fn tell(name: &str, change: Change<anyhow::Error>) {
    let what = match change {
        Change::InForce { ended } => {
            format!("the policy of {name} has changed and is in force; sockets ended: {ended}")
        }
        Change::Unread(error) => format!("the policy of {name} has changed, but {error}"),
        Change::Unresolved(error) => format!(
            "the policy of {name} has changed, but the one before stays in force: {error:#}"
        ),
        Change::OtherQuota => format!("the quota of {name} has changed too, which takes a restart"),
    };
    say(&what);
}

fn say(what: &str) {
    let what = wsp::printable(what);
    let _ = writeln!(std::io::stderr(), "plugin-host: {what}");
}
