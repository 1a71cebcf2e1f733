//! `winsock:spi/memory`: WSABUF arrays and receive buffers, owned by the host.
//!
//! Written by hand, because generated bindings copy every list: a WSABUF array
//! here holds *views* into the program's memory, which are read when the send
//! runs, and copied only where something stays pending.

mod arrays;
mod receive_buffer;
mod skip;
mod wsabuf_array;

pub(crate) use arrays::Arrays;
pub use receive_buffer::ReceiveBuffer;
pub(crate) use receive_buffer::Room;
pub(crate) use skip::{beyond, consume, first};
pub(crate) use wsabuf_array::Slices;
pub use wsabuf_array::WsabufArray;

use wasmtime::component::{HasData, Linker, Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};

use crate::ctx::CtxView;

/// What `D::Data` must be for [`add_to_linker`]: a view of a [`crate::Ctx`].
pub trait Host {
    /// The view itself.
    fn wsp(&mut self) -> CtxView<'_>;
}

impl Host for CtxView<'_> {
    fn wsp(&mut self) -> CtxView<'_> {
        CtxView { ctx: self.ctx }
    }
}

/// Satisfied by whatever has data; here for symmetry with generated interfaces.
pub trait HostWithStore<T>: HasData {}

impl<T, D: HasData + ?Sized> HostWithStore<T> for D {}

/// Adds `winsock:spi/memory` to a linker, for embedders who bring their own
/// getter. [`crate::add_to_linker`] does it for a [`crate::View`].
///
/// # Errors
///
/// When the linker has the interface already.
pub fn add_to_linker<T, D>(linker: &mut Linker<T>, get: fn(&mut T) -> D::Data<'_>) -> Result<()>
where
    T: 'static,
    D: HostWithStore<T>,
    for<'a> D::Data<'a>: Host,
{
    let mut interface = linker.instance("winsock:spi/memory@0.1.0")?;

    interface.resource(
        "wsabuf-array",
        ResourceType::host::<WsabufArray>(),
        move |mut store: StoreContextMut<'_, T>, rep| {
            get(store.data_mut()).wsp().ctx.arrays.remove(rep)
        },
    )?;
    interface.func_wrap(
        "[constructor]wsabuf-array",
        move |mut store: StoreContextMut<'_, T>, (buffers,): (WasmList<WasmList<u8>>,)| {
            let mut array = WsabufArray::default();
            let mut view = get(store.data_mut());
            let admitted = view.wsp().ctx.arrays.admit(&mut array, buffers.len());
            drop(view);
            array.describe(&mut store, &buffers, admitted)?;
            Ok((get(store.data_mut()).wsp().ctx.push_array(array)?,))
        },
    )?;
    interface.func_wrap(
        "[method]wsabuf-array.key",
        move |mut store: StoreContextMut<'_, T>, (array,): (Resource<WsabufArray>,)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().ctx.arrays.key(array.rep())?,))
        },
    )?;
    interface.func_wrap(
        "[static]wsabuf-array.describe",
        move |mut store: StoreContextMut<'_, T>, (key, buffers): (u64, WasmList<WasmList<u8>>)| {
            let mut array = get(store.data_mut()).wsp().ctx.arrays.lend(key)?;
            let mut view = get(store.data_mut());
            let admitted = view.wsp().ctx.arrays.admit(&mut array, buffers.len());
            drop(view);
            array.describe(&mut store, &buffers, admitted)?;
            get(store.data_mut()).wsp().ctx.arrays.put_back(key, array);
            Ok(())
        },
    )?;
    interface.func_wrap(
        "[static]wsabuf-array.count",
        move |mut store: StoreContextMut<'_, T>, (key,): (u64,)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().ctx.arrays.get(key)?.count(),))
        },
    )?;
    interface.func_wrap(
        "[static]wsabuf-array.total-length",
        move |mut store: StoreContextMut<'_, T>, (key,): (u64,)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().ctx.arrays.get(key)?.total_length(),))
        },
    )?;

    interface.resource(
        "receive-buffer",
        ResourceType::host::<ReceiveBuffer>(),
        move |mut store: StoreContextMut<'_, T>, rep| {
            get(store.data_mut()).wsp().ctx.drop_room(rep)
        },
    )?;
    interface.func_wrap(
        "[constructor]receive-buffer",
        move |mut store: StoreContextMut<'_, T>, (capacity,): (u32,)| {
            Ok((get(store.data_mut()).wsp().ctx.push_room(capacity)?,))
        },
    )?;
    interface.func_wrap(
        "[method]receive-buffer.read",
        move |mut store: StoreContextMut<'_, T>,
              (room, offset, length): (Resource<ReceiveBuffer>, u32, u32)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().ctx.room(&room)?.read(offset, length),))
        },
    )?;
    Ok(())
}
