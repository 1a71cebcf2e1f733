//! A policy as plain data: what files and flags say, before any name is resolved.
//!
//! ```toml
//! mode = "enforce"
//!
//! [outbound]
//! allow = ["tcp://*:443", "tcp://10.0.0.0/8:5432"]
//! deny = ["tcp://10.9.0.0/16:*"]
//!
//! [inbound]
//! allow = ["tcp://127.0.0.1:8080"]
//!
//! [peer]
//! allow = ["tcp://127.0.0.1:*"]
//!
//! [resolve]
//! allow = ["*.example.com"]
//!
//! [quota]
//! sockets = 16
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::str::FromStr;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use toml::Spanned;

use crate::names::Resolver;
use crate::policy::naming::system_lookup;
use crate::policy::{Effect, GrantError, Hosts, Lookup, Mode, NamePattern, Policy, Rule, Subject};
use crate::quota::Limits;

/// A policy as plain data. The default has no rules, and denies everything.
///
/// It reads TOML with [`FromStr`], which reports every mistake with its line and column,
/// and prints the same grammar; serde reads it as a part of other data.
///
/// ```
/// use wsp_guard::config::PolicyConfig;
///
/// let config: PolicyConfig = "outbound.allow = ['tcp://192.0.2.1:80']".parse()?;
/// let policy = config.resolve()?;
/// assert_eq!(config.to_string().parse::<PolicyConfig>()?, config);
///
/// let mistake = "outbound.allow = ['http://x']".parse::<PolicyConfig>().unwrap_err();
/// assert!(mistake.to_string().starts_with("line 1, column 19: unknown scheme"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PolicyConfig {
    /// Whether denials are carried out.
    pub mode: Mode,
    /// What may be connected and sent to.
    #[serde(skip_serializing_if = "Lists::is_empty")]
    pub outbound: Lists<Rule>,
    /// Which local addresses it may bind, listen and receive on.
    #[serde(skip_serializing_if = "Lists::is_empty")]
    pub inbound: Lists<Rule>,
    /// Which peers may connect and send to the inbound addresses.
    #[serde(skip_serializing_if = "Lists::is_empty")]
    pub peer: Lists<Rule>,
    /// Which names may be resolved.
    #[serde(skip_serializing_if = "Lists::is_empty")]
    pub resolve: Lists<NamePattern>,
    /// How much may be used; see [`crate::quota`].
    #[serde(skip_serializing_if = "is_default")]
    pub quota: Limits,
}

fn is_default(limits: &Limits) -> bool {
    *limits == Limits::default()
}

/// The rules on one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    bound(deserialize = "R: Deserialize<'de>")
)]
pub struct Lists<R> {
    /// What is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<R>,
    /// What is forbidden, whatever is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<R>,
}

impl<R> Default for Lists<R> {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}

impl<R> Lists<R> {
    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }
}

impl PolicyConfig {
    /// The policy that it describes. Names are resolved now, which may block.
    ///
    /// # Errors
    ///
    /// [`GrantError`] when a name cannot be resolved, an allow rule's name has
    /// special addresses only, or a rule has port 0 that is not for binding.
    pub fn resolve(&self) -> Result<Policy, GrantError> {
        self.resolve_with(&system_lookup)
    }

    /// As [`PolicyConfig::resolve`], with names resolved by `lookup`.
    ///
    /// # Errors
    ///
    /// As [`PolicyConfig::resolve`].
    pub fn resolve_with(&self, lookup: Lookup<'_>) -> Result<Policy, GrantError> {
        let mut policy = Policy::deny_all().with_mode(self.mode);
        for (subject, lists) in [
            (Subject::Outbound, &self.outbound),
            (Subject::Inbound, &self.inbound),
            (Subject::Peer, &self.peer),
        ] {
            for (effect, rules) in [(Effect::Allow, &lists.allow), (Effect::Deny, &lists.deny)] {
                for rule in rules {
                    policy = policy.with(effect, subject, rule.clone(), lookup)?;
                }
            }
        }
        for pattern in &self.resolve.allow {
            policy = policy.allow_resolve(pattern.clone());
        }
        for pattern in &self.resolve.deny {
            policy = policy.deny_resolve(pattern.clone());
        }
        Ok(policy)
    }

    /// As [`PolicyConfig::resolve`], with each name asked of `resolver` once.
    ///
    /// # Errors
    ///
    /// As [`PolicyConfig::resolve`].
    pub async fn resolve_by(&self, resolver: &dyn Resolver) -> Result<Policy, GrantError> {
        let mut answers = BTreeMap::new();
        for lists in [&self.outbound, &self.inbound, &self.peer] {
            for rule in lists.allow.iter().chain(&lists.deny) {
                if let Hosts::Name(name) = &rule.hosts
                    && !answers.contains_key(name)
                {
                    answers.insert(name, resolver.resolve(name).await);
                }
            }
        }
        self.resolve_with(&|name| match answers.get(&name.to_owned()) {
            Some(Ok(answer)) => Ok(answer.addresses.clone()),
            Some(Err(error)) => Err(io::Error::new(error.kind(), error.to_string())),
            None => Err(io::ErrorKind::NotFound.into()),
        })
    }

    /// Adds the rules of `other`, whose quota does not count; the mode is [`Mode::Count`] if either is.
    pub fn extend(&mut self, other: Self) {
        if other.mode == Mode::Count {
            self.mode = Mode::Count;
        }
        for (rules, others) in [
            (&mut self.outbound, other.outbound),
            (&mut self.inbound, other.inbound),
            (&mut self.peer, other.peer),
        ] {
            rules.allow.extend(others.allow);
            rules.deny.extend(others.deny);
        }
        self.resolve.allow.extend(other.resolve.allow);
        self.resolve.deny.extend(other.resolve.deny);
    }
}

/// A policy file.
impl fmt::Display for PolicyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(text.trim_end())
    }
}

/// The structure of a file, with the place of every rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Placed {
    mode: Mode,
    outbound: Lists<Spanned<String>>,
    inbound: Lists<Spanned<String>>,
    peer: Lists<Spanned<String>>,
    resolve: Lists<Spanned<String>>,
    quota: Limits,
}

impl FromStr for PolicyConfig {
    type Err = PolicyFileError;

    fn from_str(text: &str) -> Result<Self, PolicyFileError> {
        let placed: Placed = toml::from_str(text).map_err(|error| {
            let place = error.span().unwrap_or_default();
            PolicyFileError(vec![Mistake::new(text, &place, error.message())])
        })?;
        let mut mistakes = Mistakes {
            text,
            found: Vec::new(),
        };
        let config = Self {
            mode: placed.mode,
            outbound: mistakes.lists(placed.outbound, reachable),
            inbound: mistakes.lists(placed.inbound, Ok),
            peer: mistakes.lists(placed.peer, reachable),
            resolve: mistakes.lists(placed.resolve, Ok),
            quota: placed.quota,
        };
        if mistakes.found.is_empty() {
            Ok(config)
        } else {
            mistakes
                .found
                .sort_by_key(|mistake| (mistake.line, mistake.column));
            Err(PolicyFileError(mistakes.found))
        }
    }
}

/// Refuses a rule that could never be of use.
fn reachable(rule: Rule) -> Result<Rule, String> {
    if rule.ports.has_ephemeral() {
        return Err(GrantError::PortZero { rule }.to_string());
    }
    Ok(rule)
}

/// Collects what is wrong with the rules of a file.
struct Mistakes<'a> {
    text: &'a str,
    found: Vec<Mistake>,
}

impl Mistakes<'_> {
    fn lists<R: FromStr<Err: fmt::Display>>(
        &mut self,
        placed: Lists<Spanned<String>>,
        check: fn(R) -> Result<R, String>,
    ) -> Lists<R> {
        Lists {
            allow: self.list(placed.allow, check),
            deny: self.list(placed.deny, check),
        }
    }

    fn list<R: FromStr<Err: fmt::Display>>(
        &mut self,
        placed: Vec<Spanned<String>>,
        check: fn(R) -> Result<R, String>,
    ) -> Vec<R> {
        let mut rules = Vec::new();
        for rule in placed {
            let parsed = rule.as_ref().parse::<R>();
            match parsed.map_err(|error| error.to_string()).and_then(check) {
                Ok(rule) => rules.push(rule),
                Err(message) => {
                    let mistake = Mistake::new(self.text, &rule.span(), &message);
                    self.found.push(mistake);
                }
            }
        }
        rules
    }
}

/// What is wrong with a policy file: at least one mistake, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFileError(Vec<Mistake>);

impl PolicyFileError {
    /// The mistakes.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.0
    }
}

/// One line for each mistake.
impl fmt::Display for PolicyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyFileError {}

/// A mistake in a policy file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mistake {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, in characters, counted from 1: where the offending text begins.
    pub column: usize,
    /// What is wrong and how to mend it.
    pub message: String,
    /// The offending text, as it stands in the file, up to the end of its line.
    pub text: String,
}

impl Mistake {
    fn new(text: &str, place: &Range<usize>, message: &str) -> Self {
        let before = text.get(..place.start).unwrap_or(text);
        let (line_start, line) = match before.rsplit_once('\n') {
            Some((lines, start)) => (start, lines.matches('\n').count() + 2),
            None => (before, 1),
        };
        let offending = text.get(place.clone()).unwrap_or_default();
        Self {
            line,
            column: line_start.chars().count() + 1,
            message: message.trim_end().replace('\n', ", "),
            text: offending.lines().next().unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column, message) = (self.line, self.column, &self.message);
        write!(f, "line {line}, column {column}: {message}")
    }
}

/// Rules and patterns are strings to serde, in their own grammar.
macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

as_text!(Rule);
as_text!(NamePattern);
