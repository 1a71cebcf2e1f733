//! Bounding what a store itself uses.

use wasmtime::Store;

use crate::view::View;

/// Applies [`crate::Limits::memory_bytes`] and [`crate::Limits::call_bytes`] of
/// the store's [`crate::Ctx`] to the whole store. Memory that would exceed the
/// limit is not given: the program sees a failed `memory.grow`. The store gets
/// handles for as many sockets and operations as the quota allows.
///
/// Call it before anything is instantiated in the store.
pub fn limit_store<T: View + 'static>(store: &mut Store<T>) {
    let ctx = store.data_mut().wsp();
    ctx.memory_limiter().asked = true;
    let (call_bytes, handles) = (ctx.call_bytes(), ctx.handles());
    store.set_hostcall_fuel(call_bytes);
    store.set_max_component_handles(handles);
    store.limiter(|data| data.wsp().memory_limiter());
}
