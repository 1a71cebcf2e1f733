//! What Linux has beyond POSIX.

pub(crate) mod batch;
pub(crate) mod notices;
pub(crate) mod queue;
