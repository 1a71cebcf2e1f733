//! The system's resolver.

use std::io;

use tokio::sync::Semaphore;

use super::{Resolver, Resolving, hosts};

/// Asks the system, in a thread of tokio's for what blocks. At most 64 lookups are under way
/// at once, for all programs of the process together.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

/// A lookup that is given up still goes on, so there is a bound.
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
