//! `winsock:spi/resolver`: the addresses of the names that the policy lets a program resolve.

use std::sync::Arc;

use wasmtime::component::{ComponentType, Linker, Lower, Resource, ResourceType, WasmStr};
use wasmtime::{Result, StoreContextMut};

use wsp_guard::Guard;

use super::lookups::Lookup;
use super::types::IpAddress;
use crate::ctx::Ctx;
use crate::policy::{NamePattern, Request};
use crate::resolver::Resolver;

/// The longest name, with a final dot (RFC 1035, as text).
const LONGEST_NAME: usize = 254;

/// `resolve-error`.
#[derive(Clone, Copy, ComponentType, Lower)]
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

/// Adds `winsock:spi/resolver`. A call of `resolve-name` blocks the calling store, and only the
/// store.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Ctx,
) -> Result<()> {
    let mut instance = linker.instance("winsock:spi/resolver@0.2.0")?;
    instance.func_wrap_async(
        "resolve-name",
        move |mut store: StoreContextMut<'_, T>, (name,): (WasmStr,)| {
            // The name is read in guest memory, so that its length costs nothing.
            let name = name.to_str(&store).map(|name| checked(&name));
            let ctx = get(store.data_mut());
            let (guard, resolver) = (ctx.guard(), Arc::clone(&ctx.resolver));
            Box::new(async move {
                let answer = match name? {
                    Some(name) => resolve(&guard, &*resolver, &name).await,
                    None => Err(ResolveError::Inval),
                };
                Ok((answer,))
            })
        },
    )?;
    instance.resource(
        "lookup",
        ResourceType::host::<Lookup>(),
        move |mut store, rep| get(store.data_mut()).lookups.forget(rep),
    )?;
    instance.func_wrap(
        "[static]lookup.start",
        move |mut store: StoreContextMut<'_, T>, (name,): (WasmStr,)| {
            let name = checked(&name.to_str(&store)?);
            let ctx = get(store.data_mut());
            let (guard, resolver) = (ctx.guard(), Arc::clone(&ctx.resolver));
            let told = (&ctx.shared, guard);
            Ok((ctx.lookups.start(name, told, resolver)?,))
        },
    )?;
    instance.func_wrap(
        "[method]lookup.take",
        move |mut store: StoreContextMut<'_, T>, (lookup,): (Resource<Lookup>,)| {
            Ok((get(store.data_mut()).lookups.take(&lookup)?,))
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
