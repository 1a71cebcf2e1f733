//! What finds the addresses of names for programs.

use std::sync::Arc;

use wsp_guard::names::SystemResolver;
pub use wsp_guard::names::{Answer, Resolver, Resolving};

#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "dns")]
pub use dns::DnsResolver;

/// The resolver of instances whose settings name none.
pub(crate) fn system() -> Arc<dyn Resolver> {
    Arc::new(SystemResolver)
}
