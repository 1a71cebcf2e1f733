//! Adding the host's interfaces to a linker.

use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::Linker;

use super::link::{Access, Interface, Link, Plain};
use super::{gather, memory, resolver, scheduling, transport, words};
use crate::ctx::Ctx;
use crate::view::View;

/// Adds `winsock:spi/memory`, `transport`, `gather`, `words`, `scheduling` and `resolver`, and,
/// if the engine supports concurrency, `readiness`, for programs that are composed
/// with the provider. Instantiate them with `instantiate_async`: a blocking call
/// suspends the store.
///
/// # Errors
///
/// When the linker has one of the interfaces already.
///
/// # Example
///
/// ```
/// use wasmtime::component::Linker;
/// # struct State { wsp: wsp::Ctx }
/// # impl wsp::View for State {
/// #     fn wsp(&mut self) -> &mut wsp::Ctx { &mut self.wsp }
/// # }
/// # fn main() -> wasmtime::Result<()> {
/// let engine = wasmtime::Engine::default();
/// let mut linker = Linker::<State>::new(&engine);
/// wsp::add_to_linker(&mut linker)?;
/// # Ok(())
/// # }
/// ```
pub fn add_to_linker<T: View + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add_to_linker_with::<T>(linker, T::wsp)
}

/// As [`add_to_linker`], for store data that does not implement [`View`].
///
/// # Errors
///
/// When the linker has one of the interfaces already.
pub fn add_to_linker_with<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Ctx,
) -> Result<()> {
    let concurrent = linker.engine().get_concurrency_support();
    link(&mut Plain::new(linker, get), concurrent)
}

/// Adds `memory`, `transport` and `gather` without what blocks, so
/// that every call of a provider component stays a plain synchronous call.
#[cfg(feature = "embed")]
pub(crate) fn add_to_embedder_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Ctx,
) -> Result<()> {
    link_without_blocking(&mut Plain::new(linker, get))
}

fn link_without_blocking<L: Link>(link: &mut L) -> Result<()> {
    memory::link(link)?;
    transport::link(link)?;
    gather::link(link)
}

/// Links everything that a host has for whole programs; `readiness` if there is concurrency.
pub(crate) fn link<L: Link<Data: Send>>(link: &mut L, concurrent: bool) -> Result<()> {
    link_without_blocking(link)?;
    transport::link_blocking(link)?;
    gather::link_send_rest(link)?;
    words::link(link)?;
    scheduling::link(link)?;
    resolver::link(link)?;
    if concurrent {
        link_readiness(link)?;
    }
    Ok(())
}

fn link_readiness<L: Link<Data: Send>>(link: &mut L) -> Result<()> {
    let mut readiness = Interface::of(link, "winsock:spi/readiness@0.2.0");
    readiness.concurrent("finished-after", |access, accessor, (seen,): (u64,)| {
        let shared =
            accessor.with(|mut data| access.with(data.data_mut(), |ctx| Arc::clone(&ctx.shared)));
        Box::pin(async move { Ok((shared.finished_after(seen).await,)) })
    })
}
