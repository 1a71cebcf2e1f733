//! Bounding the store that a program runs in.

mod epochs;
mod memory;

pub(crate) use memory::MemoryLimiter;

pub use epochs::{tick_epochs, yield_each_epoch};
pub use memory::limit_store;
