//! Names that are looked up beside the guest, which goes on meanwhile.

use std::sync::{Arc, Mutex};

use slab::Slab;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wasmtime::Result;
use wasmtime::component::Resource;
use wsp_guard::Guard;
use wsp_guard::sync::lock;
use wsp_transport::{Elsewhere, Shared};

use super::resolver::{Answer, ResolveError, resolve};
use crate::ctx::{rep, unknown};
use crate::resolver::Resolver;

/// Names that a resolver is asked for at once. More wait for their turn, so that a guest
/// leaves the resolver to others too.
const MOST_ASKED: usize = 8;

/// The lookups of one guest.
pub(crate) struct Lookups {
    /// How many handles a guest may have, of what has ended too: an answer is kept with its handle.
    most: usize,
    /// What the guest has a handle of.
    answers: Slab<Arc<Mutex<Option<Answer>>>>,
    /// What has not ended, also if the guest has dropped its handle: a resolver that was asked
    /// goes on. It is given back as soon as the guest is gone.
    under_way: Arc<Mutex<Slab<Elsewhere>>>,
    turns: Arc<Semaphore>,
    asking: JoinSet<()>,
    runtime: Handle,
}

impl Lookups {
    /// None so far, and `most` at a time; the runtime is that of the guest's endpoints.
    pub(crate) fn new(runtime: Handle, most: usize) -> Lookups {
        Lookups {
            most,
            runtime,
            answers: Slab::new(),
            under_way: Arc::default(),
            turns: Arc::new(Semaphore::new(MOST_ASKED)),
            asking: JoinSet::new(),
        }
    }
}

/// `lookup`, as a guest's handle names it.
pub(crate) enum Lookup {}

impl Lookups {
    /// Begins to look a name up, which is none if it is not one of DNS; none if the quota has no
    /// room for it.
    pub(crate) fn start(
        &mut self,
        name: Option<String>,
        (shared, guard): (&Arc<Shared>, Arc<Guard>),
        resolver: Arc<dyn Resolver>,
    ) -> Result<Option<Resource<Lookup>>> {
        while self.asking.try_join_next().is_some() {}
        if self.answers.len() >= self.most {
            return Ok(None);
        }
        let Ok(begun) = Elsewhere::begin(shared) else {
            return Ok(None);
        };
        let answer = Arc::new(Mutex::new(None));
        let told = Arc::clone(&answer);
        if let Some(name) = name {
            let (turns, under_way) = (Arc::clone(&self.turns), Arc::clone(&self.under_way));
            let number = lock(&under_way).insert(begun);
            let asking = async move {
                let turn = turns.acquire().await;
                let found = resolve(&guard, &*resolver, &name).await;
                drop(turn);
                *lock(&told) = Some(found);
                let begun = lock(&under_way).try_remove(number);
                if let Some(begun) = begun {
                    begun.end();
                }
            };
            self.asking.spawn_on(asking, &self.runtime);
        } else {
            *lock(&told) = Some(Err(ResolveError::Inval));
            begun.end();
        }
        let number = rep(self.answers.insert(answer))?;
        Ok(Some(Resource::new_own(number)))
    }

    /// The answer, if it is known and has not been told.
    pub(crate) fn take(&self, lookup: &Resource<Lookup>) -> Result<Option<Answer>> {
        let answer = self.answers.get(lookup.rep() as usize);
        let answer = answer.ok_or_else(|| unknown("lookup"))?;
        Ok(lock(answer).take())
    }

    pub(crate) fn forget(&mut self, rep: u32) -> Result<()> {
        let answer = self.answers.try_remove(rep as usize);
        answer.map(drop).ok_or_else(|| unknown("lookup"))
    }
}

impl Drop for Lookups {
    fn drop(&mut self) {
        lock(&self.under_way).clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::policy::Policy;
    use crate::quota::Limits;

    /// Each has ended when it begins, so that the quota of operations is free again.
    #[tokio::test]
    async fn no_more_lookups_are_held_than_operations_may_be_outstanding() {
        let limits = Limits::default();
        let guard = Arc::new(Guard::new(Policy::deny_all(), &limits));
        let shared = Arc::new(Shared::new(Arc::clone(&guard), &limits).unwrap());
        let mut lookups = Lookups::new(Handle::current(), 2);
        let start = |lookups: &mut Lookups| {
            let with = (&shared, Arc::clone(&guard));
            let lookup = lookups
                .start(None, with, crate::resolver::system())
                .unwrap();
            // The guest takes what has finished.
            let _ = shared.completions().take(u32::MAX);
            lookup
        };
        let first = start(&mut lookups).unwrap();
        assert!(start(&mut lookups).is_some());
        assert!(start(&mut lookups).is_none());
        lookups.forget(first.rep()).unwrap();
        assert!(start(&mut lookups).is_some());
    }
}
