//! `winsock:spi/memory`: WSABUF arrays and receive buffers, owned by the host.
//!
//! Written by hand, because generated bindings copy a list before anything can be asked
//! of it: an array that exceeds a limit is refused and not lifted.

mod list;
pub(crate) mod wsabuf_array;

pub(crate) use list::{Parts, collect, with_payload};
pub use wsabuf_array::WsabufArray;
pub use wsp_transport::ReceiveBuffer;

use wasmtime::component::{HasData, Linker, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};
use wsp_guard::Guard;

use crate::ctx::Ctx;
use crate::imports::link::{Access, Interface, Link, Plain, Viewed};
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
    link(&mut Plain::new(linker, Viewed::<T, D>(get)))
}

/// Links the interface.
pub(crate) fn link<L: Link>(link: &mut L) -> Result<()> {
    let mut memory = Interface::of(link, "winsock:spi/memory@0.2.0");

    memory.resource::<WsabufArray>("wsabuf-array", |ctx, array| ctx.drop_array(array.rep()))?;
    memory.function(
        "[constructor]wsabuf-array",
        |access, mut store, (buffers,): (WasmList<WasmList<u8>>,)| {
            let guard = access.with(store.data_mut(), |ctx| ctx.guard());
            let array = capture(&mut store, &guard, &buffers)?;
            let pushed = access.with(store.data_mut(), |ctx| ctx.push_array(array));
            Ok((pushed?,))
        },
    )?;
    memory.call("[method]wsabuf-array.count", |ctx, (array,)| {
        Ok(ctx.array(&array)?.count())
    })?;
    memory.call("[method]wsabuf-array.total-length", |ctx, (array,)| {
        Ok(ctx.array(&array)?.total_length())
    })?;

    memory.resource::<ReceiveBuffer>("receive-buffer", |ctx, room| ctx.drop_room(room.rep()))?;
    memory.call("[constructor]receive-buffer", |ctx, (capacity,)| {
        ctx.push_room(capacity)
    })?;
    memory.call(
        "[method]receive-buffer.read",
        |ctx, (room, offset, length): (Resource<ReceiveBuffer>, u32, u32)| {
            Ok(ctx.room(&room)?.read(offset, length))
        },
    )?;
    memory.call(
        "[method]receive-buffer.info",
        |ctx, (room,): (Resource<ReceiveBuffer>,)| Ok(DatagramInfo::from(ctx.room(&room)?.info())),
    )
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
    let mut parts = Parts::new();
    collect(store, buffers, &mut parts)?;
    let total_length = parts.iter().map(|part| part.len() as u64).sum();
    let cost = Part::Payload(WsabufArray::cost(count, total_length));
    match guard.take(cost) {
        Ok(taken) => Ok(WsabufArray::captured(store, &parts, taken.keep())),
        Err(_) => Ok(WsabufArray::refused(count, total_length)),
    }
}
