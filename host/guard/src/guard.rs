//! Policy, quota and witness of one guest, and how they report to each other.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::policy::{Grant, Observer, Policy, Protocol, Request};
use crate::quota::{Account, Clock, HostQuota, Limits, Part, Refusal, Taken};
use crate::witness::{AuditLog, Monitor, Witness};

/// What guards one guest. Every decision and every refusal is reported to the witness.
#[derive(Debug)]
pub struct Guard {
    policy: Policy,
    account: Arc<Account>,
    witness: Arc<Witness>,
}

impl Guard {
    /// A guard with this policy and these limits, which shares the host's quota with all
    /// others of the process and is neither audited nor observed.
    #[must_use]
    pub fn new(policy: Policy, limits: &Limits) -> Guard {
        Guard {
            policy,
            account: Arc::new(Account::new(
                limits,
                HostQuota::default(),
                &Clock::default(),
            )),
            witness: Arc::default(),
        }
    }

    /// The same guard, before it is used, on a part of another host's quota, with its rates
    /// measured by `clock`.
    #[must_use]
    pub fn with_host_quota(self, limits: &Limits, host: HostQuota, clock: &Clock) -> Guard {
        Guard {
            account: Arc::new(Account::new(limits, host, clock)),
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

    /// Asks the policy, and reports to the witness. `None` means denied; the guest should be
    /// told nothing more.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Option<Grant<'_>> {
        let decision = self.policy.decide(request);
        self.witness.decided(&decision);
        decision.grant()
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

    /// As [`Guard::take`], without counting what most likely comes back with the call:
    /// only the calls of a guest, which come one at a time, draw on its quota, so what is
    /// left now is left when it is kept.
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

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Watches the guest, even when its guard is gone.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor::new(Arc::clone(&self.account), Arc::clone(&self.witness))
    }

    /// Reports to the witness that a socket was closed: the peer's address, or the local one if
    /// there was no peer, and the bytes that went each way. `details` are asked for only if
    /// somebody listens.
    pub fn closed(
        &self,
        protocol: Protocol,
        details: impl FnOnce() -> (Option<SocketAddr>, u64, u64),
    ) {
        self.witness.socket_closed();
        if self.witness.is_audited() {
            let (address, sent, received) = details();
            self.witness.closed(protocol, address, sent, received);
        }
    }
}
