//! Completion routines. No call goes from the provider to a program, so a
//! routine waits here, as a closure, until an alertable wait runs it.

use std::{cell::RefCell, collections::BTreeMap};

use wsp_core::WsaError;

use crate::bindings::winsock::spi::{
    provider::{self, CompletionRoutine},
    types::MessageFlags,
};

/// The `lpThreadId` of a component's only thread.
pub(crate) const THREAD: u32 = 1;

/// The arguments of a completion routine.
#[derive(Clone, Copy, Debug)]
pub struct Completion {
    /// `dwError`; `None` for success.
    pub error: Option<WsaError>,
    /// `cbTransferred`, in bytes.
    pub transferred: u32,
    /// `dwFlags`; empty for sends.
    pub flags: MessageFlags,
}

impl Completion {
    /// The bytes transferred, of an operation that did not fail.
    ///
    /// # Errors
    ///
    /// The error that the operation ended with.
    pub fn result(&self) -> Result<u32, WsaError> {
        self.error.map_or(Ok(self.transferred), Err)
    }
}

type Routine = Box<dyn FnOnce(Completion)>;

#[derive(Default)]
struct Routines {
    next: u64,
    waiting: BTreeMap<u64, Routine>,
}

thread_local! {
    static ROUTINES: RefCell<Routines> = RefCell::default();
}

/// Keeps `routine` until its operation has completed; [`forget`] takes it back.
pub(crate) fn keep(routine: Routine) -> CompletionRoutine {
    ROUTINES.with_borrow_mut(|routines| {
        let context = routines.next;
        routines.next += 1;
        routines.waiting.insert(context, routine);
        CompletionRoutine {
            thread_id: THREAD,
            context,
        }
    })
}

/// Drops a routine whose operation was not accepted.
pub(crate) fn forget(routine: CompletionRoutine) {
    let routine = take(routine.context);
    drop(routine);
}

/// Runs the routines that are ready.
pub(crate) fn run_ready() {
    while let Some(completion) = provider::next_completion(THREAD) {
        if let Some(routine) = take(completion.context()) {
            routine(Completion {
                error: completion.error().map(WsaError::from),
                transferred: completion.transferred(),
                flags: completion.message_flags(),
            });
        }
        // Only now may another routine of the same socket run.
        drop(completion);
    }
}

/// The registry is not borrowed while a routine runs or is dropped, since either may use it.
fn take(context: u64) -> Option<Routine> {
    ROUTINES.with_borrow_mut(|routines| routines.waiting.remove(&context))
}
