//! A guest's `list<list<u8>>`, looked at where it lies.

use smallvec::SmallVec;
use wasmtime::component::WasmList;
use wasmtime::{AsContextMut, Result, StoreContext, StoreContextMut};

use wsp_transport::{INLINE_PARTS, Payload, Slices};

/// The parts of a list; a few need no allocation. More than a thousand bytes, so it is
/// filled where it lies.
pub(crate) type Parts = SmallVec<[WasmList<u8>; INLINE_PARTS]>;

/// Calls `call` with what a send of `list` sends, whose number of parts was admitted.
///
/// # Errors
///
/// If a part is outside of the guest's memory.
pub(crate) fn with_payload<T: 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmList<u8>>,
    call: impl FnOnce(&Payload<'_>) -> R,
) -> Result<R> {
    let mut parts = Parts::new();
    collect(store, list, &mut parts)?;
    let parts = parts.iter();
    let parts = parts.map(|part| part.as_le_slice(StoreContext::from(&*store)));
    let mut slices = Slices::new();
    Ok(call(&Payload::borrowed(parts, &mut slices)))
}

/// Puts the parts of `list` into `parts`. That copies no payload, whatever its length, so it
/// costs nothing of what a call may lift.
pub(crate) fn collect<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmList<u8>>,
    parts: &mut Parts,
) -> Result<()> {
    let call_bytes = store.hostcall_fuel();
    store.set_hostcall_fuel(usize::MAX);
    let collected = lift(store, list, parts);
    store.set_hostcall_fuel(call_bytes);
    collected
}

fn lift<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmList<u8>>,
    parts: &mut Parts,
) -> Result<()> {
    parts.reserve(list.len());
    for part in list.iter(store.as_context_mut())? {
        parts.push(part?);
    }
    Ok(())
}
