//! Locks that outlive a panicking holder; `wsp` takes its own with them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. What it guards is kept consistent at every step, so a panic
/// elsewhere is no reason to fail here as well.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
