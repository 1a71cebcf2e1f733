//! What an instance has taken, of its own quota and of the host's.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

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

    fn count(&self, counted: Counted) -> &Count {
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

/// What is counted.
#[derive(Clone, Copy, Debug)]
enum Counted {
    Sockets,
    Operations,
    PendingBytes,
    PayloadBytes,
}

impl Counted {
    fn kind(self) -> QuotaKind {
        match self {
            Counted::Sockets => QuotaKind::Sockets,
            Counted::Operations => QuotaKind::Operations,
            Counted::PendingBytes => QuotaKind::PendingBytes,
            Counted::PayloadBytes => QuotaKind::PayloadBytes,
        }
    }
}

/// What a permit stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A socket.
    Socket,
    /// An operation that holds no bytes: a watch, or one that has finished.
    Operation,
    /// A send that holds so many bytes of its own.
    Send(usize),
    /// A receive into a buffer of that capacity, which has a permit for its memory.
    Receive(usize),
    /// Payload memory.
    Payload(usize),
    /// Nothing, after what it stood for went elsewhere.
    Nothing,
}

impl Part {
    fn amounts(self) -> impl DoubleEndedIterator<Item = (Counted, usize)> {
        let none = (Counted::Operations, 0);
        match self {
            Part::Socket => [(Counted::Sockets, 1), none, none],
            Part::Operation => [(Counted::Operations, 1), none, none],
            Part::Send(bytes) => [
                (Counted::Operations, 1),
                (Counted::PendingBytes, bytes),
                (Counted::PayloadBytes, bytes),
            ],
            Part::Receive(bytes) => [
                (Counted::Operations, 1),
                (Counted::PendingBytes, bytes),
                none,
            ],
            Part::Payload(bytes) => [(Counted::PayloadBytes, bytes), none, none],
            Part::Nothing => [none; 3],
        }
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
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

    /// Takes `part` until what is returned is dropped: of the instance's quota
    /// first, then of the host's.
    pub fn take(self: &Arc<Account>, part: Part) -> Result<Taken<'_>, Refusal> {
        self.charge(part)?;
        Ok(Taken {
            account: self,
            part,
            counted: true,
        })
    }

    /// As [`Account::take`], without counting what most likely comes back with the
    /// call: nobody but the calls of an instance, which come one at a time, takes
    /// of its quota, so what is left now is left when it is kept.
    pub fn admit(self: &Arc<Account>, part: Part) -> Result<Taken<'_>, Refusal> {
        let host = self.host.pool();
        if part
            .amounts()
            .any(|(counted, _)| host.count(counted).is_limited())
        {
            // Other instances take of it at any time.
            return self.take(part);
        }
        for (counted, amount) in part.amounts() {
            if !self.own.count(counted).has(amount) {
                return Err(refusal(counted.kind(), Scope::Instance));
            }
        }
        Ok(Taken {
            account: self,
            part,
            counted: false,
        })
    }

    /// Takes `part` until [`Account::release`] gives it back.
    pub fn charge(&self, part: Part) -> Result<(), Refusal> {
        for (number, (counted, amount)) in part.amounts().enumerate() {
            if let Err(scope) = self.take_one(counted, amount) {
                for (counted, amount) in part.amounts().take(number) {
                    self.give_back_one(counted, amount);
                }
                return Err(refusal(counted.kind(), scope));
            }
        }
        Ok(())
    }

    fn take_one(&self, counted: Counted, amount: usize) -> Result<(), Scope> {
        if !self.own.count(counted).take(amount) {
            return Err(Scope::Instance);
        }
        if !self.host.pool().count(counted).take(amount) {
            self.own.count(counted).give_back(amount);
            return Err(Scope::Host);
        }
        Ok(())
    }

    /// Gives back what was taken.
    pub fn release(&self, part: Part) {
        for (counted, amount) in part.amounts() {
            self.give_back_one(counted, amount);
        }
    }

    fn give_back_one(&self, counted: Counted, amount: usize) {
        self.host.pool().count(counted).give_back(amount);
        self.own.count(counted).give_back(amount);
    }

    /// Whether an array may have so many parts.
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

    /// Takes one connection attempt of the rates.
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

    /// Takes up to `wanted` bytes to send of the rates; none where nothing may
    /// be sent now. What is not sent must be given back.
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
    /// `wanted` bytes; none if it is now.
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

fn refusal(kind: QuotaKind, scope: Scope) -> Refusal {
    Refusal { kind, scope }
}

/// Timers have no finer grain.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Takes of the instance's bucket, then of the host's what the former gave.
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

/// Taken for the time of a call: given back when dropped, unless it is kept.
#[derive(Debug)]
pub struct Taken<'a> {
    account: &'a Arc<Account>,
    part: Part,
    /// False where it is only known to be left.
    counted: bool,
}

impl Taken<'_> {
    /// Keeps it beyond the call.
    pub fn keep(mut self) -> Permit {
        if !self.counted {
            for (counted, amount) in self.part.amounts() {
                self.account.own.count(counted).add(amount);
            }
        }
        Permit {
            account: Arc::clone(self.account),
            part: std::mem::replace(&mut self.part, Part::Nothing),
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.account.release(self.part);
        }
    }
}

/// Something taken from an [`Account`]; dropping it gives it back, exactly once.
#[derive(Debug)]
pub struct Permit {
    account: Arc<Account>,
    part: Part,
}

impl Permit {
    /// The operation has finished: gives its bytes back, and remains an
    /// outstanding operation until the provider has been told.
    pub fn finished(mut self) -> Permit {
        let bytes = match self.part {
            Part::Send(_) | Part::Receive(_) => self.part,
            Part::Socket | Part::Operation | Part::Payload(_) | Part::Nothing => return self,
        };
        for (counted, amount) in bytes.amounts().skip(1) {
            self.account.give_back_one(counted, amount);
        }
        self.part = Part::Operation;
        self
    }
}

impl Permit {
    /// Gives the instance's part back and keeps the host's.
    pub fn of_host(mut self) -> HostPermit {
        let part = std::mem::replace(&mut self.part, Part::Nothing);
        for (counted, amount) in part.amounts() {
            self.account.own.count(counted).give_back(amount);
        }
        HostPermit {
            host: self.account.host.clone(),
            part,
        }
    }
}

/// What is left of a [`Permit`] when the instance has its part back; dropping it gives the
/// host's part back.
#[derive(Debug)]
pub struct HostPermit {
    host: HostQuota,
    part: Part,
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        for (counted, amount) in self.part.amounts() {
            self.host.pool().count(counted).give_back(amount);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.account.release(self.part);
    }
}

#[cfg(test)]
mod tests {
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
