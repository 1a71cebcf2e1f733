//! `winsock:spi/memory`: WSABUF arrays and receive buffers, owned by the host.
//!
//! Written by hand, because generated bindings copy a list before anything can be asked
//! of it: an array that exceeds a limit is refused and not lifted.

mod list;
pub(crate) mod wsabuf_array;

pub(crate) use list::with_payload;
pub use wsabuf_array::WsabufArray;
pub use wsp_transport::ReceiveBuffer;

use wasmtime::component::{HasData, Linker, Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};
use wsp_guard::Guard;

use crate::ctx::Ctx;
use crate::imports::types::DatagramInfo;
use crate::quota::Part;

/// What `D::Data` must be for [`add_to_linker`]: access to a [`Ctx`].
pub trait Host {
    /// The state.
    fn wsp(&mut self) -> &mut Ctx;
}

impl Host for &mut Ctx {
    fn wsp(&mut self) -> &mut Ctx {
        self
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
    let mut interface = linker.instance("winsock:spi/memory@0.2.0")?;

    interface.resource(
        "wsabuf-array",
        ResourceType::host::<WsabufArray>(),
        move |mut store: StoreContextMut<'_, T>, rep| get(store.data_mut()).wsp().drop_array(rep),
    )?;
    interface.func_wrap(
        "[constructor]wsabuf-array",
        move |mut store: StoreContextMut<'_, T>, (buffers,): (WasmList<WasmList<u8>>,)| {
            let guard = get(store.data_mut()).wsp().guard();
            let array = capture(&mut store, &guard, &buffers)?;
            Ok((get(store.data_mut()).wsp().push_array(array)?,))
        },
    )?;
    interface.func_wrap(
        "[method]wsabuf-array.count",
        move |mut store: StoreContextMut<'_, T>, (array,): (Resource<WsabufArray>,)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().array(&array)?.count(),))
        },
    )?;
    interface.func_wrap(
        "[method]wsabuf-array.total-length",
        move |mut store: StoreContextMut<'_, T>, (array,): (Resource<WsabufArray>,)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().array(&array)?.total_length(),))
        },
    )?;

    interface.resource(
        "receive-buffer",
        ResourceType::host::<ReceiveBuffer>(),
        move |mut store: StoreContextMut<'_, T>, rep| get(store.data_mut()).wsp().drop_room(rep),
    )?;
    interface.func_wrap(
        "[constructor]receive-buffer",
        move |mut store: StoreContextMut<'_, T>, (capacity,): (u32,)| {
            Ok((get(store.data_mut()).wsp().push_room(capacity)?,))
        },
    )?;
    interface.func_wrap(
        "[method]receive-buffer.read",
        move |mut store: StoreContextMut<'_, T>,
              (room, offset, length): (Resource<ReceiveBuffer>, u32, u32)| {
            let mut view = get(store.data_mut());
            Ok((view.wsp().room(&room)?.read(offset, length),))
        },
    )?;
    interface.func_wrap(
        "[method]receive-buffer.info",
        move |mut store: StoreContextMut<'_, T>, (room,): (Resource<ReceiveBuffer>,)| {
            let mut view = get(store.data_mut());
            Ok((DatagramInfo::from(view.wsp().room(&room)?.info()),))
        },
    )?;
    Ok(())
}

/// An array of a program's buffers; an empty one if it exceeds a limit.
fn capture<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    guard: &Guard,
    buffers: &WasmList<WasmList<u8>>,
) -> Result<WsabufArray> {
    let count = buffers.len();
    if guard.admit_parts(count).is_err() {
        return Ok(WsabufArray::refused(count, 0));
    }
    let mut parts = list::Parts::new();
    list::collect(store, buffers, &mut parts)?;
    let total_length = parts.iter().map(|part| part.len() as u64).sum();
    let cost = Part::Payload(WsabufArray::cost(count, total_length));
    match guard.take(cost) {
        Ok(taken) => Ok(WsabufArray::captured(store, &parts, taken.keep())),
        Err(_) => Ok(WsabufArray::refused(count, total_length)),
    }
}
