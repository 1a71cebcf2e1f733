//! What a guest did, was denied and was refused: logged, counted, measured and audited in
//! one place, to which the others report and which depends on none of them.

mod audit;
pub mod events;
mod line;
pub mod metrics;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde::Serialize;

pub use audit::{AuditLog, Closed};

use crate::holders::Ended;
use crate::policy::{Decision, Denial, Observer, Protocol, Verdict};
use crate::quota::{Account, Clock, Held, QuotaKind, Refusal, Scope};
use crate::sync::lock;
use audit::Auditor;
use metrics::Meters;

/// Denials of one guest that are logged as warnings.
const WARNED_DENIALS: u64 = 32;

/// Is told of what one guest is not given, in the thread that denies or refuses it, before the
/// guest learns of it: it must neither block nor call the guest's sockets.
pub trait Subscriber: Send + Sync {
    /// The policy denied something. The `verdict` is `denied`, `would-be-denied` if the policy
    /// only counts, or `revoked` if it was allowed before.
    fn denied(&self, denial: &Denial, verdict: &'static str);

    /// A quota refused something.
    fn refused(&self, refusal: Refusal);
}

/// Receives the reports of everything that one guest does.
#[derive(Default)]
pub struct Witness {
    sockets: AtomicU64,
    connects: AtomicU64,
    operations: AtomicU64,
    revoked: AtomicU64,
    sends_joined: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    refusals: [AtomicU64; QuotaKind::ALL.len() * 2],
    denials: Mutex<BTreeMap<&'static str, u64>>,
    /// Denials that are not strangers', of which only the first are warnings.
    warnings: AtomicU64,
    meters: Meters,
    auditor: Auditor,
    observer: Option<Arc<dyn Observer>>,
    subscriber: OnceLock<Arc<dyn Subscriber>>,
    tenant: String,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness")
            .field("tenant", &self.tenant)
            .field("heard", &self.auditor.is_heard())
            .field("observed", &self.observer.is_some())
            .finish_non_exhaustive()
    }
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Witness {
    /// The witness of a guest of this name, which writes to `audit` and reports to `observer`.
    #[must_use]
    pub fn new(
        tenant: String,
        audit: Option<AuditLog>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Witness {
        let auditor = Auditor::new(audit, tenant.clone(), Clock::default());
        Witness {
            auditor,
            observer,
            tenant,
            ..Witness::default()
        }
    }

    /// Has `subscriber` told too, unless somebody is already.
    pub fn subscribe(&self, subscriber: Arc<dyn Subscriber>) {
        // The first one counts.
        let _ = self.subscriber.set(subscriber);
    }

    /// A socket was created or accepted.
    pub fn socket_opened(&self) {
        add(&self.sockets, 1);
        self.meters.sockets.increment(1);
        self.meters.sockets_open.increment(1.0);
    }

    /// A connection is attempted.
    pub fn connecting(&self) {
        add(&self.connects, 1);
        self.meters.connects.increment(1);
    }

    /// An operation did not end at once.
    pub fn operation_pending(&self) {
        add(&self.operations, 1);
        self.meters.operations.increment(1);
    }

    /// So many sends went out in one system call.
    pub fn joined(&self, sends: u64) {
        add(&self.sends_joined, sends);
        self.meters.sends_joined.increment(sends);
    }

    /// The system took this many bytes.
    pub fn sent(&self, bytes: u64) {
        add(&self.bytes_sent, bytes);
        self.meters.bytes_sent.increment(bytes);
    }

    /// This many bytes were received.
    pub fn received(&self, bytes: u64) {
        add(&self.bytes_received, bytes);
        self.meters.bytes_received.increment(bytes);
    }

    /// A quota refused something.
    pub fn refused(&self, refusal: Refusal) {
        let count = self.refusals.get(index(refusal.kind, refusal.scope));
        if count.is_some_and(|count| count.fetch_add(1, Ordering::Relaxed) == 0) {
            self.warn(refusal);
        }
        Meters::refused(refusal);
        self.auditor.refused(refusal);
        if let Some(subscriber) = self.subscriber.get() {
            subscriber.refused(refusal);
        }
    }

    /// The operator sees the first refusal of each kind; a guest that goes on must not fill the log.
    fn warn(&self, refusal: Refusal) {
        let (tenant, quota, scope) = (&self.tenant, refusal.kind, refusal.scope.as_str());
        // Slowing down is what a rate is for.
        if quota == QuotaKind::BytesPerSecond {
            tracing::debug!(target: "wsp::quota", tenant, "a send waits for {quota} of the {scope}");
        } else {
            tracing::warn!(
                target: "wsp::quota",
                tenant,
                "the quota {quota} of the {scope} is used up; further refusals are only counted"
            );
        }
    }

    /// The policy decided. What it only would deny counts as a denial too, or
    /// there would be no point in counting.
    pub fn decided(&self, decision: &Decision<'_>) {
        if let Some(denial) = decision.denial() {
            let reason = denial.reason.as_str();
            *lock(&self.denials).entry(reason).or_default() += 1;
            Meters::denied(reason, decision.label());
            if let Some(subscriber) = self.subscriber.get() {
                subscriber.denied(denial, decision.label());
            }
        }
        self.auditor.decided(decision);
        if let Some(observer) = &self.observer {
            observer.decided(decision);
        }
        match &decision.verdict {
            Verdict::Allowed { .. } => {}
            Verdict::WouldBeDenied { denial, .. } => self.report(denial, &denial.would_be()),
            Verdict::Denied(denial) => self.report(denial, denial),
        }
    }

    /// Writes a denial to the log, under the target `wsp::policy`. The operator
    /// sees the first ones of a guest as warnings; a guest that goes on, or
    /// a stranger who sends datagrams or connects, must not fill the log.
    fn report(&self, denial: &Denial, sentence: &dyn std::fmt::Display) {
        let reason = denial.reason.as_str();
        let earlier = if denial.is_by_strangers() {
            u64::MAX
        } else {
            self.warnings.fetch_add(1, Ordering::Relaxed)
        };
        match earlier {
            0..WARNED_DENIALS => tracing::warn!(target: "wsp::policy", reason, "{sentence}"),
            WARNED_DENIALS => tracing::warn!(
                target: "wsp::policy",
                "{WARNED_DENIALS} denials were reported; further ones of this instance are logged at debug level only"
            ),
            _ => tracing::debug!(target: "wsp::policy", reason, "{sentence}"),
        }
    }

    /// Another policy is in force.
    pub fn policy_replaced(&self) {
        let tenant = &self.tenant;
        tracing::info!(target: "wsp::policy", tenant, "another policy is in force");
        self.auditor.policy_replaced();
    }

    /// A socket was ended because the policy in force no longer allows what it did.
    pub fn revoked(&self, ended: &Ended) {
        let tenant = &self.tenant;
        let sentence = ended.denial.no_longer();
        tracing::warn!(target: "wsp::policy", tenant, "{sentence}");
        Meters::revoked();
        add(&self.revoked, 1);
        self.auditor.revoked(ended);
        if let Some(subscriber) = self.subscriber.get() {
            subscriber.denied(&ended.denial, "revoked");
        }
    }

    /// A name that is the host of rules stands for other addresses. The special ones that are
    /// refused were in the answer.
    pub fn renamed(
        &self,
        name: &str,
        granted: &[IpAddr],
        refused: impl IntoIterator<Item = IpAddr>,
    ) {
        let tenant = &self.tenant;
        let refused: Vec<IpAddr> = refused.into_iter().collect();
        if refused.is_empty() {
            tracing::info!(target: "wsp::policy", tenant, name, "a name stands for {granted:?} now");
        } else {
            tracing::warn!(target: "wsp::policy", tenant, name, "a name stands for {granted:?} now, and not for the special addresses {refused:?}");
        }
        self.auditor.renamed(name, granted, &refused);
    }

    /// A socket that had been opened is closed. What it was is asked for only if somebody
    /// listens.
    pub fn closed(&self, protocol: Protocol, details: impl FnOnce() -> Closed) {
        self.meters.sockets_open.decrement(1.0);
        self.auditor.closed(protocol, details);
    }
}

fn index(kind: QuotaKind, scope: Scope) -> usize {
    kind as usize * 2 + scope as usize
}

/// Watches one instance, also after its store is gone. Clones watch the same.
#[derive(Clone, Debug)]
pub struct Monitor {
    account: Arc<Account>,
    witness: Arc<Witness>,
}

impl Monitor {
    pub(crate) fn new(account: Arc<Account>, witness: Arc<Witness>) -> Monitor {
        Monitor { account, witness }
    }

    /// How things stand now.
    #[must_use]
    pub fn report(&self) -> Report {
        let activity = &self.witness;
        let mut refusals = Vec::new();
        for quota in QuotaKind::ALL {
            for scope in [Scope::Instance, Scope::Host] {
                let count = activity.refusals.get(index(quota, scope)).map_or(0, get);
                if count > 0 {
                    refusals.push(Refused {
                        quota: quota.as_str(),
                        scope: scope.as_str(),
                        count,
                    });
                }
            }
        }
        let denials = lock(&activity.denials);
        Report {
            sockets: get(&activity.sockets),
            connects: get(&activity.connects),
            operations: get(&activity.operations),
            revoked: get(&activity.revoked),
            sends_joined: get(&activity.sends_joined),
            bytes_sent: get(&activity.bytes_sent),
            bytes_received: get(&activity.bytes_received),
            held: self.account.held(),
            denials: denials
                .iter()
                .map(|(reason, count)| Denied {
                    reason,
                    count: *count,
                })
                .collect(),
            refusals,
        }
    }
}

/// What an instance did, holds and was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Report {
    /// Sockets that were created or accepted.
    pub sockets: u64,
    /// Connections that were attempted.
    pub connects: u64,
    /// Operations that did not end at once.
    pub operations: u64,
    /// Sockets that were ended because a policy that came into force did not allow them.
    pub revoked: u64,
    /// Sends that went out in a system call with others.
    pub sends_joined: u64,
    /// Bytes that the system took.
    pub bytes_sent: u64,
    /// Bytes that were received.
    pub bytes_received: u64,
    /// What is in use now: nothing, when the store is gone and its tasks have ended.
    pub held: Held,
    /// What the policy denied, or would deny if it only counts, by reason.
    pub denials: Vec<Denied>,
    /// What the quotas refused.
    pub refusals: Vec<Refused>,
}

/// How often a policy denied something for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Denied {
    /// The label of [`crate::policy::DenialReason::as_str`].
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

/// How often one quota refused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refused {
    /// The name of [`QuotaKind::as_str`].
    pub quota: &'static str,
    /// The name of [`Scope::as_str`].
    pub scope: &'static str,
    /// How often.
    pub count: u64,
}
