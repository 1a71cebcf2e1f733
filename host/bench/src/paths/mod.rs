//! The ways to send that are compared.

pub(crate) mod embedder;
pub(crate) mod guest;
pub(crate) mod native;
pub(crate) mod settings;
