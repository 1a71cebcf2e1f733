//! `winsock:spi/resolver`: the addresses of the names that the policy lets a program resolve.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::{ComponentType, Linker, Lower, WasmStr};
use wasmtime::{Result, StoreContextMut};

use wsp_guard::Guard;

use super::bindings::winsock::spi::types::IpAddress;
use crate::ctx::CtxView;
use crate::policy::{NamePattern, Request};

mod hosts;

/// The longest name, with a final dot (RFC 1035, as text).
const LONGEST_NAME: usize = 254;

/// Addresses in one answer.
const MOST_ADDRESSES: usize = 64;

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

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> IpAddress {
        match address {
            IpAddr::V4(v4) => IpAddress::Inet(v4.octets().into()),
            IpAddr::V6(v6) => IpAddress::Inet6(v6.segments().into()),
        }
    }
}

/// `resolve-error`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
enum ResolveError {
    #[component(name = "acces")]
    Acces,
    #[component(name = "inval")]
    Inval,
    #[component(name = "host-not-found")]
    HostNotFound,
}

type Answer = Result<Vec<IpAddress>, ResolveError>;

/// Adds `winsock:spi/resolver`. A call blocks the calling store, and only the store.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> CtxView<'_>,
) -> Result<()> {
    linker
        .instance("winsock:spi/resolver@0.2.0")?
        .func_wrap_async(
            "resolve-name",
            move |mut store: StoreContextMut<'_, T>, (name,): (WasmStr,)| {
                // The name is read in guest memory, so that its length costs nothing.
                let name = name.to_str(&store).map(|name| checked(&name));
                let ctx = get(store.data_mut()).ctx;
                let (guard, resolver) = (ctx.guard(), Arc::clone(&ctx.resolver));
                Box::new(async move {
                    let answer = match name? {
                        Some(name) => resolve(&guard, &*resolver, &name).await,
                        None => Err(ResolveError::Inval),
                    };
                    Ok((answer,))
                })
            },
        )
}

/// The name, if it is one that a resolver takes for a DNS name.
fn checked(name: &str) -> Option<String> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    match name.parse() {
        Ok(NamePattern::Exact(_)) => Some(name.to_owned()),
        Ok(_) | Err(_) => None,
    }
}

async fn resolve(guard: &Guard, resolver: &dyn Resolver, name: &str) -> Answer {
    guard
        .decide(&Request::resolve(name))
        .ok_or(ResolveError::Acces)?;
    let found = resolver.resolve(name).await.unwrap_or_else(|error| {
        tracing::debug!(target: "wsp::resolver", name, %error, "a name was not resolved");
        Vec::new()
    });
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        if addresses.len() < MOST_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(ResolveError::HostNotFound);
    }
    Ok(addresses.into_iter().map(IpAddress::from).collect())
}
