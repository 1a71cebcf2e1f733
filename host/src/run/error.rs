//! Why a program is not run.

use crate::compose::{ComposeError, InstancesTooLarge};
use crate::isolate::IsolateError;
use crate::printable::one_line;

/// Why a program is not run, as a sentence whose subject is the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It cannot be compiled in a child process.
    #[error(transparent)]
    Isolate(#[from] IsolateError),
    /// It cannot be composed with the provider.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// Its instances need more than [`Limits::memory_bytes`](crate::Limits::memory_bytes).
    #[error(transparent)]
    TooLarge(#[from] InstancesTooLarge),
    /// It exports no `wasi:cli/run`, or imports what nothing here provides. The text is the
    /// whole sentence.
    #[error("{0}")]
    NoCommand(String),
    /// It has a [`Limits::timeout`](crate::Limits::timeout), but was compiled by a runner
    /// without epochs.
    #[error(
        "it has a time-out, and was compiled without epochs, which would end it: compile it with wsp::run::Runner::new"
    )]
    Untimed,
    /// The system has no thread that counts epochs.
    #[error("it cannot be run, because time cannot be kept: {0}")]
    Clock(std::io::Error),
    /// The engine cannot compile, load, link or instantiate it, or there is no tokio runtime
    /// with I/O and time.
    #[error("{}", one_line(&format!("{:#}", .0)))]
    Engine(wasmtime::Error),
}

impl From<wasmtime::Error> for RunError {
    fn from(error: wasmtime::Error) -> RunError {
        RunError::Engine(error)
    }
}
