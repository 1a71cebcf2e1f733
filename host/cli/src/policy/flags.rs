//! The flags that make a policy, which `wsp run` and `wsp policy explain` share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use wsp::policy::{Mode, NamePattern, PolicyConfig, PolicyFileError, Rule};
use wsp::{Limits, Resolver, Settings};

use super::dns::{self, Dns};
use super::follow::Following;
use super::lesson::Lesson;
use super::resolved::in_force;
use crate::output::UsageError;

/// What a program may reach: nothing, until a flag or a file allows it.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Policy")]
pub(crate) struct Flags {
    /// Let it connect and send to tcp://HOST:PORTS or udp://HOST:PORTS; may be repeated
    #[arg(long, value_name = "RULE")]
    allow_outbound: Vec<Rule>,

    /// Never let it connect or send there, whatever is allowed
    #[arg(long, value_name = "RULE")]
    deny_outbound: Vec<Rule>,

    /// Let it bind, listen and receive on a local tcp://ADDR:PORTS or udp://ADDR:PORTS; may be repeated
    #[arg(long, value_name = "RULE")]
    allow_inbound: Vec<Rule>,

    /// Never let it bind, listen or receive there, whatever is allowed
    #[arg(long, value_name = "RULE")]
    deny_inbound: Vec<Rule>,

    /// Accept only these peers on the addresses where it listens
    #[arg(long, value_name = "RULE")]
    allow_peer: Vec<Rule>,

    /// Reject these peers on the addresses where it listens
    #[arg(long, value_name = "RULE")]
    deny_peer: Vec<Rule>,

    /// Let it resolve a name: example.com, *.example.com or *; the name of an outbound rule needs no other
    #[arg(long, value_name = "NAME")]
    allow_resolve: Vec<NamePattern>,

    /// Never let it resolve the name, whatever is allowed
    #[arg(long, value_name = "NAME")]
    deny_resolve: Vec<NamePattern>,

    /// Ask this DNS server for names, by ADDRESS or ADDRESS:PORT, or with `system` the servers of the system's configuration, and heed how long answers hold; may be repeated
    #[arg(long, value_name = "SERVER", env = "WSP_DNS", value_delimiter = ',')]
    dns: Vec<Dns>,

    /// Read rules from a TOML file too
    #[arg(long, value_name = "FILE", env = "WSP_POLICY")]
    policy: Option<PathBuf>,

    /// Allow everything and report what would be denied: finds the rules that a program needs, and protects nothing
    #[arg(long)]
    count_only: bool,

    /// Allow everything, and write the smallest policy that would have allowed it to FILE
    #[arg(long, value_name = "FILE")]
    learn: Option<PathBuf>,
}

impl Flags {
    /// The policy, with names resolved, the quota of the file, and who is asked for names.
    pub(crate) async fn settings(self) -> anyhow::Result<Settings> {
        self.read()?.settings().await
    }

    /// Whether a flag, or a variable in place of one, says anything.
    pub(crate) fn says_something(&self) -> bool {
        let config = [
            &self.allow_outbound,
            &self.deny_outbound,
            &self.allow_inbound,
        ]
        .into_iter()
        .chain([&self.deny_inbound, &self.allow_peer, &self.deny_peer]);
        let names = [&self.allow_resolve, &self.deny_resolve];
        config.into_iter().any(|rules| !rules.is_empty())
            || names.iter().any(|names| !names.is_empty())
            || !self.dns.is_empty()
            || self.policy.is_some()
            || self.count_only
            || self.learn.is_some()
    }

    /// What the file and the flags say, with names as they are.
    pub(crate) fn read(self) -> anyhow::Result<Unresolved> {
        let (file, learn) = (self.policy.clone(), self.learn.clone());
        let resolver = dns::resolver(&self.dns)?;
        let (of_file, of_flags) = self.config()?;
        Ok(Unresolved {
            file,
            learn,
            of_file,
            of_flags,
            resolver,
        })
    }

    /// What the file says, and what the flags say.
    fn config(self) -> anyhow::Result<(PolicyConfig, PolicyConfig)> {
        let of_file = match &self.policy {
            Some(file) => read(file)?.map_err(|error| UsageError(in_file(file, &error)))?,
            None => PolicyConfig::default(),
        };
        let mut config = PolicyConfig::default();
        config.outbound.allow.extend(self.allow_outbound);
        config.outbound.deny.extend(self.deny_outbound);
        config.inbound.allow.extend(self.allow_inbound);
        config.inbound.deny.extend(self.deny_inbound);
        config.peer.allow.extend(self.allow_peer);
        config.peer.deny.extend(self.deny_peer);
        config.resolve.allow.extend(self.allow_resolve);
        config.resolve.deny.extend(self.deny_resolve);
        if self.count_only || self.learn.is_some() {
            config.mode = Mode::Count;
        }
        Ok((of_file, config))
    }
}

/// A policy whose names are not resolved yet.
pub(crate) struct Unresolved {
    file: Option<PathBuf>,
    learn: Option<PathBuf>,
    of_file: PolicyConfig,
    of_flags: PolicyConfig,
    resolver: Option<Arc<dyn Resolver>>,
}

impl Unresolved {
    /// The quota of the file.
    pub(crate) fn limits(&self) -> Limits {
        self.of_file.quota
    }

    /// Begins to watch the file.
    pub(crate) fn following(&self) -> anyhow::Result<Following> {
        let Some(file) = &self.file else {
            let sentence = "--follow-policy has no file to follow, so name one with --policy";
            return Err(UsageError(sentence.to_owned()).into());
        };
        if self.learn.is_some() {
            let sentence = "--learn allows everything, so there is no policy to follow";
            return Err(UsageError(sentence.to_owned()).into());
        }
        let (of_file, of_flags) = (self.of_file.clone(), self.of_flags.clone());
        Following::new(file.clone(), of_file, of_flags, self.resolver.clone())
    }

    /// The policy, with names resolved, the quota of the file, and who is asked for names.
    pub(crate) async fn settings(self) -> anyhow::Result<Settings> {
        Ok(self.lesson().await?.0)
    }

    /// The same, with what learns from it if a flag says so.
    pub(crate) async fn lesson(self) -> anyhow::Result<(Settings, Option<Lesson>)> {
        let Unresolved {
            file,
            learn,
            of_file,
            of_flags,
            resolver,
        } = self;
        let limits = of_file.quota;
        let mut given = of_file;
        given.extend(of_flags);
        let policy = in_force(given.clone(), resolver.as_deref()).await?;
        let policy = match file {
            Some(file) => policy.with_file(&file.display().to_string()),
            None => policy,
        };
        let lesson = learn.map(|file| Lesson::new(file, &given, &policy));
        let mut settings = Settings::new(policy).with_limits(limits);
        settings.resolver = resolver;
        Ok(match &lesson {
            None => (settings, lesson),
            Some(taught) => (settings.with_observer(taught.observer()), lesson),
        })
    }
}

/// Reads a policy file; the inner error is what is wrong with what it says.
pub(crate) fn read(file: &Path) -> anyhow::Result<Result<PolicyConfig, PolicyFileError>> {
    let text = fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read the policy {}", file.display()))?;
    Ok(text.parse())
}

/// The mistakes of a file, a line each: `FILE:LINE:COLUMN: what is wrong`.
pub(crate) fn in_file(file: &Path, error: &PolicyFileError) -> String {
    let file = file.display();
    let mistakes = error.mistakes().iter();
    let lines = mistakes.map(|mistake| {
        let (line, column, message) = (mistake.line, mistake.column, &mistake.message);
        format!("{file}:{line}:{column}: {message}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
