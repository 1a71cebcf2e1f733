//! One provider instance in its store, and the calls into it.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::{Resource, ResourceAny};
use wasmtime::{Result, Store, format_err};
use wsp_core::WsaError;

use super::operations::{Completion, Indication, Lane, Notify, Operation, Operations};
use super::{Error, Posted};
use crate::bindings::exports::winsock::spi::provider::{CompletionRoutine, Guest};
use crate::bindings::{SpiProvider, SpiProviderPre};
use crate::ctx::{Ctx, CtxView, Settings, Shared, View};
use crate::memory::{ReceiveBuffer, WsabufArray};
use crate::quota::limit_store;

/// Embedders have one thread as far as the provider is concerned.
const THREAD: u32 = 0;

/// Winsock 2.2.
const VERSION: u16 = wsp_core::VERSION;

/// The store's data.
pub(super) struct State {
    pub(super) ctx: Ctx,
}

impl View for State {
    fn wsp(&mut self) -> CtxView<'_> {
        CtxView { ctx: &mut self.ctx }
    }
}

/// A provider instance with its store. Every call is a plain synchronous one.
pub(super) struct Instance {
    pub(super) store: Store<State>,
    exports: SpiProvider,
    pub(super) operations: Operations,
    /// A trap poisons the store; nothing more can be asked of it.
    failed: bool,
}

/// What to post: an overlapped send or receive of a socket.
pub(super) struct Request {
    pub(super) lane: Lane,
    pub(super) notify: Notify,
    pub(super) room: Option<u32>,
}

impl Instance {
    pub(super) fn new(
        pre: &SpiProviderPre<State>,
        settings: Settings,
    ) -> Result<(Instance, Arc<Shared>)> {
        let ctx = Ctx::new(settings)?;
        let shared = Arc::clone(&ctx.shared);
        let mut store = Store::new(pre.engine(), State { ctx });
        limit_store(&mut store);
        let exports = pre.instantiate(&mut store)?;
        exports
            .winsock_spi_provider()
            .call_wsp_startup(&mut store, VERSION)?
            .map_err(|error| {
                format_err!("the provider did not start: {}", WsaError::from(error))
            })?;
        let instance = Instance {
            store,
            exports,
            operations: Operations::default(),
            failed: false,
        };
        Ok((instance, shared))
    }

    /// Calls the provider, unless an earlier call trapped.
    pub(super) fn call<R, E>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<State>) -> Result<Result<R, E>>,
    ) -> Result<R, Error>
    where
        Error: From<E>,
    {
        if self.failed {
            return Err(Error::Host(format_err!("it trapped in an earlier call")));
        }
        match call(self.exports.winsock_spi_provider(), &mut self.store) {
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
        call: impl FnOnce(&Guest, &mut Store<State>) -> Result<R>,
    ) -> Result<R, Error> {
        self.call(|guest, store| Ok(Ok::<R, Error>(call(guest, store)?)))
    }

    pub(super) fn pump(&mut self) -> Result<u64, Error> {
        self.ask(|guest, store| guest.call_pump(store))
    }

    /// Makes an array of the buffers, unless they are more than the limit.
    pub(super) fn array(
        &mut self,
        buffers: impl IntoIterator<Item = Bytes>,
    ) -> Result<Resource<WsabufArray>, Error> {
        let ctx = &mut self.store.data_mut().ctx;
        let account = &ctx.shared.account;
        let one_too_many = account.maximum_parts().saturating_add(1);
        let array = WsabufArray::of_bytes(buffers.into_iter().take(one_too_many));
        if account.admit_parts(array.count() as usize).is_err() {
            return Err(WsaError::NoBufs.into());
        }
        Ok(ctx.push_array(array)?)
    }

    /// Gives a handle back.
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
        start: impl FnOnce(
            &Guest,
            &mut Store<State>,
            ResourceAny,
            Option<CompletionRoutine>,
            Option<Resource<ReceiveBuffer>>,
        ) -> Result<
            Result<u32, crate::bindings::exports::winsock::spi::types::WsaError>,
        >,
    ) -> Result<Posted, Error> {
        let number = self.operations.number();
        let indication = match request.notify {
            Notify::Event => {
                Indication::Event(self.ask(|guest, store| guest.event().call_constructor(store))?)
            }
            Notify::Routine => Indication::Routine,
            Notify::Poll => Indication::Poll,
        };
        let event = match indication {
            Indication::Event(event) => Some(event),
            Indication::Routine | Indication::Poll => None,
        };
        let overlapped =
            self.ask(|guest, store| guest.overlapped().call_constructor(store, event))?;
        let room = match request.room {
            Some(capacity) => Some(self.store.data_mut().ctx.push_room(capacity)?),
            None => None,
        };
        let lent = room.as_ref().map(|room| Resource::new_borrow(room.rep()));
        let routine = matches!(indication, Indication::Routine).then_some(CompletionRoutine {
            thread_id: THREAD,
            context: number,
        });
        let operation = Operation {
            overlapped,
            indication,
            room,
        };
        let transferred =
            match self.call(|guest, store| start(guest, store, overlapped, routine, lent)) {
                Ok(transferred) => Some(transferred),
                Err(Error::Winsock(WsaError::IoPending)) => None,
                Err(error) => {
                    self.forget(operation)?;
                    return Err(error);
                }
            };
        self.operations.add(number, request.lane, operation);
        Ok(Posted {
            operation: number,
            transferred,
        })
    }

    /// Gives everything back that an operation held, and what it received.
    fn forget(&mut self, operation: Operation) -> Result<Option<Bytes>, Error> {
        if let Indication::Event(event) = operation.indication {
            self.release(event)?;
        }
        self.release(operation.overlapped)?;
        let Some(room) = operation.room else {
            return Ok(None);
        };
        Ok(Some(self.store.data_mut().ctx.take_received(&room)?))
    }

    /// Moves every operation that has completed to `ready`, and returns how
    /// many operations of the host were taken: what to wait beyond.
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
        let overlapped = operation.overlapped;
        match operation.indication {
            Indication::Event(event) => {
                self.ask(|guest, store| guest.event().call_is_set(store, event))
            }
            Indication::Poll => self
                .ask(|guest, store| guest.overlapped().call_in_progress(store, overlapped))
                .map(|in_progress| !in_progress),
            Indication::Routine => Ok(false),
        }
    }

    fn complete(&mut self, number: u64) -> Result<(), Error> {
        let Some(operation) = self.operations.outstanding.remove(&number) else {
            return Ok(());
        };
        let overlapped = operation.overlapped;
        let status = self.ask(|guest, store| guest.overlapped().call_status(store, overlapped))?;
        let source = self.ask(|guest, store| guest.overlapped().call_source(store, overlapped))?;
        let notify = operation.indication.notify();
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
