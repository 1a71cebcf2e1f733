//! Those who hold sockets that a policy has allowed, to be asked when another comes into force.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use crate::policy::{Denial, Policy};
use crate::sync::lock;

/// Holds sockets whose uses go on after they were decided on.
pub trait Holder: Send + Sync {
    /// Another policy is in force: ends every use that it does not allow, before this
    /// returns, and says why of each socket that was ended. It is called in the thread that
    /// replaces the policy, and must not replace one itself.
    fn recheck(&self, policy: &Policy) -> Vec<Ended>;
}

/// A socket that was ended because the policy in force does not allow what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What is no longer allowed, and why.
    pub denial: Box<Denial>,
    /// Bytes that the system had taken.
    pub sent: u64,
    /// Bytes that had been received.
    pub received: u64,
}

/// Everybody who holds sockets of one guest.
#[derive(Default)]
pub(crate) struct Holders {
    list: Mutex<Vec<Weak<dyn Holder>>>,
}

impl fmt::Debug for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holders").finish_non_exhaustive()
    }
}

impl Holders {
    pub(crate) fn add(&self, holder: Weak<dyn Holder>) {
        let mut list = lock(&self.list);
        // Those who are gone are forgotten whenever it would grow: there never are more
        // than twice as many as there were at once.
        if list.len() == list.capacity() {
            list.retain(|holder| holder.strong_count() > 0);
            let living = list.len();
            list.reserve_exact(living.max(4));
        }
        list.push(holder);
    }

    pub(crate) fn living(&self) -> Vec<Arc<dyn Holder>> {
        lock(&self.list).iter().filter_map(Weak::upgrade).collect()
    }
}
