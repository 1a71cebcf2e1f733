//! What finds the addresses of names for programs.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

mod hosts;

/// What a [`Resolver`] returns.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of names for programs, in place of the system's
/// resolver. It is asked only for names that the policy lets the program resolve.
///
/// ```
/// use std::sync::Arc;
/// use wsp::{Resolving, Settings};
/// use wsp::policy::Policy;
///
/// let policy = Policy::deny_all().allow_resolve("db.example".parse()?);
/// let settings = Settings::new(policy).with_resolver(Arc::new(|_name: &str| -> Resolving {
///     Box::pin(async { Ok(vec!["192.0.2.1".parse().map_err(std::io::Error::other)?]) })
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Resolver: Send + Sync {
    /// The addresses of `name`, which is a DNS name. An error, or no address,
    /// reaches the program as WSAHOST_NOT_FOUND.
    fn resolve(&self, name: &str) -> Resolving;
}

impl<F: Fn(&str) -> Resolving + Send + Sync> Resolver for F {
    fn resolve(&self, name: &str) -> Resolving {
        self(name)
    }
}

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
            answer.await.map_err(io::Error::other)?
        })
    }
}

/// The resolver of instances whose settings name none.
pub(crate) fn system() -> Arc<dyn Resolver> {
    Arc::new(SystemResolver)
}
