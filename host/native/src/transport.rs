//! The host's endpoints as a [`wsp_core::Transport`].

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use wsp_core::{
    AddressFamily, EndpointOption, Finished, GroupInterface, Interest, Readiness, ReceiveFlags,
    ReceiveStarted, ReceivedNow, SendFlags, ShutdownHow, SocketType, Started, Transport,
    TransportError, WaitOutcome,
};
use wsp_transport::{Endpoint, EndpointHandle, ReceiveBuffer, RoomWatch, Shared};

use crate::convert::Convert;

/// Whether calls of the provider may wait.
#[derive(Clone, Debug)]
pub enum Waits {
    /// They answer as on a nonblocking socket, as those of an embedder do.
    Never,
    /// They block the calling thread, while this runtime drives what they wait for. In a
    /// task of a runtime, which must not be blocked, they answer as on a nonblocking socket.
    BlockThread(Handle),
}

/// The endpoints of one guest, as its provider needs them.
#[derive(Debug)]
pub struct HostTransport {
    shared: Arc<Shared>,
    waits: Waits,
    room_watch: RoomWatch,
    origin: Instant,
}

impl HostTransport {
    /// Over what these endpoints share.
    #[must_use]
    pub fn new(shared: Arc<Shared>, waits: Waits) -> HostTransport {
        HostTransport {
            shared,
            waits,
            room_watch: RoomWatch::default(),
            origin: Instant::now(),
        }
    }

    /// What the endpoints share.
    #[must_use]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Who watches for room after a send that found none.
    pub fn room_watch(&mut self) -> &mut RoomWatch {
        &mut self.room_watch
    }

    /// Blocks the thread until `done` is; `None` if it must not.
    pub(crate) fn wait_for<R>(&self, done: impl Future<Output = R>) -> Option<R> {
        match &self.waits {
            Waits::BlockThread(runtime) if Handle::try_current().is_err() => {
                Some(runtime.block_on(done))
            }
            Waits::BlockThread(_) | Waits::Never => None,
        }
    }
}

/// A span for the time of a call, as calls of the component have them.
macro_rules! call {
    ($name:literal, $($fields:tt)*) => {
        tracing::trace_span!(target: "wsp::transport", $name, $($fields)*).entered()
    };
}

/// An answer of the transport, in the provider's words.
fn told<T, W>(answer: Result<T, wsp_transport::TransportError>) -> Result<W, TransportError>
where
    T: Convert<W>,
{
    answer.map(Convert::convert).map_err(Convert::convert)
}

/// As [`told`], of answers that mean the same on both sides.
fn as_it_is<T>(answer: Result<T, wsp_transport::TransportError>) -> Result<T, TransportError> {
    answer.map_err(Convert::convert)
}

impl Transport for HostTransport {
    type Endpoint = EndpointHandle;
    /// [`send`](crate::send()) gives payload to the endpoints itself.
    type Buffers = Infallible;
    type Room = ReceiveBuffer;

    fn count(&mut self, buffers: &Infallible) -> u32 {
        match *buffers {}
    }

    fn total_length(&mut self, buffers: &Infallible) -> u64 {
        match *buffers {}
    }

    fn create(
        &mut self,
        family: AddressFamily,
        kind: SocketType,
    ) -> Result<EndpointHandle, TransportError> {
        let _call = call!("create", ?family, ?kind);
        as_it_is(Endpoint::create(
            &self.shared,
            family.convert(),
            kind.convert(),
        ))
    }

    fn bind(&mut self, endpoint: &EndpointHandle, local: SocketAddr) -> Result<(), TransportError> {
        let _call = call!("bind", ?local);
        as_it_is(endpoint.endpoint().bind(local))
    }

    fn start_connect(
        &mut self,
        endpoint: &EndpointHandle,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let _call = call!("start-connect", ?peer, operation);
        told(endpoint.endpoint().start_connect(peer, operation))
    }

    fn listen(&mut self, endpoint: &EndpointHandle, backlog: u32) -> Result<(), TransportError> {
        let _call = call!("listen", backlog);
        as_it_is(endpoint.endpoint().listen(backlog))
    }

    fn accept(
        &mut self,
        endpoint: &EndpointHandle,
    ) -> Result<(EndpointHandle, SocketAddr), TransportError> {
        let _call = call!("accept",);
        as_it_is(endpoint.endpoint().accept())
    }

    fn try_send(
        &mut self,
        _endpoint: &EndpointHandle,
        buffers: &Infallible,
        _flags: SendFlags,
        _to: Option<SocketAddr>,
    ) -> Result<u64, TransportError> {
        match *buffers {}
    }

    fn start_send(
        &mut self,
        _endpoint: &EndpointHandle,
        buffers: &Infallible,
        _flags: SendFlags,
        _to: Option<SocketAddr>,
        _operation: u64,
    ) -> Result<Started, TransportError> {
        match *buffers {}
    }

    fn try_receive(
        &mut self,
        endpoint: &EndpointHandle,
        room: &ReceiveBuffer,
        flags: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        let _call = call!("try-receive", ?flags);
        told(endpoint.endpoint().try_receive(room, flags.convert()))
    }

    fn look(&mut self, endpoint: &EndpointHandle) -> Result<(), TransportError> {
        let peek = wsp_transport::ReceiveFlags::PEEK;
        let room = self.shared.receive_buffer(1);
        as_it_is(endpoint.endpoint().try_receive(&room, peek).map(drop))
    }

    fn start_receive(
        &mut self,
        endpoint: &EndpointHandle,
        room: &ReceiveBuffer,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        let _call = call!("start-receive", ?flags, operation);
        let endpoint = endpoint.endpoint();
        told(endpoint.start_receive(room, flags.convert(), operation))
    }

    fn start_watch(
        &mut self,
        endpoint: &EndpointHandle,
        interest: Interest,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let _call = call!("start-watch", ?interest, operation);
        let endpoint = endpoint.endpoint();
        told(match interest {
            Interest::Writable => self.room_watch.start(endpoint, operation),
            interest => endpoint.start_watch(interest.convert(), operation),
        })
    }

    fn ready(&mut self, endpoint: &EndpointHandle) -> Readiness {
        let _call = call!("ready",);
        endpoint.endpoint().ready().convert()
    }

    fn cancel(&mut self, endpoint: &EndpointHandle, operation: u64) {
        let _call = call!("cancel", operation);
        endpoint.endpoint().cancel(operation);
    }

    fn shutdown(
        &mut self,
        endpoint: &EndpointHandle,
        how: ShutdownHow,
    ) -> Result<(), TransportError> {
        let _call = call!("shutdown", ?how);
        as_it_is(endpoint.endpoint().shutdown(how.convert()))
    }

    fn abort_on_drop(&mut self, endpoint: &EndpointHandle, on: bool) {
        let _call = call!("abort-on-drop", on);
        endpoint.endpoint().abort_on_drop(on);
    }

    fn unacknowledged(&mut self, endpoint: &EndpointHandle) -> u64 {
        let _call = call!("unacknowledged",);
        endpoint.endpoint().unacknowledged()
    }

    fn available(&mut self, endpoint: &EndpointHandle) -> Result<u64, TransportError> {
        let _call = call!("available",);
        as_it_is(endpoint.endpoint().available())
    }

    fn local_address(&mut self, endpoint: &EndpointHandle) -> Result<SocketAddr, TransportError> {
        let _call = call!("local-address",);
        as_it_is(endpoint.endpoint().local_address())
    }

    fn peer_address(&mut self, endpoint: &EndpointHandle) -> Result<SocketAddr, TransportError> {
        let _call = call!("peer-address",);
        as_it_is(endpoint.endpoint().peer_address())
    }

    fn get_option(
        &mut self,
        endpoint: &EndpointHandle,
        option: EndpointOption,
    ) -> Result<u32, TransportError> {
        let _call = call!("get-option", ?option);
        as_it_is(endpoint.endpoint().get_option(option.convert()))
    }

    fn set_option(
        &mut self,
        endpoint: &EndpointHandle,
        option: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        let _call = call!("set-option", ?option, value);
        as_it_is(endpoint.endpoint().set_option(option.convert(), value))
    }

    fn join_group(
        &mut self,
        endpoint: &EndpointHandle,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        let _call = call!("join-group", ?group, ?through);
        as_it_is(endpoint.endpoint().join_group(group, through.convert()))
    }

    fn leave_group(
        &mut self,
        endpoint: &EndpointHandle,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        let _call = call!("leave-group", ?group, ?through);
        as_it_is(endpoint.endpoint().leave_group(group, through.convert()))
    }

    fn set_group_interface(
        &mut self,
        endpoint: &EndpointHandle,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        let _call = call!("set-group-interface", ?through);
        as_it_is(endpoint.endpoint().set_group_interface(through.convert()))
    }

    fn take_finished(&mut self, finished: &mut Vec<Finished>) {
        let _call = call!("take-finished",);
        let taken = self.shared.completions().take(u32::MAX);
        finished.extend(taken.into_iter().map(Convert::<Finished>::convert));
    }

    fn wait_finished(&mut self, timeout_ms: Option<u64>) -> WaitOutcome {
        let _call = call!("wait-finished", timeout_ms);
        let finished = self.shared.completions().wait();
        let ended = match timeout_ms {
            None => self.wait_for(async {
                finished.await;
                Ok(())
            }),
            Some(ms) => {
                let timeout = Duration::from_millis(ms);
                self.wait_for(async { tokio::time::timeout(timeout, finished).await })
            }
        };
        match ended {
            Some(Ok(())) => WaitOutcome::Finished,
            Some(Err(_)) => WaitOutcome::TimedOut,
            None => WaitOutcome::CannotBlock,
        }
    }

    fn now(&mut self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
