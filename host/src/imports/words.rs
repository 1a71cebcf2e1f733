//! `winsock:spi/words`, which this host does not want: it reads payload where it lies.

use serde::{Deserialize, Serialize};
use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, Lower, Resource, WasmList};

use crate::imports::gather::{SendOutcome, Ticket};
use crate::imports::link::{Interface, Link};
use crate::imports::types::{SocketAddress, TransportError};
use wsp_transport::ReceiveBuffer;

/// `words`.
#[derive(Clone, Copy, Debug, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub(super) struct Words {
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

/// Links the interface.
pub(super) fn link<L: Link>(link: &mut L) -> Result<()> {
    let mut words = Interface::of(link, "winsock:spi/words@0.2.0");
    words.call("wanted", |_, ()| Ok(false))?;
    words.call("send", |_, _: (Ticket, WasmList<Words>, u32)| Ok(NOT_HERE))?;
    words.call(
        "send-to",
        |_, _: (Ticket, WasmList<Words>, u32, SocketAddress)| Ok(NOT_HERE),
    )?;
    words.call("send-rest", |_, _: (Option<u32>,)| Ok(NOT_HERE))?;
    words.call("read", |_, _: (Resource<ReceiveBuffer>, u32, u32)| {
        Ok((Vec::<Words>::new(), 0_u32))
    })
}
