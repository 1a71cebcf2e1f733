//! The command's allocator: the system's, with a count for each thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Allocations that this thread has made so far; growing one counts too.
pub(crate) fn of_this_thread() -> u64 {
    COUNT.with(Cell::get)
}

/// Counts, which costs a thread-local addition, and allocates with [`System`].
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // A thread that is ending may have no count any more.
    let _ = COUNT.try_with(|count| count.set(count.get().wrapping_add(1)));
}

#[allow(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: Every call goes to `System` as it came, and counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: The caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: As above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: As above.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: As above.
        unsafe { System.dealloc(old, layout) }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_allocation_of_this_thread_is_counted_and_one_of_another_is_not() {
        let before = super::of_this_thread();
        drop(std::hint::black_box(Box::new(1)));
        let after = super::of_this_thread();
        assert_eq!(after, before + 1);
        let other = std::thread::scope(|scope| {
            let begin = super::of_this_thread();
            let counting = scope.spawn(|| drop(std::hint::black_box(vec![1; 10])));
            let spawned = super::of_this_thread() - begin;
            counting.join().map(|()| spawned)
        });
        assert!(other.is_ok());
    }
}
