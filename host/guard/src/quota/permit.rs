//! What has been taken from an account, and gives itself back.

use std::mem;
use std::sync::Arc;

use super::account::{Account, refusal};
use super::amounts::{Amounts, Part};
use super::{HostQuota, Refusal, Scope};

impl Account {
    /// Takes `part` until what is returned is dropped: of the instance's quota
    /// first, then of the host's.
    pub fn take(self: &Arc<Account>, part: Part) -> Result<Taken<'_>, Refusal> {
        let amounts = Amounts::from(part);
        for (number, (counted, amount)) in amounts.each().enumerate() {
            if let Err(scope) = self.take_one(counted, amount) {
                for (counted, amount) in amounts.each().take(number) {
                    self.give_back_one(counted, amount);
                }
                return Err(refusal(counted.kind(), scope));
            }
        }
        Ok(Taken::counted(self, amounts))
    }

    /// As [`Account::take`], without counting what most likely comes back with the
    /// call: the calls of an instance come one at a time, so what is left now is left
    /// when it is kept, unless something that began beside them has taken it.
    pub fn admit(self: &Arc<Account>, part: Part) -> Result<Taken<'_>, Refusal> {
        let amounts = Amounts::from(part);
        let host = self.host().pool();
        if amounts
            .each()
            .any(|(counted, _)| host.count(counted).is_limited())
        {
            // Other instances draw on it at any time.
            return self.take(part);
        }
        for (counted, amount) in amounts.each() {
            if !self.own().count(counted).has(amount) {
                return Err(refusal(counted.kind(), Scope::Instance));
            }
        }
        Ok(Taken::uncounted(self, amounts))
    }
}

/// Taken for the time of a call: given back when dropped, unless it is kept.
#[derive(Debug)]
pub struct Taken<'a> {
    account: &'a Arc<Account>,
    amounts: Amounts,
    /// False if it is only known to be left.
    counted: bool,
}

impl<'a> Taken<'a> {
    pub(super) fn counted(account: &'a Arc<Account>, amounts: Amounts) -> Taken<'a> {
        Taken {
            account,
            amounts,
            counted: true,
        }
    }

    pub(super) fn uncounted(account: &'a Arc<Account>, amounts: Amounts) -> Taken<'a> {
        Taken {
            account,
            amounts,
            counted: false,
        }
    }

    /// Keeps it beyond the call.
    pub fn keep(mut self) -> Permit {
        if !self.counted {
            for (counted, amount) in self.amounts.each() {
                self.account.own().count(counted).add(amount);
            }
        }
        Permit {
            account: Arc::clone(self.account),
            amounts: mem::take(&mut self.amounts),
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.account.give_back(self.amounts);
        }
    }
}

/// Something taken from an [`Account`]; dropping it gives it back, exactly once.
#[derive(Debug)]
pub struct Permit {
    account: Arc<Account>,
    amounts: Amounts,
}

impl Permit {
    /// The operation has finished: gives its bytes back, and remains an
    /// outstanding operation until the provider has been told.
    pub fn finished(mut self) -> Permit {
        let bytes = self.amounts.take_bytes_of_operation();
        self.account.give_back(bytes);
        self
    }

    /// Gives the instance's part back and keeps the host's.
    pub fn of_host(mut self) -> HostPermit {
        let amounts = mem::take(&mut self.amounts);
        for (counted, amount) in amounts.each() {
            self.account.own().count(counted).give_back(amount);
        }
        HostPermit {
            host: self.account.host().clone(),
            amounts,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.account.give_back(self.amounts);
    }
}

/// What is left of a [`Permit`] when the instance has its part back; dropping it gives the
/// host's part back.
#[derive(Debug)]
pub struct HostPermit {
    host: HostQuota,
    amounts: Amounts,
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        for (counted, amount) in self.amounts.each() {
            self.host.pool().count(counted).give_back(amount);
        }
    }
}
