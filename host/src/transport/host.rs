//! The generated traits of `winsock:spi/transport`, over endpoints.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;
use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};

use super::endpoint::{Endpoint, EndpointHandle};
use super::gather::SendOptions;
use super::payload::{Payload, Slices};
use super::{
    AddressFamily, Direction, EndpointOption, Finished, Interest, Protocol, Readiness,
    ReceiveFlags, ReceiveStarted, Received, SendFlags, SocketAddress, Started, TransportError,
    WaitOutcome,
};
use crate::bindings::winsock::spi::transport::{Host, HostEndpoint};
use crate::bindings::winsock::spi::types;
use crate::ctx::{CtxView, Shared, unknown};
use crate::gather;
use crate::memory::{ReceiveBuffer, WsabufArray};

/// What the provider is told, inside what wasmtime is told: the outer error is a
/// fault of the host and traps.
type Answer<T> = Result<Result<T, TransportError>>;

/// A span for the time of a call, which costs next to nothing unless somebody
/// listens to `wsp::transport` at trace level.
macro_rules! call {
    ($name:literal, $($fields:tt)*) => {
        tracing::trace_span!(target: "wsp::transport", $name, $($fields)*).entered()
    };
}

impl CtxView<'_> {
    fn endpoint(&self, endpoint: &Resource<EndpointHandle>) -> Result<&Arc<Endpoint>> {
        Ok(self.ctx.endpoint(endpoint)?.endpoint())
    }
}

/// Types alone need no functions.
impl types::Host for CtxView<'_> {}

impl HostEndpoint for CtxView<'_> {
    fn create(
        &mut self,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Answer<Resource<EndpointHandle>> {
        let _call = call!("create", ?family, ?protocol);
        match Endpoint::create(&self.ctx.shared, family, protocol) {
            Ok(endpoint) => Ok(Ok(self.ctx.push_endpoint(endpoint)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn number(&mut self, endpoint: Resource<EndpointHandle>) -> Result<u64> {
        let _call = call!("number", endpoint = endpoint.rep());
        let number = self.ctx.endpoints.number(endpoint.rep());
        number.ok_or_else(|| unknown("endpoint"))
    }

    fn try_send(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        buffers: Resource<WsabufArray>,
        flags: SendFlags,
        to: Option<SocketAddress>,
    ) -> Answer<u64> {
        let _call = call!("try-send", endpoint = endpoint.rep(), ?flags, ?to);
        let to = to.map(Into::into);
        let Some(parts) = self.ctx.array(&buffers)?.parts() else {
            return Ok(Err(TransportError::OutOfBuffers));
        };
        let mut slices = Slices::new();
        let payload = Payload::shared(parts, &mut slices);
        let endpoint = self.endpoint(&endpoint)?;
        Ok(endpoint.try_send(&payload, SendOptions { flags, to }))
    }

    fn start_send(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        buffers: Resource<WsabufArray>,
        flags: SendFlags,
        to: Option<SocketAddress>,
        operation: u64,
    ) -> Answer<Started> {
        let _call = call!(
            "start-send",
            endpoint = endpoint.rep(),
            ?flags,
            ?to,
            operation
        );
        let to = to.map(Into::into);
        let Some(parts) = self.ctx.array(&buffers)?.parts() else {
            return Ok(Err(TransportError::OutOfBuffers));
        };
        let mut slices = Slices::new();
        let payload = Payload::shared(parts, &mut slices);
        let endpoint = self.endpoint(&endpoint)?;
        Ok(endpoint.start_send(&payload, SendOptions { flags, to }, operation))
    }

    fn bind(&mut self, endpoint: Resource<EndpointHandle>, local: SocketAddress) -> Answer<()> {
        let _call = call!("bind", endpoint = endpoint.rep(), ?local);
        Ok(self.endpoint(&endpoint)?.bind(local.into()))
    }

    fn start_connect(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        peer: SocketAddress,
        operation: u64,
    ) -> Answer<Started> {
        let _call = call!("start-connect", endpoint = endpoint.rep(), ?peer, operation);
        Ok(self
            .endpoint(&endpoint)?
            .start_connect(peer.into(), operation))
    }

    fn listen(&mut self, endpoint: Resource<EndpointHandle>, backlog: u32) -> Answer<()> {
        let _call = call!("listen", endpoint = endpoint.rep(), backlog);
        Ok(self.endpoint(&endpoint)?.listen(backlog))
    }

    fn accept(
        &mut self,
        endpoint: Resource<EndpointHandle>,
    ) -> Answer<(Resource<EndpointHandle>, SocketAddress)> {
        let _call = call!("accept", endpoint = endpoint.rep());
        match self.endpoint(&endpoint)?.accept() {
            Ok((accepted, peer)) => Ok(Ok((self.ctx.push_endpoint(accepted)?, peer.into()))),
            Err(error) => Ok(Err(error)),
        }
    }

    fn try_receive(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        room: Resource<ReceiveBuffer>,
        flags: ReceiveFlags,
    ) -> Answer<Received> {
        let _call = call!("try-receive", endpoint = endpoint.rep(), ?flags);
        let room = self.ctx.room(&room)?.room();
        Ok(self.endpoint(&endpoint)?.try_receive(room, flags))
    }

    fn start_receive(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        room: Resource<ReceiveBuffer>,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Answer<ReceiveStarted> {
        let _call = call!(
            "start-receive",
            endpoint = endpoint.rep(),
            ?flags,
            operation
        );
        let room = self.ctx.room(&room)?.room();
        let endpoint = self.endpoint(&endpoint)?;
        Ok(endpoint.start_receive(room, flags, operation))
    }

    fn start_watch(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        interest: Interest,
        operation: u64,
    ) -> Answer<Started> {
        let _call = call!(
            "start-watch",
            endpoint = endpoint.rep(),
            ?interest,
            operation
        );
        if interest == Interest::Writable {
            let endpoint = Arc::clone(self.endpoint(&endpoint)?);
            return Ok(self.ctx.room_watch.start(&endpoint, operation));
        }
        Ok(self
            .endpoint(&endpoint)?
            .start_watch(interest.into(), operation))
    }

    fn ready(&mut self, endpoint: Resource<EndpointHandle>) -> Result<Readiness> {
        let _call = call!("ready", endpoint = endpoint.rep());
        Ok(self.endpoint(&endpoint)?.ready())
    }

    fn cancel(&mut self, endpoint: Resource<EndpointHandle>, operation: u64) -> Result<()> {
        let _call = call!("cancel", endpoint = endpoint.rep(), operation);
        self.endpoint(&endpoint)?.cancel(operation);
        Ok(())
    }

    fn shutdown(&mut self, endpoint: Resource<EndpointHandle>, direction: Direction) -> Answer<()> {
        let _call = call!("shutdown", endpoint = endpoint.rep(), ?direction);
        Ok(self.endpoint(&endpoint)?.shutdown(direction))
    }

    fn abort_on_drop(&mut self, endpoint: Resource<EndpointHandle>, on: bool) -> Result<()> {
        let _call = call!("abort-on-drop", endpoint = endpoint.rep(), on);
        self.endpoint(&endpoint)?.abort_on_drop(on);
        Ok(())
    }

    fn unacknowledged(&mut self, endpoint: Resource<EndpointHandle>) -> Result<u64> {
        let _call = call!("unacknowledged", endpoint = endpoint.rep());
        Ok(self.endpoint(&endpoint)?.unacknowledged())
    }

    fn available(&mut self, endpoint: Resource<EndpointHandle>) -> Answer<u64> {
        let _call = call!("available", endpoint = endpoint.rep());
        Ok(self.endpoint(&endpoint)?.available())
    }

    fn local_address(&mut self, endpoint: Resource<EndpointHandle>) -> Answer<SocketAddress> {
        let _call = call!("local-address", endpoint = endpoint.rep());
        Ok(self.endpoint(&endpoint)?.local_address().map(Into::into))
    }

    fn peer_address(&mut self, endpoint: Resource<EndpointHandle>) -> Answer<SocketAddress> {
        let _call = call!("peer-address", endpoint = endpoint.rep());
        Ok(self.endpoint(&endpoint)?.peer_address().map(Into::into))
    }

    fn get_option(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        option: EndpointOption,
    ) -> Answer<u32> {
        let _call = call!("get-option", endpoint = endpoint.rep(), ?option);
        Ok(self.endpoint(&endpoint)?.get_option(option))
    }

    fn set_option(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        option: EndpointOption,
        value: u32,
    ) -> Answer<()> {
        let _call = call!("set-option", endpoint = endpoint.rep(), ?option, value);
        Ok(self.endpoint(&endpoint)?.set_option(option, value))
    }

    fn drop(&mut self, endpoint: Resource<EndpointHandle>) -> Result<()> {
        let _call = call!("drop", endpoint = endpoint.rep());
        let endpoint = self.ctx.endpoints.remove(endpoint.rep());
        endpoint.map(drop).ok_or_else(|| unknown("endpoint"))
    }
}

impl Host for CtxView<'_> {
    fn take_finished(&mut self, max: u32) -> Result<Vec<Finished>> {
        let _call = call!("take-finished", max);
        Ok(self.ctx.shared.completions.take(max))
    }

    /// The embedder's version, which never blocks its caller; see
    /// [`link_blocking`] for the other.
    fn wait_finished(&mut self, _timeout_ms: Option<u64>) -> Result<WaitOutcome> {
        Ok(WaitOutcome::CannotBlock)
    }

    fn now(&mut self) -> Result<u64> {
        Ok(self.ctx.now())
    }
}

/// Replaces `wait-finished` by the version that blocks the calling store, and only the
/// store: the thread goes on with other tasks. It does so now and then in `take-finished`
/// too, because the tasks that would finish what a program polls for may have no other
/// thread.
pub(crate) fn link_blocking<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> CtxView<'_>,
) -> Result<()> {
    linker.allow_shadowing(true);
    let linked = shadow(linker, get);
    linker.allow_shadowing(false);
    linked?;
    gather::add_send_rest(linker, get)
}

fn shadow<T: Send + 'static>(linker: &mut Linker<T>, get: fn(&mut T) -> CtxView<'_>) -> Result<()> {
    let mut transport = linker.instance("winsock:spi/transport@0.2.0")?;
    transport.func_wrap_async(
        "wait-finished",
        move |mut store: StoreContextMut<'_, T>, (timeout_ms,): (Option<u64>,)| {
            let call = tracing::trace_span!(target: "wsp::transport", "wait-finished", timeout_ms);
            let timeout = timeout_ms.map(Duration::from_millis);
            let shared = Arc::clone(&get(store.data_mut()).ctx.shared);
            let wait = async move { Ok((wait_finished(&shared, timeout).await,)) };
            Box::new(wait.instrument(call))
        },
    )?;
    transport.func_wrap_async(
        "take-finished",
        move |store: StoreContextMut<'_, T>, (max,): (u32,)| {
            let call = tracing::trace_span!(target: "wsp::transport", "take-finished", max);
            let take = async move { Ok((take_or_yield(store, get, max).await,)) };
            Box::new(take.instrument(call))
        },
    )
}

/// Waits until something has finished.
async fn wait_finished(shared: &Shared, timeout: Option<Duration>) -> WaitOutcome {
    let finished = shared.completions.wait();
    match timeout {
        None => finished.await,
        Some(timeout) => {
            if tokio::time::timeout(timeout, finished).await.is_err() {
                return WaitOutcome::TimedOut;
            }
        }
    }
    WaitOutcome::Finished
}

async fn take_or_yield<T: Send + 'static>(
    mut store: StoreContextMut<'_, T>,
    get: fn(&mut T) -> CtxView<'_>,
    max: u32,
) -> Vec<Finished> {
    let ctx = get(store.data_mut()).ctx;
    let finished = ctx.shared.completions.take(max);
    if !ctx.polls.is_tired(finished.len()) {
        return finished;
    }
    let shared = Arc::clone(&ctx.shared);
    tokio::task::yield_now().await;
    shared.completions.take(max)
}
