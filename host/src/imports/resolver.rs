//! `winsock:spi/resolver`: the addresses of the names that the policy lets a program resolve.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wasmtime::Result;
use wasmtime::component::{ComponentType, Lower, WasmStr};

use wsp_guard::Guard;

use super::link::{Access, Interface, Link};
use super::lookups::Lookup;
use super::types::IpAddress;
use crate::policy::{NamePattern, Request};
use crate::resolver::Resolver;

/// The longest name, with a final dot (RFC 1035, as text).
const LONGEST_NAME: usize = 254;

/// `resolve-error`.
#[derive(Clone, Copy, ComponentType, Lower, Serialize, Deserialize)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum ResolveError {
    #[component(name = "acces")]
    Acces,
    #[component(name = "inval")]
    Inval,
    #[component(name = "host-not-found")]
    HostNotFound,
}

pub(crate) type Answer = Result<Vec<IpAddress>, ResolveError>;

/// Links `winsock:spi/resolver`. A call of `resolve-name` blocks the calling store, and only the
/// store.
pub(super) fn link<L: Link<Data: Send>>(link: &mut L) -> Result<()> {
    let mut instance = Interface::of(link, "winsock:spi/resolver@0.2.0");
    instance.blocking("resolve-name", |access, mut store, (name,): (WasmStr,)| {
        // The name is read in guest memory, so that its length costs nothing.
        let name = name.to_str(&store).map(|name| checked(&name));
        let (guard, resolver) = access.with(store.data_mut(), |ctx| {
            (ctx.guard(), Arc::clone(&ctx.resolver))
        });
        Box::new(async move {
            let answer = match name? {
                Some(name) => resolve(&guard, &*resolver, &name).await,
                None => Err(ResolveError::Inval),
            };
            Ok((answer,))
        })
    })?;
    instance.resource::<Lookup>("lookup", |ctx, lookup| ctx.lookups.forget(lookup.rep()))?;
    instance.function(
        "[static]lookup.start",
        |access, mut store, (name,): (WasmStr,)| {
            let name = checked(&name.to_str(&store)?);
            let started = access.with(store.data_mut(), |ctx| {
                let (guard, resolver) = (ctx.guard(), Arc::clone(&ctx.resolver));
                let told = (&ctx.shared, guard);
                ctx.lookups.start(name, told, resolver)
            });
            Ok((started?,))
        },
    )?;
    instance.call("[method]lookup.take", |ctx, (lookup,)| {
        ctx.lookups.take(&lookup)
    })
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

pub(super) async fn resolve(guard: &Guard, resolver: &dyn Resolver, name: &str) -> Answer {
    if !guard.permits(&Request::resolve(name)) {
        return Err(ResolveError::Acces);
    }
    let found = guard.resolve(name, resolver).await;
    let addresses = found.unwrap_or_else(|error| {
        tracing::debug!(target: "wsp::resolver", name, %error, "a name was not resolved");
        Vec::new()
    });
    if addresses.is_empty() {
        return Err(ResolveError::HostNotFound);
    }
    Ok(addresses.into_iter().map(IpAddress::from).collect())
}
