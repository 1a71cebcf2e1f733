//! What an instance has taken, of its own quota and of the host's.

use std::num::NonZeroU64;
use std::time::Duration;

use super::amounts::{Amounts, Counted};
use super::bucket::{Bucket, Portion};
use super::clock::Clock;
use super::count::Count;
use super::{Held, HostLimits, HostQuota, Limits, QuotaKind, Refusal, Scope};

/// The counts and rates of one instance, or of all together.
#[derive(Debug)]
pub(super) struct Pool {
    sockets: Count,
    operations: Count,
    pending_bytes: Count,
    payload_bytes: Count,
    sending: Option<Bucket>,
    connecting: Option<Bucket>,
}

impl Pool {
    pub(super) fn of_host(limits: &HostLimits, clock: &Clock) -> Pool {
        let bucket = |rate: Option<NonZeroU64>| rate.map(|rate| Bucket::new(rate, clock.clone()));
        Pool {
            sockets: Count::new(limits.sockets),
            operations: Count::new(limits.operations),
            pending_bytes: Count::new(limits.pending_bytes),
            payload_bytes: Count::new(limits.payload_bytes),
            sending: bucket(limits.bytes_per_second),
            connecting: bucket(limits.connects_per_second),
        }
    }

    fn of_instance(limits: &Limits, clock: &Clock) -> Pool {
        let limits = HostLimits {
            sockets: Some(limits.sockets),
            operations: Some(limits.operations),
            pending_bytes: Some(limits.pending_bytes),
            payload_bytes: Some(limits.payload_bytes),
            bytes_per_second: limits.bytes_per_second,
            connects_per_second: limits.connects_per_second,
        };
        Pool::of_host(&limits, clock)
    }

    pub(super) fn count(&self, counted: Counted) -> &Count {
        match counted {
            Counted::Sockets => &self.sockets,
            Counted::Operations => &self.operations,
            Counted::PendingBytes => &self.pending_bytes,
            Counted::PayloadBytes => &self.payload_bytes,
        }
    }

    pub(super) fn held(&self) -> Held {
        Held {
            sockets: self.sockets.used(),
            operations: self.operations.used(),
            pending_bytes: self.pending_bytes.used(),
            payload_bytes: self.payload_bytes.used(),
        }
    }
}

/// What one instance may use and has in use.
#[derive(Debug)]
pub struct Account {
    own: Pool,
    host: HostQuota,
    maximum_parts: usize,
}

impl Account {
    /// What these limits allow, and the host's quota with it; `clock` measures the rates.
    #[must_use]
    pub fn new(limits: &Limits, host: HostQuota, clock: &Clock) -> Account {
        Account {
            own: Pool::of_instance(limits, clock),
            host,
            maximum_parts: limits.parts,
        }
    }

    pub(super) fn take_one(&self, counted: Counted, amount: usize) -> Result<(), Scope> {
        if !self.own.count(counted).take(amount) {
            return Err(Scope::Instance);
        }
        if !self.host.pool().count(counted).take(amount) {
            self.own.count(counted).give_back(amount);
            return Err(Scope::Host);
        }
        Ok(())
    }

    pub(super) fn give_back_one(&self, counted: Counted, amount: usize) {
        self.host.pool().count(counted).give_back(amount);
        self.own.count(counted).give_back(amount);
    }

    /// Gives what was taken back to both quotas.
    pub(super) fn give_back(&self, amounts: Amounts) {
        for (counted, amount) in amounts.each() {
            self.give_back_one(counted, amount);
        }
    }

    /// The instance's own quota.
    pub(super) fn own(&self) -> &Pool {
        &self.own
    }

    /// The quota that it shares.
    pub(super) fn host(&self) -> &HostQuota {
        &self.host
    }

    /// Whether an array may have this many parts.
    pub fn admit_parts(&self, count: usize) -> Result<(), Refusal> {
        if count > self.maximum_parts {
            return Err(refusal(QuotaKind::Parts, Scope::Instance));
        }
        Ok(())
    }

    /// The longest array, in parts.
    pub fn maximum_parts(&self) -> usize {
        self.maximum_parts
    }

    /// Draws one connection attempt from the rates.
    pub fn take_connect(&self) -> Result<(), Refusal> {
        let rates = [&self.own.connecting, &self.host.pool().connecting];
        match take_of_both(rates, 1, Portion::Whole) {
            Ok(_) => Ok(()),
            Err(scope) => Err(refusal(QuotaKind::ConnectsPerSecond, scope)),
        }
    }

    fn sending(&self) -> [&Option<Bucket>; 2] {
        [&self.own.sending, &self.host.pool().sending]
    }

    /// Whether sending is limited to a rate at all.
    pub fn is_paced(&self) -> bool {
        self.sending().iter().any(|rate| rate.is_some())
    }

    /// Draws up to `wanted` bytes to send from the rates, or fails if nothing may be
    /// sent now. What is not sent must be given back.
    pub fn take_to_send(&self, wanted: u64, portion: Portion) -> Result<u64, Scope> {
        take_of_both(self.sending(), wanted, portion)
    }

    /// Gives back what [`Account::take_to_send`] granted and was not sent, in bytes.
    pub fn give_back_unsent(&self, bytes: u64) {
        for rate in self.sending().into_iter().flatten() {
            rate.give_back(bytes);
        }
    }

    /// Whether it is worthwhile, by the rates, to send up to `wanted` bytes now.
    pub fn may_send(&self, wanted: u64) -> bool {
        let mut rates = self.sending().into_iter().flatten();
        rates.all(|rate| rate.wait(wanted).is_none())
    }

    /// How long to wait, and by which clock, until it may be worthwhile to send up to
    /// `wanted` bytes; `None` if it is now.
    #[must_use]
    pub fn wait_to_send(&self, wanted: u64) -> Option<(Duration, Clock)> {
        let mut rates = self.sending().into_iter().flatten();
        rates.find_map(|rate| {
            let wait = rate.wait(wanted)?;
            Some((wait.max(SHORTEST_WAIT), rate.clock().clone()))
        })
    }

    /// What is in use.
    #[must_use]
    pub fn held(&self) -> Held {
        self.own.held()
    }
}

pub(super) fn refusal(kind: QuotaKind, scope: Scope) -> Refusal {
    Refusal { kind, scope }
}

/// Timers have no finer grain.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Draws on the instance's bucket, then on the host's for the amount granted.
fn take_of_both(
    [own, host]: [&Option<Bucket>; 2],
    wanted: u64,
    portion: Portion,
) -> Result<u64, Scope> {
    let granted = match own {
        Some(own) => own.take(wanted, portion).ok_or(Scope::Instance)?,
        None => wanted,
    };
    let Some(host) = host else {
        return Ok(granted);
    };
    let both = host.take(granted, portion);
    if let Some(own) = own {
        own.give_back(granted - both.unwrap_or(0));
    }
    both.ok_or(Scope::Host)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Part, Permit, Taken};
    use super::*;

    fn account_of(limits: Limits, host: &HostQuota) -> Arc<Account> {
        Arc::new(Account::new(&limits, host.clone(), &Clock::default()))
    }

    fn host(change: impl FnOnce(&mut HostLimits)) -> HostQuota {
        let mut limits = HostLimits::default();
        change(&mut limits);
        HostQuota::new(limits)
    }

    fn refused<T>(taken: Result<T, Refusal>) -> Option<(QuotaKind, Scope)> {
        taken.err().map(|refusal| (refusal.kind, refusal.scope))
    }

    #[test]
    fn a_send_takes_all_that_it_holds_or_nothing() {
        let host = host(|limits| limits.payload_bytes = Some(150));
        let limits = Limits {
            operations: 2,
            pending_bytes: 100,
            payload_bytes: 200,
            ..Limits::default()
        };
        let account = account_of(limits, &host);
        let other = account_of(Limits::default(), &host);
        let room = account.take(Part::Payload(60)).map(Taken::keep);
        assert_eq!(
            refused(account.take(Part::Send(101))),
            Some((QuotaKind::PendingBytes, Scope::Instance))
        );
        assert_eq!(
            refused(account.take(Part::Send(100))),
            Some((QuotaKind::PayloadBytes, Scope::Host))
        );
        let held = Held {
            payload_bytes: 60,
            ..Held::default()
        };
        assert_eq!((account.held(), host.held().payload_bytes), (held, 60));

        let send = account.take(Part::Send(90)).map(Taken::keep);
        assert!(send.is_ok());
        assert_eq!(
            refused(other.take(Part::Payload(1))),
            Some((QuotaKind::PayloadBytes, Scope::Host))
        );
        let send = send.map(Permit::finished);
        let held = Held {
            operations: 1,
            ..held
        };
        assert_eq!((account.held(), host.held().payload_bytes), (held, 60));
        drop((room, send));
        assert_eq!(account.held(), Held::default());
        assert_eq!(host.held(), Held::default());
    }

    #[test]
    fn what_is_taken_for_a_call_only_comes_back_with_it() {
        let host = host(|limits| limits.operations = Some(1));
        let account = account_of(Limits::default(), &host);
        {
            let taken = account.take(Part::Send(10));
            assert!(taken.is_ok());
            assert_eq!(
                refused(account.take(Part::Operation)),
                Some((QuotaKind::Operations, Scope::Host))
            );
        }
        assert_eq!((account.held(), host.held()), Default::default());
    }

    #[test]
    fn what_is_only_admitted_is_counted_when_it_is_kept() {
        let limits = Limits {
            operations: 1,
            ..Limits::default()
        };
        for shared in [false, true] {
            let host = host(|limits| limits.operations = shared.then_some(1));
            let account = account_of(limits, &host);
            {
                let admitted = account.admit(Part::Send(10));
                assert!(admitted.is_ok());
                // What others share is taken at once.
                assert_eq!(account.held().operations, usize::from(shared));
            }
            assert_eq!(account.held(), Held::default());

            let kept = account.admit(Part::Send(10)).map(Taken::keep);
            assert_eq!(account.held().operations, 1);
            assert_eq!(
                refused(account.admit(Part::Send(10))),
                Some((QuotaKind::Operations, Scope::Instance))
            );
            drop(kept);
            assert_eq!((account.held(), host.held()), Default::default());
        }
    }

    #[test]
    fn the_hosts_rate_gives_back_what_it_did_not_grant() {
        let time = super::super::ManualClock::new();
        let limits = HostLimits {
            bytes_per_second: NonZeroU64::new(100),
            ..HostLimits::default()
        };
        let host = HostQuota::with_clock(limits, time.clock());
        let limits = Limits {
            bytes_per_second: NonZeroU64::new(1000),
            ..Limits::default()
        };
        let account = Account::new(&limits, host, &time.clock());
        assert_eq!(account.take_to_send(500, Portion::Any), Ok(100));
        assert_eq!(account.take_to_send(500, Portion::Any), Err(Scope::Host));
        assert!(!account.may_send(1));
        time.advance(Duration::from_secs(9));
        for _ in 0..9 {
            assert_eq!(account.take_to_send(1000, Portion::Any), Ok(100));
            time.advance(Duration::from_secs(1));
        }
        account.give_back_unsent(0);
    }
}
