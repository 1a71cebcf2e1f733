//! The semantics in the provider component.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;
use wasmtime::component::{Resource, ResourceAny};
use wasmtime::{Result as HostResult, Store, format_err};
use wsp_core::{CompletionRoutine, WsaError};
use wsp_transport::{HeldWatch, Payload, RoomWatch, Shared, Slices};

use super::compiled::{Compiled, Exports};
use super::{
    Ended, EventKey, OverlappedKey, ReceivedAtOnce, Receiving, RoomKey, Semantics, Sending,
    SocketKey, THREAD,
};
use crate::ctx::{Ctx, unknown};
use crate::embed::{
    AddressFamily, Error, MessageFlags, ShutdownHow, SocketOption, SocketOptionName, SocketType,
};
use crate::imports::bindings::SpiProvider;
use crate::imports::bindings::exports::winsock::spi::extensions::{PollEvents, PolledSocket};
use crate::imports::bindings::exports::winsock::spi::provider::{
    CompletionRoutine as WitRoutine, Guest,
};
use crate::imports::gather::{SendOutcome, Ticket, TicketFlags};
use crate::imports::types::{SocketFlags, TransportError};
use crate::live::LivePolicy;
use crate::quota::limit_store;
use crate::settings::Settings;

/// A provider component in a store of its own. Every call is a plain synchronous one.
pub(in crate::embed) struct Sandboxed {
    store: Store<Ctx>,
    exports: Exports,
    sockets: Slab<Numbered>,
    overlapped: Slab<Numbered>,
    events: Slab<ResourceAny>,
    /// A trap poisons the store; nothing more can be asked of it.
    failed: bool,
}

/// A handle, with the number that sends name it by.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    handle: ResourceAny,
    number: u64,
}

impl Sandboxed {
    pub(in crate::embed) fn new(compiled: &Compiled, settings: Settings) -> HostResult<Sandboxed> {
        let mut store = Store::new(compiled.engine(), Ctx::new(settings)?);
        limit_store(&mut store);
        let exports = compiled.start(&mut store)?;
        Ok(Sandboxed {
            store,
            exports,
            sockets: Slab::new(),
            overlapped: Slab::new(),
            events: Slab::new(),
            failed: false,
        })
    }

    /// Calls the provider, unless an earlier call trapped.
    fn call<R, E>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<Ctx>) -> HostResult<Result<R, E>>,
    ) -> Result<R, Error>
    where
        Error: From<E>,
    {
        self.call_exports(|exports, store| call(exports.winsock_spi_provider(), store))
    }

    /// As [`Sandboxed::call`], for any export.
    fn call_exports<R, E>(
        &mut self,
        call: impl FnOnce(&SpiProvider, &mut Store<Ctx>) -> HostResult<Result<R, E>>,
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

    /// As [`Sandboxed::call`], for calls that cannot fail.
    fn ask<R>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<Ctx>) -> HostResult<R>,
    ) -> Result<R, Error> {
        self.call(|guest, store| Ok(Ok::<R, Error>(call(guest, store)?)))
    }

    /// As [`Sandboxed::call_exports`], for calls that cannot fail.
    fn ask_exports<R>(
        &mut self,
        call: impl FnOnce(&SpiProvider, &mut Store<Ctx>) -> HostResult<R>,
    ) -> Result<R, Error> {
        self.call_exports(|exports, store| Ok(Ok::<R, Error>(call(exports, store)?)))
    }

    /// Releases a handle.
    fn release(&mut self, handle: ResourceAny) -> Result<(), Error> {
        if self.failed {
            return Ok(());
        }
        if let Err(trap) = handle.resource_drop(&mut self.store) {
            self.failed = true;
            return Err(Error::Host(trap));
        }
        Ok(())
    }

    fn opened(&mut self, handle: ResourceAny) -> Result<SocketKey, Error> {
        let number = self.ask_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            tickets.call_socket_number(store, handle)
        })?;
        let key = self.sockets.insert(Numbered { handle, number });
        Ok(SocketKey(key as u64))
    }

    fn of_socket(&self, s: SocketKey) -> Result<Numbered, Error> {
        let socket = self.sockets.get(s.0 as usize).copied();
        Ok(socket.ok_or_else(|| unknown("socket"))?)
    }

    fn handle(&self, s: SocketKey) -> Result<ResourceAny, Error> {
        Ok(self.of_socket(s)?.handle)
    }

    fn of_overlapped(&self, overlapped: OverlappedKey) -> Result<Numbered, Error> {
        let overlapped = self.overlapped.get(overlapped.0 as usize).copied();
        Ok(overlapped.ok_or_else(|| unknown("overlapped structure"))?)
    }

    fn of_event(&self, event: EventKey) -> Result<ResourceAny, Error> {
        let event = self.events.get(event.0 as usize).copied();
        Ok(event.ok_or_else(|| unknown("event"))?)
    }

    fn begin_send(
        &mut self,
        s: u64,
        payload: &Payload<'_>,
        sending: Sending,
    ) -> Result<Ticket, Error> {
        let Sending { flags, to, .. } = sending;
        let overlapped = match sending.overlapped {
            Some(overlapped) => Some(self.of_overlapped(overlapped)?.number),
            None => None,
        };
        let routine = sending.routine.map(Into::into);
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
}

impl From<CompletionRoutine> for WitRoutine {
    fn from(routine: CompletionRoutine) -> WitRoutine {
        WitRoutine {
            thread_id: routine.thread_id,
            context: routine.context,
        }
    }
}

impl Semantics for Sandboxed {
    fn shared(&self) -> &Arc<Shared> {
        &self.store.data().shared
    }

    fn live_policy(&self) -> LivePolicy {
        self.store.data().live_policy()
    }

    fn unacknowledged(&self) -> u64 {
        let endpoints = self.store.data().endpoints.iter();
        endpoints
            .map(|endpoint| endpoint.endpoint().unacknowledged())
            .fold(0, u64::saturating_add)
    }

    fn pump(&mut self) -> Result<u64, Error> {
        self.ask(|guest, store| guest.call_pump(store))
    }

    fn next_routine(&mut self) -> Result<Option<u64>, Error> {
        let Some(call) = self.ask(|guest, store| guest.call_next_completion(store, THREAD))? else {
            return Ok(None);
        };
        let context = self.ask(|guest, store| guest.completion().call_context(store, call))?;
        self.release(call)?;
        Ok(Some(context))
    }

    fn socket(&mut self, family: AddressFamily, kind: SocketType) -> Result<SocketKey, Error> {
        let flags = SocketFlags::OVERLAPPED;
        let handle = self.call(|guest, store| guest.call_wsp_socket(store, family, kind, flags))?;
        let key = self.opened(handle)?;
        self.call(|guest, store| guest.call_ioctl_fionbio(store, handle, true))?;
        Ok(key)
    }

    fn drop_socket(&mut self, s: SocketKey) -> Result<(), Error> {
        let socket = self.sockets.try_remove(s.0 as usize);
        socket.map_or(Ok(()), |socket| self.release(socket.handle))
    }

    fn bind(&mut self, s: SocketKey, local: SocketAddr) -> Result<(), Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_bind(store, s, local.into()))
    }

    fn connect(&mut self, s: SocketKey, peer: SocketAddr) -> Result<(), Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_connect(store, s, peer.into()))
    }

    fn listen(&mut self, s: SocketKey, backlog: u32) -> Result<(), Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_listen(store, s, backlog))
    }

    fn accept(&mut self, s: SocketKey) -> Result<(SocketKey, SocketAddr), Error> {
        let s = self.handle(s)?;
        let (handle, peer) = self.call(|guest, store| guest.call_wsp_accept(store, s))?;
        Ok((self.opened(handle)?, peer.into()))
    }

    fn shutdown(&mut self, s: SocketKey, how: ShutdownHow) -> Result<(), Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_shutdown(store, s, how))
    }

    fn close(&mut self, s: SocketKey) -> Result<(), Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_close_socket(store, s))
    }

    fn local_address(&mut self, s: SocketKey) -> Result<SocketAddr, Error> {
        let s = self.handle(s)?;
        let name = self.call(|guest, store| guest.call_wsp_get_sock_name(store, s));
        name.map(Into::into)
    }

    fn peer_address(&mut self, s: SocketKey) -> Result<SocketAddr, Error> {
        let s = self.handle(s)?;
        let name = self.call(|guest, store| guest.call_wsp_get_peer_name(store, s));
        name.map(Into::into)
    }

    fn option(&mut self, s: SocketKey, name: SocketOptionName) -> Result<SocketOption, Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_get_sock_opt(store, s, name))
    }

    fn set_option(&mut self, s: SocketKey, option: SocketOption) -> Result<(), Error> {
        let s = self.handle(s)?;
        self.call(|guest, store| guest.call_wsp_set_sock_opt(store, s, option))
    }

    fn ended(&mut self, s: SocketKey) -> Result<Option<Result<(), WsaError>>, Error> {
        let asked = [PolledSocket {
            s: self.handle(s)?,
            asked: PollEvents::empty(),
        }];
        let found = self.call_exports(|exports, store| {
            let extensions = exports.winsock_spi_extensions();
            extensions.call_wsp_poll(store, &asked, Some(0))
        })?;
        let found = found.into_iter().fold(PollEvents::empty(), |a, b| a | b);
        Ok(super::end_of(
            found.contains(PollEvents::ERROR),
            found.contains(PollEvents::HANG_UP),
        ))
    }

    fn event(&mut self) -> Result<EventKey, Error> {
        let event = self.ask(|guest, store| guest.event().call_constructor(store))?;
        Ok(EventKey(self.events.insert(event) as u64))
    }

    fn event_is_set(&mut self, event: EventKey) -> Result<bool, Error> {
        let event = self.of_event(event)?;
        self.ask(|guest, store| guest.event().call_is_set(store, event))
    }

    fn drop_event(&mut self, event: EventKey) -> Result<(), Error> {
        let event = self.events.try_remove(event.0 as usize);
        event.map_or(Ok(()), |event| self.release(event))
    }

    fn overlapped(&mut self, event: Option<EventKey>) -> Result<OverlappedKey, Error> {
        let event = match event {
            Some(event) => Some(self.of_event(event)?),
            None => None,
        };
        let handle = self.ask(|guest, store| guest.overlapped().call_constructor(store, event))?;
        let number = self.ask_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            tickets.call_overlapped_number(store, handle)
        })?;
        let key = self.overlapped.insert(Numbered { handle, number });
        Ok(OverlappedKey(key as u64))
    }

    fn in_progress(&mut self, overlapped: OverlappedKey) -> Result<bool, Error> {
        let Numbered { handle, .. } = self.of_overlapped(overlapped)?;
        self.ask(|guest, store| guest.overlapped().call_in_progress(store, handle))
    }

    fn status(&mut self, overlapped: OverlappedKey) -> Result<Ended, Error> {
        let Numbered { handle, .. } = self.of_overlapped(overlapped)?;
        let status = self.ask(|guest, store| guest.overlapped().call_status(store, handle))?;
        Ok(Ended {
            error: WsaError::from_number(status.offset_high),
            transferred: status.internal_high,
        })
    }

    fn source(&mut self, overlapped: OverlappedKey) -> Result<Option<SocketAddr>, Error> {
        let Numbered { handle, .. } = self.of_overlapped(overlapped)?;
        let source = self.ask(|guest, store| guest.overlapped().call_source(store, handle))?;
        Ok(source.map(Into::into))
    }

    fn drop_overlapped(&mut self, overlapped: OverlappedKey) -> Result<(), Error> {
        let overlapped = self.overlapped.try_remove(overlapped.0 as usize);
        overlapped.map_or(Ok(()), |overlapped| self.release(overlapped.handle))
    }

    fn cancel(&mut self, s: SocketKey, overlapped: OverlappedKey) -> Result<(), Error> {
        let (s, o) = (self.handle(s)?, self.of_overlapped(overlapped)?.handle);
        super::cancelled(self.call(|guest, store| guest.call_cancel_io_ex(store, s, Some(o))))
    }

    /// The provider allows it, the host moves the bytes, and the provider says what that means.
    fn send(&mut self, s: SocketKey, buffers: &[Bytes], sending: Sending) -> Result<u32, Error> {
        let s = self.of_socket(s)?.number;
        let guard = &self.store.data().shared.guard();
        if guard.admit_parts(buffers.len()).is_err() {
            return Err(WsaError::NoBufs.into());
        }
        let mut slices = Slices::new();
        let payload = Payload::shared(buffers, &mut slices);
        let ticket = self.begin_send(s, &payload, sending)?;
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
        if matches!(outcome, SendOutcome::Pending) && ticket.flags.contains(TicketFlags::ACCEPTED) {
            return Err(WsaError::IoPending.into());
        }
        self.call_exports(|exports, store| {
            let tickets = exports.winsock_spi_tickets();
            tickets.call_end_send(store, s, ticket.operation, outcome)
        })
    }

    fn send_or_watch(
        &mut self,
        s: SocketKey,
        buffers: &[Bytes],
        flags: MessageFlags,
    ) -> Result<u32, (Error, Option<HeldWatch>)> {
        self.store.data_mut().room_watch = RoomWatch::Caller(None);
        let sending = Sending {
            flags,
            to: None,
            overlapped: None,
            routine: None,
        };
        let sent = self.send(s, buffers, sending);
        let watch = self.store.data_mut().room_watch.take();
        sent.map_err(|error| (error, watch))
    }

    fn room(&mut self, capacity: u32) -> Result<RoomKey, Error> {
        let room = self.store.data_mut().push_room(capacity)?;
        Ok(RoomKey(room.rep().into()))
    }

    fn receive(&mut self, s: SocketKey, receiving: Receiving) -> Result<ReceivedAtOnce, Error> {
        let (s, room) = (self.handle(s)?, receiving.room.borrowed());
        let o = Some(self.of_overlapped(receiving.overlapped)?.handle);
        let (flags, routine) = (receiving.flags, receiving.routine.map(Into::into));
        let received =
            self.call(|guest, store| guest.call_wsp_recv_from(store, s, room, flags, o, routine))?;
        Ok(ReceivedAtOnce {
            bytes: received.transfer.bytes,
            is_partial: received.transfer.flags.contains(MessageFlags::PARTIAL),
        })
    }

    fn take_received(&mut self, room: RoomKey) -> Result<Bytes, Error> {
        Ok(self.store.data_mut().take_received(&room.borrowed())?)
    }
}

impl RoomKey {
    fn borrowed<T: 'static>(self) -> Resource<T> {
        // It was made of 32 bits.
        Resource::new_borrow(u32::try_from(self.0).unwrap_or(u32::MAX))
    }
}
