//! Counts the memory of a store.

use std::sync::Arc;

use wasmtime::{ResourceLimiter, Result};

use wsp_guard::Guard;
use wsp_guard::quota::{QuotaKind, Refusal, Scope};

/// Counts the memory of a store.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    guard: Arc<Guard>,
    limit: Option<usize>,
    /// Never less than what the store got. A growth that was granted and then failed
    /// stays counted: wasmtime does not say which one failed, and does not ask before
    /// every one that fails, so giving back what failed could give back what is in use.
    used: usize,
    /// Whether a store asks it.
    pub(crate) asked: bool,
}

impl MemoryLimiter {
    pub(crate) fn new(guard: Arc<Guard>, limit: Option<usize>) -> MemoryLimiter {
        MemoryLimiter {
            guard,
            limit,
            used: 0,
            asked: false,
        }
    }

    /// Warns, once, of a limit that no store keeps.
    pub(crate) fn warn_unless_asked(&mut self) {
        if self.limit.is_some() && !self.asked {
            self.asked = true;
            tracing::warn!(
                target: "wsp::quota",
                "the limit memory-bytes is set, but nothing keeps it: call wsp::limit_store for the store, or run the program with wsp::run"
            );
        }
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        let after = self.used.saturating_add(more);
        if self.limit.is_some_and(|limit| after > limit) {
            self.guard.refused(Refusal {
                kind: QuotaKind::MemoryBytes,
                scope: Scope::Instance,
            });
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use wasmtime::{Engine, Instance, Module, Store, TypedFunc};

    use super::*;
    use crate::policy::Policy;
    use crate::quota::Limits;

    const PAGE: usize = 64 << 10;

    /// A memory that grows by `pages`, as often as it is asked, and then fails to grow
    /// beyond its maximum; what it has at last, in pages.
    fn grown(limiter: MemoryLimiter, pages: u32, times: u32) -> u32 {
        let text = r#"(module
            (memory 1 65536)
            (func (export "grow") (param $pages i32) (param $times i32) (result i32)
                (loop $again
                    (drop (memory.grow (local.get $pages)))
                    (drop (memory.grow (i32.const 65536)))
                    (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                    (br_if $again (local.get $times)))
                memory.size))"#;
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, limiter);
        store.limiter(|limiter| limiter);
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let grow: TypedFunc<(u32, u32), u32> = instance.get_typed_func(&mut store, "grow").unwrap();
        grow.call(&mut store, (pages, times)).unwrap()
    }

    fn limiter(bytes: usize) -> MemoryLimiter {
        let guard = Guard::new(Policy::deny_all(), &Limits::default());
        MemoryLimiter::new(Arc::new(guard), Some(bytes))
    }

    #[test]
    fn a_growth_that_failed_gives_nothing_back_that_is_in_use() {
        assert_eq!(grown(limiter(64 * PAGE), 10, 100), 61);
        assert_eq!(grown(limiter(200 * PAGE), 10, 5), 51);
    }
}
