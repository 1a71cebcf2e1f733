//! `winsock:spi/scheduling`: which of a program's threads runs, as its library says.

use wasmtime::component::Linker;
use wasmtime::{Result, StoreContextMut};

use crate::ctx::Ctx;

/// Adds the interface to a linker.
///
/// # Errors
///
/// If the linker has it already.
pub(super) fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Ctx,
) -> Result<()> {
    linker.instance("winsock:spi/scheduling@0.2.0")?.func_wrap(
        "running",
        move |mut store: StoreContextMut<'_, T>, (thread,): (u32,)| {
            let ctx = get(store.data_mut());
            ctx.running_thread = Some(thread);
            if let Some(tracer) = ctx.shared.tracer() {
                tracer.runs(thread);
            }
            Ok(())
        },
    )
}
