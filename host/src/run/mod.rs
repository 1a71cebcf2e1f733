//! Running programs: command components, which export `wasi:cli/run`.
//!
//! With the feature `run`, `Runner` compiles a program and `Program::run` runs it, of WASI
//! 0.2 or 0.3, composed with the provider or not, in a store where every limit of
//! its [`Settings`](crate::Settings) holds.
//!
//! An embedder that needs a store of its own, for example because it has functions of its own
//! to link, calls [`limit_store`], and [`tick_epochs`] and [`yield_each_epoch`] where programs
//! are to be ended; [`Interfaces::leave_room`](crate::compose::Interfaces::leave_room) counts
//! what instances take.

mod epochs;
#[cfg(feature = "run")]
mod error;
mod limit;
#[cfg(feature = "run")]
mod machine;
#[cfg(feature = "run")]
mod outcome;
#[cfg(feature = "run")]
mod program;
#[cfg(feature = "run")]
mod runner;
#[cfg(feature = "run")]
mod store;
#[cfg(all(test, feature = "run"))]
mod tests;
#[cfg(feature = "run")]
mod timed_out;

pub use epochs::{tick_epochs, yield_each_epoch};
#[cfg(feature = "run")]
pub use error::RunError;
pub use limit::limit_store;
#[cfg(feature = "run")]
pub use machine::configure;
#[cfg(feature = "run")]
pub use outcome::{Outcome, Trap};
#[cfg(feature = "run")]
pub use program::{Prepared, Program};
#[cfg(feature = "run")]
pub use runner::Runner;
#[cfg(feature = "run")]
pub(crate) use store::State;
#[cfg(feature = "run")]
pub use store::wasi;
#[cfg(feature = "run")]
pub use timed_out::{Computing, TimedOut};
