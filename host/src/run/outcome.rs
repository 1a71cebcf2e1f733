//! How a program ended.

use std::fmt;
use std::sync::Arc;

use wasmtime_wasi::I32Exit;

use super::timed_out::TimedOut;
use crate::printable::one_line;
use crate::tape::{Divergence, How};

/// How a program ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// By itself, with this exit status: what it gave to `wasi:cli/exit`, or 0 where its main
    /// function returned well and 1 where it did not. A status above 255 is 1.
    Exited(u8),
    /// It trapped.
    Trapped(Trap),
    /// It was ended when its [`Limits::timeout`](crate::Limits::timeout) was up.
    TimedOut(TimedOut),
    /// It was ended because it had a connection of `wasi:sockets` that a policy which came
    /// into force does not allow ([`LivePolicy`](crate::LivePolicy)). The log and the audit
    /// say which.
    Revoked,
    /// It was [replayed](super::Program::replay), and did something else than was recorded.
    Diverged(Arc<Divergence>),
}

impl Outcome {
    /// The exit status of a process whose program trapped: as if it had aborted.
    pub const TRAPPED: u8 = 134;

    /// The exit status of a process whose program's time was up, as of the command `timeout`.
    pub const TIMED_OUT: u8 = 124;

    /// The exit status of a process whose program was ended by a policy: as if it had been
    /// killed.
    pub const REVOKED: u8 = 137;

    /// The exit status of a process whose program was replayed and did something else than was
    /// recorded.
    pub const DIVERGED: u8 = 123;

    /// Whether it ended by itself, and well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Exited(0))
    }

    /// The exit status of a process that passes this on: the program's own,
    /// [`Outcome::TRAPPED`], [`Outcome::TIMED_OUT`], [`Outcome::REVOKED`] or
    /// [`Outcome::DIVERGED`].
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Outcome::Exited(status) => *status,
            Outcome::Trapped(_) => Outcome::TRAPPED,
            Outcome::TimedOut(_) => Outcome::TIMED_OUT,
            Outcome::Revoked => Outcome::REVOKED,
            Outcome::Diverged(_) => Outcome::DIVERGED,
        }
    }

    /// How it ended, for its recording; none if it was ended.
    pub(super) fn how(&self) -> Option<How> {
        match self {
            Outcome::Exited(status) => Some(How::Exited(*status)),
            Outcome::Trapped(trap) => Some(How::Trapped(trap.to_string())),
            Outcome::TimedOut(_) | Outcome::Revoked | Outcome::Diverged(_) => None,
        }
    }

    /// What the call of `wasi:cli/run` returned.
    pub(super) fn of(returned: wasmtime::Result<Result<(), ()>>) -> Outcome {
        let error = match returned {
            Ok(Ok(())) => return Outcome::Exited(0),
            Ok(Err(())) => return Outcome::Exited(1),
            Err(error) => error,
        };
        match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(status)) => Outcome::Exited(u8::try_from(*status).unwrap_or(1)),
            None => Outcome::Trapped(Trap(error)),
        }
    }
}

/// Why a program trapped. It prints as one line; [`Trap::error`] has the program's stack too.
#[derive(Debug)]
pub struct Trap(wasmtime::Error);

impl Trap {
    /// The engine's error.
    #[must_use]
    pub fn error(&self) -> &wasmtime::Error {
        &self.0
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.0.root_cause().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_returns_is_its_exit_status() {
        let exited = |status| Outcome::of(Err(I32Exit(status).into())).exit_status();
        assert_eq!(Outcome::of(Ok(Ok(()))).exit_status(), 0);
        assert_eq!(Outcome::of(Ok(Err(()))).exit_status(), 1);
        assert_eq!([0, 7, 255, 256, -1].map(exited), [0, 7, 255, 1, 1]);
        assert!(Outcome::of(Err(I32Exit(0).into())).is_success());
        assert!(!Outcome::of(Ok(Err(()))).is_success());
    }

    #[test]
    fn a_trap_is_one_line_that_commands_no_terminal() {
        let trap = wasmtime::Error::msg("a\nb\u{1b}[2J").context("while running");
        let outcome = Outcome::of(Err(trap));
        assert_eq!(outcome.exit_status(), Outcome::TRAPPED);
        let Outcome::Trapped(trap) = outcome else {
            return assert!(matches!(outcome, Outcome::Trapped(_)));
        };
        assert_eq!(trap.to_string(), r"a b\u{1b}[2J");
    }
}
