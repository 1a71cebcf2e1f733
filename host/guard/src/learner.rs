//! Learning the policy that a run needs.

use std::sync::{Mutex, PoisonError};

use crate::config::PolicyConfig;
use crate::policy::{
    Decision, Denial, Effect, Mode, Observer, Policy, Request, Rule, Subject, Usage,
};

/// Rules that are learned at most: a program that tries every address needs no policy.
const MOST_RULES: usize = 4096;

/// Collects what a policy that only counts would have denied, and makes the smallest addition
/// to it that would have allowed that: a rule for each address, port and name that no rule
/// covers by then. It widens nothing by itself.
///
/// ```
/// use wsp_guard::Learner;
/// use wsp_guard::config::PolicyConfig;
/// use wsp_guard::policy::{Mode, Observer, Protocol, Request, Usage};
///
/// let given: PolicyConfig = "mode = 'count'\noutbound.allow = ['tcp://192.0.2.1:80']".parse()?;
/// let policy = given.resolve()?;
/// let learner = Learner::new(&given, &policy);
/// for peer in ["192.0.2.1:80", "192.0.2.2:443", "192.0.2.2:443"] {
///     let request = Request::socket(Protocol::Tcp, Usage::Connect(peer.parse()?));
///     learner.decided(&policy.decide(&request));
/// }
/// let learned = learner.learned();
/// assert_eq!(learned.config.mode, Mode::Enforce);
/// let allowed = learned.config.outbound.allow.iter().map(ToString::to_string);
/// assert_eq!(allowed.collect::<Vec<_>>(), ["tcp://192.0.2.1:80", "tcp://192.0.2.2:443"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Learner {
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
struct State {
    config: PolicyConfig,
    /// What `config` says, with names as they were resolved for the run.
    policy: Policy,
    rules: usize,
    /// What no rule can mend, in the order in which it was seen.
    unlearned: Vec<Denial>,
    /// What may need no rule of its own: creating a socket, and binding it anywhere. What
    /// comes after it tells.
    deferred: Vec<Denial>,
}

/// What was learned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Learned {
    /// The policy that would have allowed everything but what is in `unlearned`.
    pub config: PolicyConfig,
    /// How many of its rules are new.
    pub rules: usize,
    /// What no additional rule allows: what a deny rule forbids, sockets that were created and
    /// put to no use, and what was too much.
    pub unlearned: Vec<Denial>,
}

impl Learner {
    /// Begins with what `given` says, which `policy` was made of.
    #[must_use]
    pub fn new(given: &PolicyConfig, policy: &Policy) -> Learner {
        let mut config = given.clone();
        config.mode = Mode::Enforce;
        Learner {
            state: Mutex::new(State {
                config,
                policy: policy.clone().with_mode(Mode::Enforce),
                rules: 0,
                unlearned: Vec::new(),
                deferred: Vec::new(),
            }),
        }
    }

    /// What has been learned so far.
    #[must_use]
    pub fn learned(&self) -> Learned {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = state.clone();
        for denial in std::mem::take(&mut state.deferred) {
            state.learn(&denial);
        }
        Learned {
            config: state.config,
            rules: state.rules,
            unlearned: state.unlearned,
        }
    }
}

impl Observer for Learner {
    fn decided(&self, decision: &Decision<'_>) {
        let Some(denial) = decision.denial() else {
            return;
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !may_need_nothing(&denial.request) {
            state.learn(denial);
        } else if !state.deferred.contains(denial) {
            state.deferred.push(denial.clone());
        }
    }
}

/// Whether a rule for something else allows it, too.
fn may_need_nothing(request: &Request) -> bool {
    match request {
        Request::Socket { usage, .. } => match usage {
            Usage::Create | Usage::ImplicitBind => true,
            Usage::Bind(local) => local.ip().is_unspecified() && local.port() == 0,
            _ => false,
        },
        Request::Resolve { .. } => false,
    }
}

impl State {
    fn learn(&mut self, denial: &Denial) {
        let mut why = denial.clone();
        let denied = self.policy.decide(&denial.request).denial().is_some();
        if denial.remedy().list.effect == Effect::Allow {
            if !denied {
                return;
            }
            let before = (self.policy.clone(), self.config.clone());
            if self.rules < MOST_RULES && self.add(denial) {
                match self.policy.decide(&denial.request).denial().cloned() {
                    None => {
                        self.rules += 1;
                        return;
                    }
                    // A deny rule forbids it, whatever is allowed.
                    Some(still) => why = still,
                }
                (self.policy, self.config) = before;
            }
        }
        if self.unlearned.len() < MOST_RULES && !self.unlearned.contains(&why) {
            self.unlearned.push(why);
        }
    }

    /// Adds the rule that allows it; false if there is none.
    fn add(&mut self, denial: &Denial) -> bool {
        let remedy = denial.remedy();
        let Some(subject) = remedy.list.subject else {
            let Ok(pattern) = remedy.rule.parse() else {
                return false;
            };
            self.policy = self.policy.clone().allow_resolve(Clone::clone(&pattern));
            self.config.resolve.allow.push(pattern);
            return true;
        };
        let Ok(rule) = remedy.rule.parse::<Rule>() else {
            return false;
        };
        let policy = self.policy.clone();
        let (list, widened) = match subject {
            Subject::Outbound => (
                &mut self.config.outbound,
                policy.allow_outbound(rule.clone()),
            ),
            Subject::Inbound => (&mut self.config.inbound, policy.allow_inbound(rule.clone())),
            Subject::Peer => (&mut self.config.peer, policy.allow_peer(rule.clone())),
        };
        let Ok(widened) = widened else {
            return false;
        };
        list.allow.push(rule);
        self.policy = widened;
        true
    }
}
