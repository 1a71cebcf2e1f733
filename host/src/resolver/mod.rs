//! What finds the addresses of names for programs.

use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;
pub use wsp_guard::names::{Answer, Resolver, Resolving};

#[cfg(feature = "dns")]
mod dns;
mod hosts;

#[cfg(feature = "dns")]
pub use dns::DnsResolver;

/// Asks the system, in a thread of tokio's for what blocks.
struct SystemResolver;

/// Lookups by the system at once, for all programs of the process together. A lookup
/// that is given up still goes on, so there is a bound.
static ASKING: Semaphore = Semaphore::const_new(64);

impl Resolver for SystemResolver {
    fn resolve(&self, name: &str) -> Resolving {
        let name = name.to_owned();
        Box::pin(async move {
            let asking = ASKING.acquire().await.map_err(io::Error::other)?;
            let answer = tokio::task::spawn_blocking(move || {
                let answer = hosts::system(&name);
                drop(asking);
                answer
            });
            let addresses = answer.await.map_err(io::Error::other)??;
            Ok(addresses.into_iter().collect())
        })
    }
}

/// The resolver of instances whose settings name none.
pub(crate) fn system() -> Arc<dyn Resolver> {
    Arc::new(SystemResolver)
}
