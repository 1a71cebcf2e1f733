//! Adding the host's interfaces to a linker.

use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::{Accessor, Linker};

use super::resolver;
use super::transport::link_blocking;
use super::{scheduling, words};
use crate::ctx::Ctx;
use crate::imports::bindings::{LinkOptions, SpiProvider};
use crate::view::{View, Wsp};

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
    add_to_embedder_linker::<T>(linker, get)?;
    link_blocking(linker, get)?;
    words::add_to_linker(linker)?;
    scheduling::add_to_linker(linker, get)?;
    resolver::add_to_linker(linker, get)?;
    if linker.engine().get_concurrency_support() {
        add_readiness(linker, get)?;
    }
    Ok(())
}

/// Adds `memory`, `transport` and `gather` without what blocks, so
/// that every call of a provider component stays a plain synchronous call.
pub(crate) fn add_to_embedder_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Ctx,
) -> Result<()> {
    let mut options = LinkOptions::default();
    options.tickets(true);
    SpiProvider::add_to_linker::<T, Wsp>(linker, &options, get)
}

fn add_readiness<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Ctx,
) -> Result<()> {
    linker
        .instance("winsock:spi/readiness@0.2.0")?
        .func_wrap_concurrent(
            "finished-after",
            move |accessor: &Accessor<T>, (seen,): (u64,)| {
                let shared = accessor.with(|mut access| Arc::clone(&get(access.data_mut()).shared));
                Box::pin(async move { Ok((shared.finished_after(seen).await,)) })
            },
        )
}
