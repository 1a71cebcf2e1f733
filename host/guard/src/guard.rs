//! Policy, quota and witness of one guest, and how they report to each other.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::ops::Deref;
use std::pin::pin;
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;

use futures::future::select;

use crate::holders::{Holder, Holders};
use crate::names::{self, Answer, KnownNames, Next, Resolver};
use crate::policy::{
    Grant, Observer, OngoingUse, Policy, Protocol, Request, SpecialRange, canonical_name,
};
use crate::quota::{Account, Clock, HostQuota, Limits, Part, Refusal, Taken};
use crate::sync::{lock, read, write};
use crate::witness::{AuditLog, Closed, Monitor, Witness};

/// What guards one guest. Every decision and every refusal is reported to the witness.
#[derive(Debug)]
pub struct Guard {
    in_force: RwLock<Policy>,
    names: KnownNames,
    /// Held while the policy or what its names stand for changes.
    changing: Mutex<()>,
    holders: Holders,
    clock: Clock,
    account: Arc<Account>,
    witness: Arc<Witness>,
}

/// The policy of a guest, which is in force as long as this is held: another one takes over
/// between two of them, and never while one is held. Hold it while what was allowed is done,
/// and no longer; hold one at a time.
#[derive(Debug)]
pub struct InForce<'g> {
    policy: RwLockReadGuard<'g, Policy>,
    witness: &'g Witness,
}

impl InForce<'_> {
    /// Asks the policy, and reports to the witness. `None` means denied; the guest should be
    /// told nothing more.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Option<Grant<'_>> {
        let decision = self.policy.decide(request);
        self.witness.decided(&decision);
        decision.grant()
    }

    /// As [`InForce::decide`], of a use that goes on, with what
    /// [`Policy::still_allows`] has to know of it later.
    #[must_use]
    pub fn decide_ongoing(&self, request: &Request) -> Option<(Grant<'_>, OngoingUse)> {
        let decision = self.policy.decide(request);
        self.witness.decided(&decision);
        let grant = decision.grant()?;
        Some((grant, OngoingUse::new(request, &decision)))
    }
}

impl Deref for InForce<'_> {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

impl Guard {
    /// A guard with this policy and these limits, which shares the host's quota with all
    /// others of the process and is neither audited nor observed.
    #[must_use]
    pub fn new(mut policy: Policy, limits: &Limits) -> Guard {
        let clock = Clock::default();
        let names = KnownNames::default();
        names.adopt(&mut policy, clock.now());
        Guard {
            in_force: RwLock::new(policy),
            names,
            changing: Mutex::default(),
            holders: Holders::default(),
            account: Arc::new(Account::new(limits, HostQuota::default(), &clock)),
            clock,
            witness: Arc::default(),
        }
    }

    /// The same guard, before it is used, on a part of another host's quota, with its rates
    /// and the age of its names measured by `clock`.
    #[must_use]
    pub fn with_host_quota(self, limits: &Limits, host: HostQuota, clock: &Clock) -> Guard {
        self.names.adopt(&mut write(&self.in_force), clock.now());
        Guard {
            account: Arc::new(Account::new(limits, host, clock)),
            clock: clock.clone(),
            ..self
        }
    }

    /// The same guard, before it is used, for `tenant`: the name of the guest in the log and
    /// in `audit`; `observer` gets the same reports.
    #[must_use]
    pub fn with_witness(
        self,
        tenant: String,
        audit: Option<AuditLog>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Guard {
        Guard {
            witness: Arc::new(Witness::new(tenant, audit, observer)),
            ..self
        }
    }

    /// The policy in force. What it allows is done while this is held.
    pub fn policy(&self) -> InForce<'_> {
        InForce {
            policy: read(&self.in_force),
            witness: &self.witness,
        }
    }

    /// Asks the policy in force about what takes no time, and reports to the witness. If it
    /// says no, the guest should be told nothing more.
    #[must_use]
    pub fn permits(&self, request: &Request) -> bool {
        self.policy().decide(request).is_some()
    }

    /// Tells of a holder, who is asked when another policy comes into force, until it is gone.
    pub fn hold(&self, holder: Weak<dyn Holder>) {
        self.holders.add(holder);
    }

    /// Puts another policy into force, at once and as a whole: every decision is made by the
    /// one or the other. What is open and no longer allowed is ended before this returns, and
    /// told to the witness: how many sockets. Addresses that names of the old policy were
    /// known to have are granted by the same names of the new one too, until they are asked
    /// for again.
    ///
    /// The policy must not be held by the calling thread.
    pub fn replace_policy(&self, mut policy: Policy) -> usize {
        let _changing = lock(&self.changing);
        self.names.adopt(&mut policy, self.clock.now());
        *write(&self.in_force) = policy;
        self.witness.policy_replaced();
        let mut ended = 0;
        for holder in self.holders.living() {
            let policy = self.policy();
            let revoked = holder.recheck(&policy);
            drop(policy);
            for revoked in revoked {
                ended += 1;
                self.witness.revoked(&revoked);
            }
        }
        ended
    }

    /// The last answer for a name that is the host of a rule, if it still holds: what a
    /// program that asks for the name is to be told.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<Vec<IpAddr>> {
        self.names.fresh(&canonical_name(name), self.clock.now())
    }

    /// Has a name that is the host of a rule stand for an answer, and for the one before it.
    /// Open connections stay.
    pub fn answered(&self, name: &str, answer: &Answer) {
        let _changing = lock(&self.changing);
        let name = canonical_name(name);
        let Some(granted) = self.names.answered(&name, answer, self.clock.now()) else {
            return;
        };
        let mut policy = write(&self.in_force);
        let before = policy.named().remove(&name);
        policy.rename(&name, &granted);
        let after = policy.named().remove(&name);
        drop(policy);
        if before != after {
            let refused = granted
                .iter()
                .filter(|address| SpecialRange::of(**address).is_some());
            self.witness
                .renamed(&name, &after.unwrap_or_default(), refused.copied());
        }
    }

    /// Finds the addresses of a name for a program that may ask for it: those that a rule
    /// stands for if the name is its host, or else those that `resolver` finds.
    ///
    /// # Errors
    ///
    /// Those of `resolver`.
    pub async fn resolve(&self, name: &str, resolver: &dyn Resolver) -> io::Result<Vec<IpAddr>> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let answer = resolver.resolve(name).await?;
        self.answered(name, &answer);
        Ok(answer.addresses)
    }

    /// Asks for the names of rules whenever it is time, for ever: run it beside the guest,
    /// and drop it with it. `timer` waits so long, such as `tokio::time::sleep`.
    pub async fn keep_names<T: Future<Output = ()>>(
        &self,
        resolver: &dyn Resolver,
        timer: impl Fn(Duration) -> T,
    ) {
        loop {
            let changed = self.names.changed();
            match self.names.next(self.clock.now()) {
                Next::Nothing => changed.await,
                Next::Wait(time) => {
                    let passed = pin!(self.clock.sleep(time, &timer));
                    select(passed, pin!(changed)).await;
                }
                Next::Ask(name) => match names::ask(resolver, &name, &timer).await {
                    Ok(answer) => self.answered(&name, &answer),
                    Err(error) => {
                        self.names.unanswered(&name, self.clock.now());
                        tracing::debug!(target: "wsp::policy", name, %error, "a name of a rule was not resolved again");
                    }
                },
            }
        }
    }

    /// Takes `part` for the time of a call, or as long as what [`Taken::keep`] returns: of the guest's
    /// quota first, then of the host's.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if either has too little left; nothing was taken then.
    pub fn take(&self, part: Part) -> Result<Taken<'_>, Refusal> {
        self.told(self.account.take(part))
    }

    /// As [`Guard::take`], without counting what most likely comes back with the call: the
    /// calls of a guest come one at a time, so what is left now is left when it is kept. Only
    /// what begins beside them, such as a connection of [`Sockets::connect`], may have taken it
    /// by then; the quota is exceeded by this one part at most.
    ///
    /// [`Sockets::connect`]: crate::wasi::Sockets::connect
    ///
    /// # Errors
    ///
    /// As [`Guard::take`].
    pub fn admit(&self, part: Part) -> Result<Taken<'_>, Refusal> {
        self.told(self.account.admit(part))
    }

    /// Whether a send may have this many parts.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it may not.
    pub fn admit_parts(&self, count: usize) -> Result<(), Refusal> {
        self.told(self.account.admit_parts(count))
    }

    /// Draws one connection attempt from the rates.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the rate of the guest or of the host is used up.
    pub fn take_connect(&self) -> Result<(), Refusal> {
        self.told(self.account.take_connect())
    }

    /// Reports a refusal that was found elsewhere to the witness.
    pub fn refused(&self, refusal: Refusal) -> Refusal {
        self.witness.refused(refusal);
        refusal
    }

    fn told<T>(&self, answer: Result<T, Refusal>) -> Result<T, Refusal> {
        answer.map_err(|refusal| self.refused(refusal))
    }

    /// What the guest may use and has in use, with its rates.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Where what the guest does is reported.
    #[must_use]
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Watches the guest, even when its guard is gone.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor::new(Arc::clone(&self.account), Arc::clone(&self.witness))
    }

    /// Reports to the witness that a socket was closed. `details` are asked for only if
    /// somebody listens.
    pub fn closed(&self, protocol: Protocol, details: impl FnOnce() -> Closed) {
        self.witness.closed(protocol, details);
    }
}
