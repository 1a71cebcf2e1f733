//! One provider instance in its store, and the calls into it.

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;
use wasmtime::component::{Resource, ResourceAny};
use wasmtime::{Result, Store, format_err};
use wsp_core::WsaError;

use super::compiled::{Compiled, Exports};
use super::operations::{Completion, Lane, Notify, Operation, Operations, Overlapped};
use super::{Error, Posted};
use crate::bindings::exports::winsock::spi::provider::{CompletionRoutine, Guest};
use crate::ctx::{Ctx, CtxView, Settings, Shared, View};
use crate::memory::{ReceiveBuffer, consume};
use crate::quota::limit_store;

/// Embedders have one thread as far as the provider is concerned.
const THREAD: u32 = 0;

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
    exports: Exports,
    pub(super) operations: Operations,
    /// The key of the WSABUF array of every send: one call runs at a time.
    array: u64,
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

impl Instance {
    pub(super) fn new(compiled: &Compiled, settings: Settings) -> Result<(Instance, Arc<Shared>)> {
        let mut ctx = Ctx::new(settings)?;
        let array = ctx.wsabuf_array([])?;
        let array = ctx.arrays.key(array.rep())?;
        let shared = Arc::clone(&ctx.shared);
        let mut store = Store::new(compiled.engine(), State { ctx });
        limit_store(&mut store);
        let exports = compiled.start(&mut store)?;
        let instance = Instance {
            store,
            exports,
            operations: Operations::default(),
            array,
            taken: 0,
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
        call: impl FnOnce(&Guest, &mut Store<State>) -> Result<R>,
    ) -> Result<R, Error> {
        self.call(|guest, store| Ok(Ok::<R, Error>(call(guest, store)?)))
    }

    /// Brings the provider up to date, and returns how many operations of the host
    /// it has taken: what to wait beyond.
    pub(super) fn pump(&mut self) -> Result<u64, Error> {
        if self.store.data().ctx.shared.completions.count() != self.taken {
            self.taken = self.ask(|guest, store| guest.call_pump(store))?;
        }
        Ok(self.taken)
    }

    /// Describes the buffers by the instance's array, unless they are more than the
    /// limit, for `send`, which gets its key.
    pub(super) fn with_array<R>(
        &mut self,
        buffers: impl IntoIterator<Item = Bytes>,
        send: impl FnOnce(&mut Instance, u64) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let sent = self.describe(buffers).and_then(|array| send(self, array));
        // Nobody's buffers are held longer than they are needed.
        self.store.data_mut().ctx.arrays.fill(self.array, []);
        sent
    }

    /// As [`Instance::with_array`], where `buffers` keeps what did not go.
    pub(super) fn with_lent(
        &mut self,
        buffers: &mut Buffers,
        send: impl FnOnce(&mut Instance, u64) -> Result<u32, Error>,
    ) -> Result<u32, Error> {
        let described = self.describe(buffers.drain(..));
        let sent = described.and_then(|array| send(self, array));
        let arrays = &mut self.store.data_mut().ctx.arrays;
        let gone = sent.as_ref().map_or(0, |bytes| u64::from(*bytes));
        if gone < arrays.total_length(self.array) {
            buffers.extend(arrays.take(self.array));
            let empty = consume(buffers.iter_mut(), gone);
            buffers.drain(..empty);
        } else {
            arrays.fill(self.array, []);
        }
        sent
    }

    fn describe(&mut self, buffers: impl IntoIterator<Item = Bytes>) -> Result<u64, Error> {
        let ctx = &mut self.store.data_mut().ctx;
        let guard = &ctx.shared.guard;
        let one_too_many = guard.account().maximum_parts().saturating_add(1);
        let count = ctx
            .arrays
            .fill(self.array, buffers.into_iter().take(one_too_many));
        match guard.admit_parts(count) {
            Ok(()) => Ok(self.array),
            Err(_) => Err(WsaError::NoBufs.into()),
        }
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
            Overlapped,
            Option<CompletionRoutine>,
            Option<Resource<ReceiveBuffer>>,
        ) -> Result<
            Result<u32, crate::bindings::exports::winsock::spi::types::WsaError>,
        >,
    ) -> Result<Posted, Error> {
        let number = self.operations.number();
        let Request { lane, notify, room } = request;
        let overlapped = self.overlapped(notify == Notify::Event)?;
        let room = match room {
            Some(capacity) => Some(self.store.data_mut().ctx.push_room(capacity)?),
            None => None,
        };
        let lent = room.as_ref().map(|room| Resource::new_borrow(room.rep()));
        let routine = (notify == Notify::Routine).then_some(CompletionRoutine {
            thread_id: THREAD,
            context: number,
        });
        let operation = Operation {
            overlapped,
            notify,
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
        let key = self.ask(|guest, store| guest.overlapped().call_key(store, handle))?;
        Ok(Overlapped { handle, key, event })
    }

    /// Gives everything back that an operation held, and what it received.
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
        Ok(Some(self.store.data_mut().ctx.take_received(&room)?))
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
        let Overlapped { handle, event, .. } = operation.overlapped;
        match (operation.notify, event) {
            (Notify::Routine, _) => Ok(false),
            (_, Some(event)) => self.ask(|guest, store| guest.event().call_is_set(store, event)),
            (_, None) => self
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
