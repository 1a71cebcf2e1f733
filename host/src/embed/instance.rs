//! One provider instance in its store, and the calls into it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;
use wasmtime::component::{Resource, ResourceAny};
use wasmtime::{Result, Store, format_err};
use wsp_core::WsaError;

use super::compiled::{Compiled, Exports};
use super::operations::{Completion, Lane, Notify, Operation, Operations, Overlapped};
use super::{Error, MessageFlags, Posted};
use crate::ctx::Ctx;
use crate::imports::bindings::SpiProvider;
use crate::imports::bindings::exports::winsock::spi::provider::{CompletionRoutine, Guest};
use crate::imports::gather::{SendOutcome, Ticket, TicketFlags};
use crate::imports::memory::ReceiveBuffer;
use crate::imports::types::TransportError;
use crate::quota::limit_store;
use crate::settings::Settings;
use wsp_transport::{Payload, Shared, Slices};

/// Embedders have one thread as far as the provider is concerned.
const THREAD: u32 = 0;

/// A provider instance with its store. Every call is a plain synchronous one.
pub(super) struct Instance {
    pub(super) store: Store<Ctx>,
    exports: Exports,
    pub(super) operations: Operations,
    /// Operations of the host that the provider had taken when it was last asked.
    taken: u64,
    /// A trap poisons the store; nothing more can be asked of it.
    failed: bool,
}

/// The buffers of one send; a few need no allocation.
pub(super) type Buffers = SmallVec<[Bytes; 4]>;

/// What to post: an overlapped send or receive of a socket.
pub(super) struct Request {
    pub(super) lane: Lane,
    pub(super) notify: Notify,
    pub(super) room: Option<u32>,
}

/// What the provider is given to start an operation.
pub(super) struct Posting {
    pub(super) overlapped: Overlapped,
    pub(super) routine: Option<CompletionRoutine>,
    pub(super) room: Option<Resource<ReceiveBuffer>>,
}

/// How an operation ended before its call returned.
pub(super) struct AtOnce {
    pub(super) bytes: u32,
    /// It moved `bytes`, but failed, and the provider does not indicate that.
    pub(super) failed: bool,
}

impl AtOnce {
    /// It did what it was asked for.
    pub(super) fn succeeded(bytes: u32) -> AtOnce {
        AtOnce {
            bytes,
            failed: false,
        }
    }
}

/// What a send is given besides its buffers.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    /// The socket's number.
    pub(super) s: u64,
    pub(super) flags: MessageFlags,
    pub(super) to: Option<SocketAddr>,
    /// The overlapped structure's number.
    pub(super) overlapped: Option<u64>,
    pub(super) routine: Option<CompletionRoutine>,
}

impl Instance {
    pub(super) fn new(compiled: &Compiled, settings: Settings) -> Result<(Instance, Arc<Shared>)> {
        let ctx = Ctx::new(settings)?;
        let shared = Arc::clone(&ctx.shared);
        let mut store = Store::new(compiled.engine(), ctx);
        limit_store(&mut store);
        let exports = compiled.start(&mut store)?;
        let instance = Instance {
            store,
            exports,
            operations: Operations::default(),
            taken: 0,
            failed: false,
        };
        Ok((instance, shared))
    }

    /// Calls the provider, unless an earlier call trapped.
    pub(super) fn call<R, E>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<Ctx>) -> Result<Result<R, E>>,
    ) -> Result<R, Error>
    where
        Error: From<E>,
    {
        self.call_exports(|exports, store| call(exports.winsock_spi_provider(), store))
    }

    /// As [`Instance::call`], for any export.
    pub(super) fn call_exports<R, E>(
        &mut self,
        call: impl FnOnce(&SpiProvider, &mut Store<Ctx>) -> Result<Result<R, E>>,
    ) -> Result<R, Error>
    where
        Error: From<E>,
    {
        if self.failed {
            return Err(Error::Host(format_err!("it trapped in an earlier call")));
        }
        let exports = self.exports.load(&mut self.store);
        match exports.and_then(|exports| call(exports, &mut self.store)) {
            Ok(answer) => Ok(answer?),
            Err(trap) => {
                self.failed = true;
                Err(Error::Host(trap))
            }
        }
    }

    /// As [`Instance::call`], for calls that cannot fail.
    pub(super) fn ask<R>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<Ctx>) -> Result<R>,
    ) -> Result<R, Error> {
        self.call(|guest, store| Ok(Ok::<R, Error>(call(guest, store)?)))
    }

    /// As [`Instance::call_exports`], for calls that cannot fail.
    pub(super) fn ask_exports<R>(
        &mut self,
        call: impl FnOnce(&SpiProvider, &mut Store<Ctx>) -> Result<R>,
    ) -> Result<R, Error> {
        self.call_exports(|exports, store| Ok(Ok::<R, Error>(call(exports, store)?)))
    }

    /// Brings the provider up to date, and returns how many operations of the host
    /// it has taken: what to wait beyond.
    pub(super) fn pump(&mut self) -> Result<u64, Error> {
        if self.store.data().shared.completions().count() != self.taken {
            self.taken = self.ask(|guest, store| guest.call_pump(store))?;
        }
        Ok(self.taken)
    }

    /// WSPSend or WSPSendTo: the provider allows it, the host moves the bytes, and the
    /// provider says what that means.
    pub(super) fn send(&mut self, buffers: &[Bytes], sending: Sending) -> Result<u32, Error> {
        let guard = &self.store.data().shared.guard();
        if guard.admit_parts(buffers.len()).is_err() {
            return Err(WsaError::NoBufs.into());
        }
        let mut slices = Slices::new();
        let payload = Payload::shared(buffers, &mut slices);
        let ticket = self.begin_send(&payload, sending)?;
        let ctx = &self.store.data();
        let outcome = match ctx.endpoint_numbered(ticket.endpoint) {
            Some(endpoint) => {
                let is_addressed = ticket.flags.contains(TicketFlags::ADDRESSED);
                ticket.send(&endpoint, &payload, sending.to.filter(|_| is_addressed))
            }
            None => TransportError::InvalidArgument.into(),
        };
        if let SendOutcome::Done(bytes) = outcome
            && ticket.flags.contains(TicketFlags::SILENT)
        {
            return Ok(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
        self.call_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            tickets.call_end_send(store, sending.s, ticket.operation, outcome)
        })
    }

    fn begin_send(&mut self, payload: &Payload<'_>, sending: Sending) -> Result<Ticket, Error> {
        let Sending {
            s,
            flags,
            to,
            overlapped,
            routine,
        } = sending;
        // No more of them were admitted than this counts.
        let parts = u32::try_from(payload.count()).unwrap_or(u32::MAX);
        let total = payload.total_length();
        self.call_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            match to {
                None => tickets.call_begin_send(store, s, parts, total, flags, overlapped, routine),
                Some(to) => {
                    let to = to.into();
                    tickets
                        .call_begin_send_to(store, s, parts, total, flags, to, overlapped, routine)
                }
            }
        })
    }

    /// Releases a handle.
    pub(super) fn release(&mut self, handle: ResourceAny) -> Result<(), Error> {
        if self.failed {
            return Ok(());
        }
        if let Err(trap) = handle.resource_drop(&mut self.store) {
            self.failed = true;
            return Err(Error::Host(trap));
        }
        Ok(())
    }

    /// Posts an overlapped operation: `start` calls the provider with the
    /// overlapped structure, the routine and the receive buffer's handle.
    pub(super) fn post(
        &mut self,
        request: Request,
        start: impl FnOnce(&mut Instance, Posting) -> Result<AtOnce, Error>,
    ) -> Result<Posted, Error> {
        let number = self.operations.number();
        let Request { lane, notify, room } = request;
        let overlapped = self.overlapped(notify == Notify::Event)?;
        let room = match room {
            Some(capacity) => Some(self.store.data_mut().push_room(capacity)?),
            None => None,
        };
        let posting = Posting {
            overlapped,
            routine: (notify == Notify::Routine).then_some(CompletionRoutine {
                thread_id: THREAD,
                context: number,
            }),
            room: room.as_ref().map(|room| Resource::new_borrow(room.rep())),
        };
        let mut operation = Operation {
            overlapped,
            notify,
            failed_at_once: false,
            room,
        };
        let transferred = match start(self, posting) {
            Ok(AtOnce { bytes, failed }) => {
                operation.failed_at_once = failed;
                Some(bytes)
            }
            Err(Error::Winsock(WsaError::IoPending)) => None,
            Err(error) => {
                self.forget(operation)?;
                return Err(error);
            }
        };
        self.operations.add(number, lane, operation);
        Ok(Posted {
            operation: number,
            transferred,
        })
    }

    /// An overlapped structure for one operation.
    fn overlapped(&mut self, with_event: bool) -> Result<Overlapped, Error> {
        if let Some(spare) = self.operations.spare(with_event) {
            return Ok(spare);
        }
        let event = if with_event {
            Some(self.ask(|guest, store| guest.event().call_constructor(store))?)
        } else {
            None
        };
        let handle = self.ask(|guest, store| guest.overlapped().call_constructor(store, event))?;
        let number = self.ask_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            tickets.call_overlapped_number(store, handle)
        })?;
        Ok(Overlapped {
            handle,
            number,
            event,
        })
    }

    /// Releases everything that an operation held, and returns what it received.
    fn forget(&mut self, operation: Operation) -> Result<Option<Bytes>, Error> {
        if let Some(Overlapped { handle, event, .. }) = self.operations.keep(operation.overlapped) {
            if let Some(event) = event {
                self.release(event)?;
            }
            self.release(handle)?;
        }
        let Some(room) = operation.room else {
            return Ok(None);
        };
        Ok(Some(self.store.data_mut().take_received(&room)?))
    }

    /// Moves every operation that has completed to `ready`, and returns what
    /// [`Instance::pump`] does.
    pub(super) fn collect(&mut self) -> Result<u64, Error> {
        let seen = self.pump()?;
        while let Some(call) = self.ask(|guest, store| guest.call_next_completion(store, THREAD))? {
            let context = self.ask(|guest, store| guest.completion().call_context(store, call))?;
            self.release(call)?;
            self.complete(context)?;
        }
        for (lane, oldest) in self.operations.oldest() {
            let mut number = Some(oldest);
            while let Some(candidate) = number {
                if !self.indicated(candidate)? {
                    break;
                }
                self.complete(candidate)?;
                number = self.operations.pop_lane(lane);
            }
        }
        Ok(seen)
    }

    fn indicated(&mut self, number: u64) -> Result<bool, Error> {
        let Some(operation) = self.operations.outstanding.get(&number) else {
            return Ok(true);
        };
        if operation.is_told_by_routine() {
            return Ok(false);
        }
        let handle = operation.overlapped.handle;
        match operation.event() {
            Some(event) => self.ask(|guest, store| guest.event().call_is_set(store, event)),
            None => self
                .ask(|guest, store| guest.overlapped().call_in_progress(store, handle))
                .map(|in_progress| !in_progress),
        }
    }

    fn complete(&mut self, number: u64) -> Result<(), Error> {
        let Some(operation) = self.operations.outstanding.remove(&number) else {
            return Ok(());
        };
        let overlapped = operation.overlapped.handle;
        let status = self.ask(|guest, store| guest.overlapped().call_status(store, overlapped))?;
        // Only a datagram that was received has a source.
        let source = match operation.room {
            Some(_) => {
                self.ask(|guest, store| guest.overlapped().call_source(store, overlapped))?
            }
            None => None,
        };
        let notify = operation.notify;
        let data = self.forget(operation)?;
        self.operations.ready.push_back(Completion {
            operation: number,
            error: WsaError::from_number(status.offset_high),
            transferred: status.internal_high,
            notify,
            data,
            source: source.map(Into::into),
        });
        Ok(())
    }
}
