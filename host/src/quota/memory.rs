//! Bounding what a store itself uses.

use std::sync::Arc;

use wasmtime::{ResourceLimiter, Result, Store};

use super::account::Account;
use super::{QuotaKind, Scope};
use crate::ctx::View;

/// Applies [`super::Limits::memory_bytes`] and [`super::Limits::call_bytes`] of
/// the store's [`crate::Ctx`] to the whole store. Memory that would exceed the
/// limit is not given: the program sees a failed `memory.grow`. The store gets
/// handles for as many sockets and operations as the quota allows.
///
/// Call it before anything is instantiated in the store.
pub fn limit_store<T: View + 'static>(store: &mut Store<T>) {
    let ctx = &store.data_mut().wsp().ctx;
    let (call_bytes, handles) = (ctx.call_bytes(), ctx.handles());
    store.set_hostcall_fuel(call_bytes);
    store.set_max_component_handles(handles);
    store.limiter(|data| data.wsp().ctx.memory_limiter());
}

/// Counts the memory of a store.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    account: Arc<Account>,
    limit: Option<usize>,
    /// Never less than what the store got. A growth that was granted and then failed
    /// stays counted: wasmtime does not say which one failed, and does not ask before
    /// every one that fails, so giving back what failed could give back what is in use.
    used: usize,
}

impl MemoryLimiter {
    pub(crate) fn new(account: Arc<Account>, limit: Option<usize>) -> MemoryLimiter {
        MemoryLimiter {
            account,
            limit,
            used: 0,
        }
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        let after = self.used.saturating_add(more);
        if self.limit.is_some_and(|limit| after > limit) {
            self.account.refuse(QuotaKind::MemoryBytes, Scope::Instance);
            return false;
        }
        self.used = after;
        true
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        // What exceeds the memory's own maximum fails, so it is not counted.
        Ok(maximum.is_some_and(|maximum| desired > maximum) || self.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let bytes = |elements: usize| elements.saturating_mul(size_of::<usize>());
        Ok(maximum.is_some_and(|maximum| desired > maximum)
            || self.grow(bytes(current), bytes(desired)))
    }
}
