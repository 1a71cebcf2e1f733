//! `wasi:sockets/ip-name-lookup` 0.2, with names that are decided on, counted and asked for
//! as the embedder says.

use std::future::poll_fn;
use std::net::IpAddr;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress};
use wasmtime_wasi::p2::{Network, Pollable, SocketResult, subscribe};

use super::answer;
use crate::wasi::wasmtime_wasi::{Guarded, GuardedView};
use crate::wasi::{CannotLookUp, Lookup};

#[async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        poll_fn(|context| self.poll_found(context).map(drop)).await;
    }
}

impl From<CannotLookUp> for ErrorCode {
    fn from(why: CannotLookUp) -> ErrorCode {
        match why {
            CannotLookUp::Denied => ErrorCode::AccessDenied,
            CannotLookUp::Refused(_) => ErrorCode::TemporaryResolverFailure,
            CannotLookUp::Nobody => ErrorCode::PermanentResolverFailure,
        }
    }
}

pub(super) fn add_to_linker<T: GuardedView + 'static>(
    interface: &mut LinkerInstance<'_, T>,
) -> Result<()> {
    interface.resource(
        "resolve-address-stream",
        ResourceType::host::<Lookup>(),
        |mut store, number| {
            let table = store.data_mut().guarded().wasi.table;
            table.delete(Resource::<Lookup>::new_own(number))?;
            Ok(())
        },
    )?;
    interface.func_wrap(
        "resolve-addresses",
        |mut store: StoreContextMut<'_, T>, (network, name): (Resource<Network>, String)| {
            answer(resolve(store.data_mut().guarded(), &network, &name))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store: StoreContextMut<'_, T>, (lookup,): (Resource<Lookup>,)| {
            answer(next(store.data_mut().guarded(), &lookup))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store: StoreContextMut<'_, T>, (lookup,): (Resource<Lookup>,)| {
            Ok((subscribe(store.data_mut().guarded().wasi.table, lookup)?,))
        },
    )
}

fn resolve(
    guarded: Guarded<'_>,
    network: &Resource<Network>,
    name: &str,
) -> SocketResult<Resource<Lookup>> {
    // Who has one may ask for names.
    let _ = guarded.wasi.table.get(network)?;
    let lookup = guarded.sockets.look_up(name).map_err(ErrorCode::from)?;
    Ok(guarded.wasi.table.push(lookup)?)
}

fn next(guarded: Guarded<'_>, lookup: &Resource<Lookup>) -> SocketResult<Option<IpAddress>> {
    let lookup = guarded.wasi.table.get_mut(lookup)?;
    match lookup.poll_found(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => Err(ErrorCode::WouldBlock.into()),
        Poll::Ready(None) => Err(ErrorCode::NameUnresolvable.into()),
        Poll::Ready(Some(addresses)) => Ok(addresses.next().map(|address| match address {
            IpAddr::V4(v4) => IpAddress::Ipv4(v4.octets().into()),
            IpAddr::V6(v6) => IpAddress::Ipv6(v6.segments().into()),
        })),
    }
}
