//! The semantics compiled into the host.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;
use wasmtime::{Result as HostResult, format_err};
use wsp_core::{
    EventId, MessageFlags as CoreFlags, OverlappedId, PollEvents, SocketAttributes, SocketId,
    WsaError,
};
use wsp_native::{HostTransport, Provider, Waits};
use wsp_transport::{HeldWatch, ReceiveBuffer, RoomWatch, Shared};

use super::{
    Ended, EventKey, OverlappedKey, ReceivedAtOnce, Receiving, RoomKey, Semantics, Sending,
    SocketKey, THREAD,
};
use crate::ctx::{Ctx, unknown};
use crate::embed::{
    AddressFamily, Error, MessageFlags, ShutdownHow, SocketOption, SocketOptionName, SocketType,
};
use crate::live::LivePolicy;
use crate::settings::Settings;

/// A provider of Rust over the host's transport. Keys are the core's own numbers.
pub(in crate::embed) struct Native {
    provider: Provider,
    ctx: Ctx,
    rooms: Slab<ReceiveBuffer>,
}

impl Native {
    pub(in crate::embed) fn new(settings: Settings) -> HostResult<Native> {
        let ctx = Ctx::new(settings)?;
        let transport = HostTransport::new(Arc::clone(&ctx.shared), Waits::Never);
        let mut provider = Provider::new(transport);
        provider
            .startup(wsp_core::VERSION)
            .map_err(|error| format_err!("the provider did not start: {error}"))?;
        Ok(Native {
            provider,
            ctx,
            rooms: Slab::new(),
        })
    }
}

fn socket(s: SocketKey) -> SocketId {
    SocketId::from_number(s.0)
}

fn overlapped(overlapped: OverlappedKey) -> OverlappedId {
    OverlappedId::from_number(overlapped.0)
}

fn event(event: EventKey) -> EventId {
    EventId::from_number(event.0)
}

impl From<Sending> for wsp_native::Sending {
    fn from(sending: Sending) -> wsp_native::Sending {
        wsp_native::Sending {
            flags: sending.flags.into(),
            to: sending.to,
            overlapped: sending.overlapped.map(overlapped),
            routine: sending.routine,
        }
    }
}

impl Semantics for Native {
    fn shared(&self) -> &Arc<Shared> {
        &self.ctx.shared
    }

    fn live_policy(&self) -> LivePolicy {
        self.ctx.live_policy()
    }

    fn unacknowledged(&self) -> u64 {
        let endpoints = self.provider.endpoints();
        endpoints
            .map(|endpoint| endpoint.endpoint().unacknowledged())
            .fold(0, u64::saturating_add)
    }

    fn pump(&mut self) -> Result<u64, Error> {
        Ok(self.provider.pump())
    }

    fn next_routine(&mut self) -> Result<Option<u64>, Error> {
        let call = self.provider.next_completion(THREAD);
        Ok(call.map(|call| {
            self.provider.routine_returned(call.socket);
            call.context
        }))
    }

    fn socket(&mut self, family: AddressFamily, kind: SocketType) -> Result<SocketKey, Error> {
        let attributes = SocketAttributes { overlapped: true };
        let s = self
            .provider
            .socket(family.into(), kind.into(), attributes)?;
        self.provider.set_nonblocking(s, true)?;
        Ok(SocketKey(s.to_number()))
    }

    fn drop_socket(&mut self, s: SocketKey) -> Result<(), Error> {
        self.provider.drop_socket(socket(s));
        Ok(())
    }

    fn bind(&mut self, s: SocketKey, local: SocketAddr) -> Result<(), Error> {
        Ok(self.provider.bind(socket(s), local)?)
    }

    fn connect(&mut self, s: SocketKey, peer: SocketAddr) -> Result<(), Error> {
        Ok(self.provider.connect(socket(s), peer)?)
    }

    fn listen(&mut self, s: SocketKey, backlog: u32) -> Result<(), Error> {
        Ok(self.provider.listen(socket(s), backlog)?)
    }

    fn accept(&mut self, s: SocketKey) -> Result<(SocketKey, SocketAddr), Error> {
        let (accepted, peer) = self.provider.accept(socket(s))?;
        Ok((SocketKey(accepted.to_number()), peer))
    }

    fn shutdown(&mut self, s: SocketKey, how: ShutdownHow) -> Result<(), Error> {
        Ok(self.provider.shutdown(socket(s), how.into())?)
    }

    fn close(&mut self, s: SocketKey) -> Result<(), Error> {
        Ok(self.provider.close_socket(socket(s))?)
    }

    fn local_address(&mut self, s: SocketKey) -> Result<SocketAddr, Error> {
        Ok(self.provider.local_address(socket(s))?)
    }

    fn peer_address(&mut self, s: SocketKey) -> Result<SocketAddr, Error> {
        Ok(self.provider.peer_address(socket(s))?)
    }

    fn option(&mut self, s: SocketKey, name: SocketOptionName) -> Result<SocketOption, Error> {
        let option = self.provider.get_option(socket(s), name.into())?;
        Ok(option.try_into()?)
    }

    fn set_option(&mut self, s: SocketKey, option: SocketOption) -> Result<(), Error> {
        Ok(self.provider.set_option(socket(s), option.into())?)
    }

    fn ended(&mut self, s: SocketKey) -> Result<Option<Result<(), WsaError>>, Error> {
        let asked = [(socket(s), PollEvents::empty())];
        let found = self.provider.poll(&asked, Some(0))?;
        let found = found.into_iter().fold(PollEvents::empty(), |a, b| a | b);
        Ok(super::end_of(
            found.contains(PollEvents::ERROR),
            found.contains(PollEvents::HANG_UP),
        ))
    }

    fn event(&mut self) -> Result<EventKey, Error> {
        Ok(EventKey(self.provider.create_event().to_number()))
    }

    fn event_is_set(&mut self, key: EventKey) -> Result<bool, Error> {
        Ok(self.provider.event_is_set(event(key)))
    }

    fn drop_event(&mut self, key: EventKey) -> Result<(), Error> {
        self.provider.drop_event(event(key));
        Ok(())
    }

    fn overlapped(&mut self, key: Option<EventKey>) -> Result<OverlappedKey, Error> {
        let id = self.provider.create_overlapped(key.map(event));
        Ok(OverlappedKey(id.to_number()))
    }

    fn in_progress(&mut self, key: OverlappedKey) -> Result<bool, Error> {
        Ok(self.provider.overlapped_in_progress(overlapped(key)))
    }

    fn status(&mut self, key: OverlappedKey) -> Result<Ended, Error> {
        let status = self.provider.overlapped_status(overlapped(key));
        Ok(Ended {
            error: WsaError::from_number(status.offset_high),
            transferred: status.internal_high,
        })
    }

    fn source(&mut self, key: OverlappedKey) -> Result<Option<SocketAddr>, Error> {
        Ok(self.provider.overlapped_source(overlapped(key)))
    }

    fn drop_overlapped(&mut self, key: OverlappedKey) -> Result<(), Error> {
        self.provider.drop_overlapped(overlapped(key));
        Ok(())
    }

    fn cancel(&mut self, s: SocketKey, key: OverlappedKey) -> Result<(), Error> {
        let cancelled = self.provider.cancel_io_ex(socket(s), Some(overlapped(key)));
        super::cancelled(cancelled.map_err(Into::into))
    }

    fn send(&mut self, s: SocketKey, buffers: &[Bytes], sending: Sending) -> Result<u32, Error> {
        let sending = sending.into();
        Ok(wsp_native::send(
            &mut self.provider,
            socket(s),
            buffers,
            sending,
        )?)
    }

    fn send_or_watch(
        &mut self,
        s: SocketKey,
        buffers: &[Bytes],
        flags: MessageFlags,
    ) -> Result<u32, (Error, Option<HeldWatch>)> {
        *self.provider.transport_mut().room_watch() = RoomWatch::Caller(None);
        let sending = wsp_native::Sending {
            flags: flags.into(),
            ..wsp_native::Sending::default()
        };
        let sent = wsp_native::send(&mut self.provider, socket(s), buffers, sending);
        let watch = self.provider.transport_mut().room_watch().take();
        sent.map_err(|error| (error.into(), watch))
    }

    fn room(&mut self, capacity: u32) -> Result<RoomKey, Error> {
        let room = self.ctx.shared.receive_buffer(capacity);
        Ok(RoomKey(self.rooms.insert(room) as u64))
    }

    fn receive(&mut self, s: SocketKey, receiving: Receiving) -> Result<ReceivedAtOnce, Error> {
        let Receiving {
            room,
            flags,
            overlapped: o,
            routine,
        } = receiving;
        let room = self.rooms.get(room.0 as usize);
        let room = room.ok_or_else(|| unknown("receive buffer"))?;
        let (s, o) = (socket(s), Some(overlapped(o)));
        let received = self
            .provider
            .receive_from(s, room, flags.into(), o, routine)?;
        Ok(ReceivedAtOnce {
            bytes: received.transfer.bytes,
            is_partial: received.transfer.flags.contains(CoreFlags::PARTIAL),
        })
    }

    fn take_received(&mut self, room: RoomKey) -> Result<Bytes, Error> {
        let room = self.rooms.try_remove(room.0 as usize);
        let room = room.ok_or_else(|| unknown("receive buffer"))?;
        Ok(Bytes::from(room.take()))
    }
}
