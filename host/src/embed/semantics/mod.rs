//! Where the semantics run: in the provider component, or compiled into the host.

mod compiled;
mod convert;
mod native;
mod sandboxed;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use wsp_core::{CompletionRoutine, WsaError};
use wsp_transport::{HeldWatch, Shared};

use super::{
    AddressFamily, Error, MessageFlags, ShutdownHow, SocketOption, SocketOptionName, SocketType,
};
use crate::live::LivePolicy;

pub(super) use compiled::Compiled;
pub(super) use native::Native;
pub(super) use sandboxed::Sandboxed;

/// Embedders have one thread as far as the provider is concerned.
pub(super) const THREAD: u32 = 0;

macro_rules! keys {
    ($($(#[$documentation:meta])* $name:ident;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) struct $name(u64);
    )*};
}

keys! {
    /// A socket.
    SocketKey;
    /// An event.
    EventKey;
    /// An overlapped structure.
    OverlappedKey;
    /// A receive buffer.
    RoomKey;
}

/// What a send is given besides its buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    pub(super) flags: MessageFlags,
    pub(super) to: Option<SocketAddr>,
    pub(super) overlapped: Option<OverlappedKey>,
    pub(super) routine: Option<CompletionRoutine>,
}

/// What a receive is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receiving {
    pub(super) room: RoomKey,
    pub(super) flags: MessageFlags,
    pub(super) overlapped: OverlappedKey,
    pub(super) routine: Option<CompletionRoutine>,
}

/// What a receive received at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceivedAtOnce {
    pub(super) bytes: u32,
    /// Of a datagram that is longer.
    pub(super) is_partial: bool,
}

/// How the latest operation of an overlapped structure has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) error: Option<WsaError>,
    pub(super) transferred: u32,
}

/// The calls of the provider that an embedder needs. Keys are of the same instance, and
/// nothing is asked of a key after it was dropped. Winsock's errors are as the WIT lists them.
pub(super) trait Semantics: Send {
    /// What the endpoints share.
    fn shared(&self) -> &Arc<Shared>;
    fn live_policy(&self) -> LivePolicy;
    /// Bytes that sockets have taken and that their peers have not acknowledged.
    fn unacknowledged(&self) -> u64;

    /// Takes what has finished; how many operations of the host were taken ever.
    fn pump(&mut self) -> Result<u64, Error>;
    /// The context of the next routine, which counts as run.
    fn next_routine(&mut self) -> Result<Option<u64>, Error>;

    /// A nonblocking, overlapped socket.
    fn socket(&mut self, family: AddressFamily, kind: SocketType) -> Result<SocketKey, Error>;
    fn drop_socket(&mut self, s: SocketKey) -> Result<(), Error>;
    fn bind(&mut self, s: SocketKey, local: SocketAddr) -> Result<(), Error>;
    fn connect(&mut self, s: SocketKey, peer: SocketAddr) -> Result<(), Error>;
    fn listen(&mut self, s: SocketKey, backlog: u32) -> Result<(), Error>;
    fn accept(&mut self, s: SocketKey) -> Result<(SocketKey, SocketAddr), Error>;
    fn shutdown(&mut self, s: SocketKey, how: ShutdownHow) -> Result<(), Error>;
    fn close(&mut self, s: SocketKey) -> Result<(), Error>;
    fn local_address(&mut self, s: SocketKey) -> Result<SocketAddr, Error>;
    fn peer_address(&mut self, s: SocketKey) -> Result<SocketAddr, Error>;
    fn option(&mut self, s: SocketKey, name: SocketOptionName) -> Result<SocketOption, Error>;
    fn set_option(&mut self, s: SocketKey, option: SocketOption) -> Result<(), Error>;
    /// POLLHUP and POLLERR.
    fn ended(&mut self, s: SocketKey) -> Result<Option<Result<(), WsaError>>, Error>;

    fn event(&mut self) -> Result<EventKey, Error>;
    fn event_is_set(&mut self, event: EventKey) -> Result<bool, Error>;
    fn drop_event(&mut self, event: EventKey) -> Result<(), Error>;
    fn overlapped(&mut self, event: Option<EventKey>) -> Result<OverlappedKey, Error>;
    fn in_progress(&mut self, overlapped: OverlappedKey) -> Result<bool, Error>;
    fn status(&mut self, overlapped: OverlappedKey) -> Result<Ended, Error>;
    fn source(&mut self, overlapped: OverlappedKey) -> Result<Option<SocketAddr>, Error>;
    fn drop_overlapped(&mut self, overlapped: OverlappedKey) -> Result<(), Error>;
    /// CancelIoEx: the operation has ended when this returns.
    fn cancel(&mut self, s: SocketKey, overlapped: OverlappedKey) -> Result<(), Error>;

    /// WSPSend or WSPSendTo.
    fn send(&mut self, s: SocketKey, buffers: &[Bytes], sending: Sending) -> Result<u32, Error>;
    /// As [`Semantics::send`], without an overlapped structure; if it finds no room, the
    /// caller gets the watch for some, unless there is one already.
    fn send_or_watch(
        &mut self,
        s: SocketKey,
        buffers: &[Bytes],
        flags: MessageFlags,
    ) -> Result<u32, (Error, Option<HeldWatch>)>;
    /// Room for a receive of at most `capacity` bytes.
    fn room(&mut self, capacity: u32) -> Result<RoomKey, Error>;
    /// WSPRecvFrom, overlapped.
    fn receive(&mut self, s: SocketKey, receiving: Receiving) -> Result<ReceivedAtOnce, Error>;
    /// What was received into the room, which ends with it.
    fn take_received(&mut self, room: RoomKey) -> Result<Bytes, Error>;
}

/// What POLLERR and POLLHUP say of a stream.
fn end_of(has_failed: bool, has_ended: bool) -> Option<Result<(), WsaError>> {
    match has_failed {
        true => Some(Err(WsaError::ConnAborted)),
        false => has_ended.then_some(Ok(())),
    }
}

/// What CancelIoEx answered. That nothing is pending is as good.
fn cancelled(answer: Result<u32, Error>) -> Result<(), Error> {
    match answer {
        Ok(_) | Err(Error::Winsock(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
