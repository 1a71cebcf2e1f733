//! The addresses of names: who is asked for them, and what is known of those that rules name.
//!
//! A rule whose host is a name grants the addresses of the last answer and those of the one
//! before it, so that a program that asked a moment ago still may connect. The name is asked
//! for again when its time to live is over (between [`SHORTEST_TTL`] and [`LONGEST_TTL`]), and
//! after a minute if an address is about to be given up. A special address is never granted
//! by a name, whatever an answer says. If nobody answers, what was known stays.
//!
//! A program that asks for such a name is told the answer that the rule stands for: what it
//! is told, it may connect to.

#[cfg(feature = "system-resolver")]
mod hosts;
#[cfg(feature = "system-resolver")]
mod system;

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use event_listener::Event;
use futures::future::{Either, select};
use std::pin::pin;

use crate::policy::Policy;
use crate::sync::lock;

#[cfg(feature = "system-resolver")]
pub use hosts::in_hosts_file;
#[cfg(feature = "system-resolver")]
pub use system::SystemResolver;

/// A name is asked for again at the earliest after this time.
pub const SHORTEST_TTL: Duration = Duration::from_secs(1);

/// A name is asked for again at the latest after this time.
pub const LONGEST_TTL: Duration = Duration::from_secs(3600);

/// The time to live of an answer that has none.
pub const DEFAULT_TTL: Duration = Duration::from_secs(30);

/// How long an address that a name no longer has stays granted at most, if there is an answer.
const LONGEST_FAREWELL: Duration = Duration::from_secs(60);

/// When a name is asked for again that nobody answered for.
const RETRY: Duration = Duration::from_secs(5);

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Addresses in one answer.
const MOST_ADDRESSES: usize = 64;

/// What a [`Resolver`] returns.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Answer>> + Send>>;

/// Finds the addresses of names. It is asked for the names of rules, and for those that the
/// policy lets a program resolve.
pub trait Resolver: Send + Sync {
    /// The addresses of `name`, a DNS name, which must be completed by no domain of the
    /// system's: nobody has decided on that. A name that does not exist has none; an error
    /// says that nobody knows.
    fn resolve(&self, name: &str) -> Resolving;
}

impl<F: Fn(&str) -> Resolving + Send + Sync> Resolver for F {
    fn resolve(&self, name: &str) -> Resolving {
        self(name)
    }
}

/// The addresses of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The addresses, at most 64, each once.
    pub addresses: Vec<IpAddr>,
    /// How long they hold; none if that is not known.
    pub ttl: Option<Duration>,
}

impl Answer {
    /// An answer that holds for `ttl`. Addresses beyond the bound are left out.
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>, ttl: Option<Duration>) -> Answer {
        let mut each = Vec::new();
        for address in addresses {
            if each.len() < MOST_ADDRESSES && !each.contains(&address) {
                each.push(address);
            }
        }
        Answer {
            addresses: each,
            ttl,
        }
    }

    fn holds(&self) -> Duration {
        self.ttl
            .unwrap_or(DEFAULT_TTL)
            .clamp(SHORTEST_TTL, LONGEST_TTL)
    }
}

/// An answer whose time to live is not known.
impl FromIterator<IpAddr> for Answer {
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Answer {
        Answer::new(addresses, None)
    }
}

/// What is known of the names that are hosts of rules. Times are those of the guard's clock.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    names: Mutex<HashMap<String, Known>>,
    changed: Event,
}

#[derive(Debug, Default)]
struct Known {
    last: Vec<IpAddr>,
    /// Of the answer before, if it was another.
    before: Vec<IpAddr>,
    /// Until when `last` is told to programs.
    fresh_until: Duration,
    /// When it is asked for again.
    due: Duration,
}

impl Known {
    fn granted(&self) -> Vec<IpAddr> {
        let mut granted = self.last.clone();
        let before = self.before.iter();
        granted.extend(before.filter(|address| !self.last.contains(address)));
        granted
    }

    fn answered(&mut self, answer: &Answer, now: Duration) {
        let same = self.last.len() == answer.addresses.len()
            && self.last.iter().all(|last| answer.addresses.contains(last));
        let last = std::mem::replace(&mut self.last, answer.addresses.clone());
        self.before = if same { Vec::new() } else { last };
        let holds = answer.holds();
        self.fresh_until = now.saturating_add(holds);
        self.due = match self.before.is_empty() {
            true => self.fresh_until,
            false => now.saturating_add(holds.min(LONGEST_FAREWELL)),
        };
    }
}

/// What comes next.
pub(crate) enum Next {
    /// This name is to be asked for.
    Ask(String),
    /// Nothing before so much time has passed.
    Wait(Duration),
    /// There are no names.
    Nothing,
}

impl KnownNames {
    /// Takes the names of a policy that comes into force, and has them stand for what was
    /// known of them too. Each is asked for at once, for what it is not known of: how long
    /// its addresses hold.
    pub(crate) fn adopt(&self, policy: &mut Policy, now: Duration) {
        let mut names = lock(&self.names);
        let mut before = std::mem::take(&mut *names);
        for (name, addresses) in policy.named() {
            let known = Known {
                last: addresses,
                before: before.remove(&name).map_or(Vec::new(), |known| known.last),
                fresh_until: now,
                due: now,
            };
            policy.rename(&name, &known.granted());
            names.insert(name, known);
        }
        drop(names);
        self.changed.notify(usize::MAX);
    }

    /// The last answer for a name, if it still holds.
    pub(crate) fn fresh(&self, name: &str, now: Duration) -> Option<Vec<IpAddr>> {
        let names = lock(&self.names);
        let known = names.get(name)?;
        (now < known.fresh_until).then(|| known.last.clone())
    }

    /// There is an answer: what the name stands for now, if it is one of a rule.
    pub(crate) fn answered(
        &self,
        name: &str,
        answer: &Answer,
        now: Duration,
    ) -> Option<Vec<IpAddr>> {
        let mut names = lock(&self.names);
        let known = names.get_mut(name)?;
        known.answered(answer, now);
        let granted = known.granted();
        drop(names);
        self.changed.notify(usize::MAX);
        Some(granted)
    }

    /// Nobody has answered.
    pub(crate) fn unanswered(&self, name: &str, now: Duration) {
        if let Some(known) = lock(&self.names).get_mut(name) {
            known.due = now.saturating_add(RETRY);
        }
    }

    pub(crate) fn next(&self, now: Duration) -> Next {
        let names = lock(&self.names);
        match names.iter().min_by_key(|(_, known)| known.due) {
            None => Next::Nothing,
            Some((name, known)) if known.due <= now => Next::Ask(name.clone()),
            Some((_, known)) => Next::Wait(known.due - now),
        }
    }

    /// Where a change is told: to be had before [`KnownNames::next`] is asked.
    pub(crate) fn changed(&self) -> impl Future<Output = ()> + use<> {
        self.changed.listen()
    }
}

/// Waits for an answer, for a bounded time.
pub(crate) async fn ask<T: Future<Output = ()>>(
    resolver: &dyn Resolver,
    name: &str,
    timer: impl FnOnce(Duration) -> T,
) -> io::Result<Answer> {
    match select(resolver.resolve(name), pin!(timer(PATIENCE))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
