//! What is measured, one file for each kind of number.

pub(crate) mod broadcast;
pub(crate) mod instances;
pub(crate) mod instructions;
pub(crate) mod latency;
pub(crate) mod machine;
pub(crate) mod outstanding;
pub(crate) mod profile;
pub(crate) mod rounds;
pub(crate) mod run;
pub(crate) mod sockets;
pub(crate) mod start;
pub(crate) mod threads;
pub(crate) mod traced;
