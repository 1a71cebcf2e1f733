//! `winsock:spi/words`, which this host does not want: it reads payload where it lies.

use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, WasmList};
use wasmtime::{Result, StoreContextMut};

use crate::imports::gather::{SendOutcome, Ticket};
use crate::imports::types::{SocketAddress, TransportError};
use wsp_transport::ReceiveBuffer;

/// `words`.
#[derive(Clone, Copy, Debug, ComponentType, Lift, Lower)]
#[component(record)]
struct Words {
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
    f: u64,
    g: u64,
    h: u64,
}

/// What every send is answered. No list is read.
const NOT_HERE: SendOutcome = SendOutcome::Failed(TransportError::NotSupported);

/// Adds the interface to a linker.
///
/// # Errors
///
/// If the linker has it already.
pub(super) fn add_to_linker<T: 'static>(linker: &mut Linker<T>) -> Result<()> {
    let mut interface = linker.instance("winsock:spi/words@0.2.0")?;
    interface.func_wrap("wanted", |_: StoreContextMut<'_, T>, (): ()| Ok((false,)))?;
    interface.func_wrap(
        "send",
        |_: StoreContextMut<'_, T>, _: (Ticket, WasmList<Words>, u32)| Ok((NOT_HERE,)),
    )?;
    interface.func_wrap(
        "send-to",
        |_: StoreContextMut<'_, T>, _: (Ticket, WasmList<Words>, u32, SocketAddress)| {
            Ok((NOT_HERE,))
        },
    )?;
    interface.func_wrap(
        "send-rest",
        |_: StoreContextMut<'_, T>, _: (Option<u32>,)| Ok((NOT_HERE,)),
    )?;
    interface.func_wrap(
        "read",
        |_: StoreContextMut<'_, T>, _: (Resource<ReceiveBuffer>, u32, u32)| {
            Ok(((Vec::<Words>::new(), 0_u32),))
        },
    )
}
