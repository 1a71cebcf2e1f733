//! What a program did when its time was up.

use std::fmt;
use std::time::Duration;

use wasmtime::{Store, UpdateDeadline, WasmBacktrace};

use super::store::State;
use crate::printable::one_line;

/// So many functions are named, the innermost first, and so much of each name.
const FUNCTIONS: usize = 3;
const CHARACTERS: usize = 80;

/// A program was ended because its time was up. It prints as what the program did then.
#[derive(Clone, Debug)]
pub struct TimedOut {
    limit: Duration,
    computing: Option<Computing>,
}

impl TimedOut {
    pub(super) fn new(limit: Duration, computing: Option<Computing>) -> TimedOut {
        TimedOut { limit, computing }
    }

    /// The time that it had.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Where it computed; none if it waited.
    #[must_use]
    pub fn computing(&self) -> Option<&Computing> {
        self.computing.as_ref()
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.computing {
            None => f.write_str("it waited"),
            Some(computing) => write!(f, "it computed{computing}"),
        }
    }
}

/// Where a program computed, as far as it says: its functions have names unless it was built
/// without them. It prints as in " in spin, called by worker, in thread 2".
#[derive(Clone, Debug, Default)]
pub struct Computing {
    thread: Option<u32>,
    functions: Vec<String>,
}

impl Computing {
    /// The thread that ran, as GetCurrentThreadId returns it, in a program with several.
    #[must_use]
    pub fn thread(&self) -> Option<u32> {
        self.thread
    }

    /// The innermost functions with names, the one that computed first: three at most, on one
    /// line each.
    #[must_use]
    pub fn functions(&self) -> &[String] {
        &self.functions
    }
}

impl fmt::Display for Computing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, function) in self.functions.iter().enumerate() {
            let how = if nth == 0 { " in" } else { ", called by" };
            write!(f, "{how} {function}")?;
        }
        match self.thread {
            Some(thread) if self.functions.is_empty() => write!(f, " in thread {thread}"),
            Some(thread) => write!(f, ", in thread {thread}"),
            None => Ok(()),
        }
    }
}

/// Makes a program yield at the end of every epoch, and end at the end of one once its time
/// is up.
pub(super) fn end_in_time(store: &mut Store<State>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        let state = store.data();
        match state.time_is_up() {
            false => Ok(UpdateDeadline::Yield(1)),
            true => Err(TimeIsUp(state.running_thread()).into()),
        }
    });
}

/// Ends a program that computes, and is the error of its call then.
#[derive(Debug, thiserror::Error)]
#[error("its time is up")]
struct TimeIsUp(Option<u32>);

/// Where the program computed whose call ended with `error`; none if it had time left.
pub(super) fn computing(error: &wasmtime::Error) -> Option<Computing> {
    let TimeIsUp(thread) = error.downcast_ref()?;
    let backtrace = error.downcast_ref::<WasmBacktrace>();
    let frames = backtrace.map_or(&[][..], WasmBacktrace::frames).iter();
    let names = frames.filter_map(|frame| frame.func_name());
    Some(Computing {
        thread: *thread,
        functions: names.take(FUNCTIONS).map(shown).collect(),
    })
}

/// A function's name, which its program chose.
fn shown(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let short: String = name.chars().take(CHARACTERS).collect();
    one_line(&short)
}
