//! A guest's `list<list<u8>>`, looked at where it lies.

use smallvec::SmallVec;
use wasmtime::component::WasmList;
use wasmtime::{AsContextMut, Result, StoreContext, StoreContextMut};

use crate::transport::{INLINE_PARTS, Payload};

/// The parts of a list; a few need no allocation.
pub(crate) type Parts = SmallVec<[WasmList<u8>; INLINE_PARTS]>;

/// The parts of `list`, whose number was admitted. That copies no payload, whatever its
/// length, so it costs nothing of what a call may lift.
pub(crate) fn parts<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmList<u8>>,
) -> Result<Parts> {
    let call_bytes = store.hostcall_fuel();
    store.set_hostcall_fuel(usize::MAX);
    let parts = collect(store, list);
    store.set_hostcall_fuel(call_bytes);
    parts
}

fn collect<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmList<u8>>,
) -> Result<Parts> {
    let mut parts = Parts::with_capacity(list.len());
    for part in list.iter(store.as_context_mut())? {
        parts.push(part?);
    }
    Ok(parts)
}

/// What a send of these parts sends, for as long as the store is left alone.
pub(crate) fn payload<'a, T: 'static>(
    store: &'a StoreContextMut<'_, T>,
    parts: &[WasmList<u8>],
) -> Payload<'a> {
    Payload::lent(
        parts
            .iter()
            .map(|part| part.as_le_slice(StoreContext::from(store))),
    )
}
