//! `winsock:spi/gather`: sends that read the program's buffers where they lie.
//!
//! Written by hand, because generated bindings copy every list. Nothing of a program's
//! memory is kept between calls: `send` captures what stays pending, and `send-rest`
//! waits within the call.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, HasData, Lift, Linker, Lower, WasmList};
use wasmtime::{Result, StoreContext, StoreContextMut};

use crate::imports::link::{Access, Interface, Link, Plain, Viewed};
use crate::imports::memory;
use crate::imports::types::{SocketAddress, TransportError};
use wsp_transport::{
    Endpoint, Lender, Payload, RestOutcome, SendFlags, SendOptions, Sent, Started,
};

/// `rest`.
#[derive(Clone, Copy, Debug, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum Rest {
    /// `refused`.
    #[component(name = "refused")]
    Refused,
    /// `captured`.
    #[component(name = "captured")]
    Captured,
    /// `awaited`.
    #[component(name = "awaited")]
    Awaited,
}

/// `ticket`.
#[derive(Clone, Copy, Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Ticket {
    /// `endpoint`.
    pub endpoint: u64,
    /// `operation`.
    pub operation: u64,
    /// `flags`.
    pub flags: TicketFlags,
    /// `rest`.
    pub rest: Rest,
}

pub use ticket_flags::TicketFlags;

#[allow(
    missing_docs,
    reason = "what the macro writes has no place for documentation"
)]
mod ticket_flags {
    wasmtime::component::flags! {
        TicketFlags {
            #[component(name = "urgent")]
            const URGENT;
            #[component(name = "dont-route")]
            const DONT_ROUTE;
            #[component(name = "more")]
            const MORE;
            #[component(name = "addressed")]
            const ADDRESSED;
            #[component(name = "silent")]
            const SILENT;
            #[component(name = "follows")]
            const FOLLOWS;
            #[component(name = "accepted")]
            const ACCEPTED;
        }
    }
}

impl Ticket {
    /// How to send, to an address or to the peer.
    pub(crate) fn options(&self, to: Option<SocketAddr>) -> SendOptions {
        let mut flags = SendFlags::empty();
        for (wit, flag) in [
            (TicketFlags::URGENT, SendFlags::URGENT),
            (TicketFlags::DONT_ROUTE, SendFlags::DONT_ROUTE),
            (TicketFlags::MORE, SendFlags::MORE),
        ] {
            if self.flags.contains(wit) {
                flags |= flag;
            }
        }
        SendOptions {
            flags,
            to,
            follows: self.flags.contains(TicketFlags::FOLLOWS),
        }
    }
}

/// `send-outcome`.
#[derive(Clone, Copy, Debug, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
pub enum SendOutcome {
    /// `done`, with its bytes.
    #[component(name = "done")]
    Done(u64),
    /// `pending`.
    #[component(name = "pending")]
    Pending,
    /// `blocked`, with the bytes that are sent.
    #[component(name = "blocked")]
    Blocked(u64),
    /// `timed-out`.
    #[component(name = "timed-out")]
    TimedOut,
    /// `failed`, with the reason.
    #[component(name = "failed")]
    Failed(TransportError),
}

impl From<TransportError> for SendOutcome {
    fn from(error: TransportError) -> SendOutcome {
        SendOutcome::Failed(error)
    }
}

/// What of the interface is linked, of which all is unstable.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkOptions {
    tickets: bool,
}

impl LinkOptions {
    /// Whether the feature `tickets` is linked.
    pub fn tickets(&mut self, on: bool) -> &mut LinkOptions {
        self.tickets = on;
        self
    }
}

/// What `D::Data` must be for [`add_to_linker`]: a view of a [`crate::Ctx`].
pub trait Host: memory::Host {}

impl<H: memory::Host> Host for H {}

/// Satisfied by whatever has data; generated bindings ask for it.
pub trait HostWithStore<T>: HasData {}

impl<T, D: HasData + ?Sized> HostWithStore<T> for D {}

/// Adds `send`, `send-one` and `send-to` to a linker. `send-rest`, the call that waits, is not among them.
///
/// # Errors
///
/// If the linker has them already.
pub fn add_to_linker<T, D>(
    linker: &mut Linker<T>,
    options: &LinkOptions,
    get: fn(&mut T) -> D::Data<'_>,
) -> Result<()>
where
    T: 'static,
    D: HostWithStore<T>,
    for<'a> D::Data<'a>: Host,
{
    if !options.tickets {
        return Ok(());
    }
    link(&mut Plain::new(linker, Viewed::<T, D>(get)))
}

/// The name of the interface.
const GATHER: &str = "winsock:spi/gather@0.2.0";

/// Links `send`, `send-one` and `send-to`; [`link_send_rest`] links the call that waits.
pub(crate) fn link<L: Link>(link: &mut L) -> Result<()> {
    let mut gather = Interface::of(link, GATHER);
    gather.function(
        "send",
        |access, mut store, (ticket, buffers): (Ticket, WasmList<WasmList<u8>>)| {
            let endpoint = endpoint(access, &mut store, ticket);
            Ok((send(&mut store, endpoint, ticket, &buffers, None)?,))
        },
    )?;
    gather.function(
        "send-one",
        |access, mut store, (ticket, buffer): (Ticket, WasmList<u8>)| {
            let endpoint = endpoint(access, &mut store, ticket);
            let buffer = buffer.as_le_slice(StoreContext::from(&store));
            let slice = [IoSlice::new(buffer)];
            let payload = Payload::one(&slice);
            Ok((send_payload(endpoint, ticket, &payload, None),))
        },
    )?;
    gather.function(
        "send-to",
        |access,
         mut store,
         (ticket, buffers, to): (Ticket, WasmList<WasmList<u8>>, SocketAddress)| {
            let endpoint = endpoint(access, &mut store, ticket);
            let to = Some(to.into());
            Ok((send(&mut store, endpoint, ticket, &buffers, to)?,))
        },
    )
}

/// Links `send-rest`, which blocks the calling store, and only the store.
pub(crate) fn link_send_rest<L: Link<Data: Send>>(link: &mut L) -> Result<()> {
    let mut gather = Interface::of(link, GATHER);
    gather.blocking(
        "send-rest",
        |access,
         mut store,
         (ticket, buffers, to, sent, timeout_ms): (
            Ticket,
            WasmList<WasmList<u8>>,
            Option<SocketAddress>,
            u64,
            Option<u32>,
        )| {
            let endpoint = endpoint(access, &mut store, ticket);
            let options = ticket.options(to.map(Into::into));
            Box::new(async move {
                let Some(endpoint) = endpoint else {
                    return Ok((TransportError::InvalidArgument.into(),));
                };
                let timeout = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
                if let Err(refusal) = endpoint.admit_parts(buffers.len()) {
                    return Ok((SendOutcome::Failed(refusal.into()),));
                }
                let mut lists = Lists { store, buffers };
                let rest = wsp_transport::send_rest(endpoint, &mut lists, options, sent, timeout);
                Ok((rest.await?.into(),))
            })
        },
    )
}

/// The endpoint that a ticket names.
fn endpoint<T>(
    access: impl Access<T>,
    store: &mut StoreContextMut<'_, T>,
    ticket: Ticket,
) -> Option<Arc<Endpoint>> {
    access.with(store.data_mut(), |ctx| {
        ctx.endpoint_numbered(ticket.endpoint)
    })
}

/// A program's buffers, for as long as its call waits.
struct Lists<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    buffers: WasmList<WasmList<u8>>,
}

impl<T: 'static> Lender for Lists<'_, T> {
    type Error = wasmtime::Error;

    fn lend<R>(&mut self, call: impl FnOnce(&Payload<'_>) -> R) -> Result<R> {
        memory::with_payload(&mut self.store, &self.buffers, call)
    }
}

impl From<RestOutcome> for SendOutcome {
    fn from(outcome: RestOutcome) -> SendOutcome {
        match outcome {
            RestOutcome::Done(bytes) => SendOutcome::Done(bytes),
            RestOutcome::Blocked(bytes) => SendOutcome::Blocked(bytes),
            RestOutcome::TimedOut => SendOutcome::TimedOut,
            RestOutcome::Failed(error) => SendOutcome::Failed(error.into()),
        }
    }
}

fn send<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    endpoint: Option<Arc<Endpoint>>,
    ticket: Ticket,
    buffers: &WasmList<WasmList<u8>>,
    to: Option<SocketAddr>,
) -> Result<SendOutcome> {
    // Before the list is read: it is as long as the program says.
    let Some(endpoint) = endpoint else {
        return Ok(TransportError::InvalidArgument.into());
    };
    if let Err(refusal) = endpoint.admit_parts(buffers.len()) {
        return Ok(SendOutcome::Failed(refusal.into()));
    }
    memory::with_payload(store, buffers, |payload| {
        send_payload(Some(endpoint), ticket, payload, to)
    })
}

fn send_payload(
    endpoint: Option<Arc<Endpoint>>,
    ticket: Ticket,
    payload: &Payload<'_>,
    to: Option<SocketAddr>,
) -> SendOutcome {
    let call = tracing::trace_span!(target: "wsp::transport", "send", ?ticket, ?to);
    let _call = call.entered();
    match endpoint {
        Some(endpoint) => ticket.send(&endpoint, payload, to),
        None => TransportError::InvalidArgument.into(),
    }
}

impl Ticket {
    /// Sends what the kernel takes at once, and treats the remainder as the ticket's `rest` says.
    pub(crate) fn send(
        &self,
        endpoint: &Endpoint,
        payload: &Payload<'_>,
        to: Option<SocketAddr>,
    ) -> SendOutcome {
        let options = self.options(to);
        let sent = match self.rest {
            Rest::Refused => endpoint.try_send(payload, options).map(SendOutcome::Done),
            Rest::Captured => {
                endpoint
                    .start_send(payload, options, self.operation)
                    .map(|started| match started {
                        Started::Done(bytes) => SendOutcome::Done(bytes),
                        Started::Pending => SendOutcome::Pending,
                    })
            }
            Rest::Awaited => endpoint
                .send_awaited(payload, options)
                .map(|sent| match sent {
                    Sent::All(bytes) => SendOutcome::Done(bytes),
                    Sent::Part(bytes) => SendOutcome::Blocked(bytes),
                }),
        };
        sent.unwrap_or_else(|error| SendOutcome::Failed(error.into()))
    }
}
