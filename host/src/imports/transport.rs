//! The generated traits of `winsock:spi/transport`, over endpoints.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;
use wasmtime::component::Resource;
use wasmtime::{Result, StoreContextMut};

use wsp_transport::{
    Endpoint, EndpointHandle, Payload, ReceiveBuffer, SendOptions, Shared, Slices,
};

use super::bindings::winsock::spi::transport::{
    Ability, Direction, EndpointOption, Finished, Host, HostEndpoint, Interest, Protocol,
    Readiness, ReceiveFlags, ReceiveStarted, Received, Started, WaitOutcome,
};
use super::link::{Access, Interface, Link};
use super::memory::WsabufArray;
use super::types::{
    self, AddressFamily, GroupInterface, IpAddress, SendFlags, SocketAddress, TransportError,
};
use crate::ctx::{Ctx, unknown};

/// What the provider is told, inside what wasmtime is told: the outer error is a
/// fault of the host and traps.
type Answer<T> = Result<Result<T, TransportError>>;

/// An answer of the transport, as the provider is told it.
fn told<T, W: From<T>>(answer: Result<T, wsp_transport::TransportError>) -> Answer<W> {
    Ok(answer.map(W::from).map_err(Into::into))
}

/// A span for the time of a call, which costs next to nothing unless somebody
/// listens to `wsp::transport` at trace level.
macro_rules! call {
    ($name:literal, $($fields:tt)*) => {
        tracing::trace_span!(target: "wsp::transport", $name, $($fields)*).entered()
    };
}

impl Ctx {
    /// Hands the captured `buffers` and what the program said of the send to `send`;
    /// `out-of-buffers` if the array holds no parts.
    fn send_array<T, W: From<T>>(
        &self,
        endpoint: &Resource<EndpointHandle>,
        buffers: &Resource<WsabufArray>,
        flags: SendFlags,
        to: Option<SocketAddress>,
        send: impl FnOnce(
            &Endpoint,
            &Payload<'_>,
            SendOptions,
        ) -> Result<T, wsp_transport::TransportError>,
    ) -> Answer<W> {
        let options = SendOptions {
            flags: flags.into(),
            to: to.map(Into::into),
            follows: false,
        };
        let Some(parts) = self.array(buffers)?.parts() else {
            return Ok(Err(TransportError::OutOfBuffers));
        };
        let mut slices = Slices::new();
        let payload = Payload::shared(parts, &mut slices);
        told(send(self.endpoint(endpoint)?, &payload, options))
    }
}

/// Types alone need no functions.
impl types::Host for Ctx {}

impl HostEndpoint for Ctx {
    fn create(
        &mut self,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Answer<Resource<EndpointHandle>> {
        let _call = call!("create", ?family, ?protocol);
        match Endpoint::create(&self.shared, family.into(), protocol.into()) {
            Ok(endpoint) => Ok(Ok(self.push_endpoint(endpoint)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn number(&mut self, endpoint: Resource<EndpointHandle>) -> Result<u64> {
        let _call = call!("number", endpoint = endpoint.rep());
        let number = self.endpoints.number(endpoint.rep());
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
        self.send_array(
            &endpoint,
            &buffers,
            flags,
            to,
            |endpoint, payload, options| endpoint.try_send(payload, options),
        )
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
        self.send_array(
            &endpoint,
            &buffers,
            flags,
            to,
            |endpoint, payload, options| endpoint.start_send(payload, options, operation),
        )
    }

    fn bind(&mut self, endpoint: Resource<EndpointHandle>, local: SocketAddress) -> Answer<()> {
        let _call = call!("bind", endpoint = endpoint.rep(), ?local);
        told(self.endpoint(&endpoint)?.bind(local.into()))
    }

    fn start_connect(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        peer: SocketAddress,
        operation: u64,
    ) -> Answer<Started> {
        let _call = call!("start-connect", endpoint = endpoint.rep(), ?peer, operation);
        told(
            self.endpoint(&endpoint)?
                .start_connect(peer.into(), operation),
        )
    }

    fn listen(&mut self, endpoint: Resource<EndpointHandle>, backlog: u32) -> Answer<()> {
        let _call = call!("listen", endpoint = endpoint.rep(), backlog);
        told(self.endpoint(&endpoint)?.listen(backlog))
    }

    fn accept(
        &mut self,
        endpoint: Resource<EndpointHandle>,
    ) -> Answer<(Resource<EndpointHandle>, SocketAddress)> {
        let _call = call!("accept", endpoint = endpoint.rep());
        match self.endpoint(&endpoint)?.accept() {
            Ok((accepted, peer)) => Ok(Ok((self.push_endpoint(accepted)?, peer.into()))),
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn try_receive(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        room: Resource<ReceiveBuffer>,
        flags: ReceiveFlags,
    ) -> Answer<Received> {
        let _call = call!("try-receive", endpoint = endpoint.rep(), ?flags);
        let room = self.room(&room)?;
        told(self.endpoint(&endpoint)?.try_receive(room, flags.into()))
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
        let room = self.room(&room)?;
        let endpoint = self.endpoint(&endpoint)?;
        told(endpoint.start_receive(room, flags.into(), operation))
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
            return told(self.room_watch.start(&endpoint, operation));
        }
        told(
            self.endpoint(&endpoint)?
                .start_watch(interest.into(), operation),
        )
    }

    fn ready(&mut self, endpoint: Resource<EndpointHandle>) -> Result<Readiness> {
        let _call = call!("ready", endpoint = endpoint.rep());
        Ok(self.endpoint(&endpoint)?.ready().into())
    }

    fn cancel(&mut self, endpoint: Resource<EndpointHandle>, operation: u64) -> Result<()> {
        let _call = call!("cancel", endpoint = endpoint.rep(), operation);
        self.endpoint(&endpoint)?.cancel(operation);
        Ok(())
    }

    fn shutdown(&mut self, endpoint: Resource<EndpointHandle>, direction: Direction) -> Answer<()> {
        let _call = call!("shutdown", endpoint = endpoint.rep(), ?direction);
        told(self.endpoint(&endpoint)?.shutdown(direction.into()))
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
        told(self.endpoint(&endpoint)?.available())
    }

    fn local_address(&mut self, endpoint: Resource<EndpointHandle>) -> Answer<SocketAddress> {
        let _call = call!("local-address", endpoint = endpoint.rep());
        told(self.endpoint(&endpoint)?.local_address())
    }

    fn peer_address(&mut self, endpoint: Resource<EndpointHandle>) -> Answer<SocketAddress> {
        let _call = call!("peer-address", endpoint = endpoint.rep());
        told(self.endpoint(&endpoint)?.peer_address())
    }

    fn get_option(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        option: EndpointOption,
    ) -> Answer<u32> {
        let _call = call!("get-option", endpoint = endpoint.rep(), ?option);
        told(self.endpoint(&endpoint)?.get_option(option.into()))
    }

    fn set_option(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        option: EndpointOption,
        value: u32,
    ) -> Answer<()> {
        let _call = call!("set-option", endpoint = endpoint.rep(), ?option, value);
        told(self.endpoint(&endpoint)?.set_option(option.into(), value))
    }

    fn join_group(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        group: IpAddress,
        through: GroupInterface,
    ) -> Answer<()> {
        let _call = call!("join-group", endpoint = endpoint.rep(), ?group, ?through);
        let endpoint = self.endpoint(&endpoint)?;
        told(endpoint.join_group(group.into(), through.into()))
    }

    fn leave_group(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        group: IpAddress,
        through: GroupInterface,
    ) -> Answer<()> {
        let _call = call!("leave-group", endpoint = endpoint.rep(), ?group, ?through);
        let endpoint = self.endpoint(&endpoint)?;
        told(endpoint.leave_group(group.into(), through.into()))
    }

    fn set_group_interface(
        &mut self,
        endpoint: Resource<EndpointHandle>,
        through: GroupInterface,
    ) -> Answer<()> {
        let _call = call!("set-group-interface", endpoint = endpoint.rep(), ?through);
        told(
            self.endpoint(&endpoint)?
                .set_group_interface(through.into()),
        )
    }

    fn drop(&mut self, endpoint: Resource<EndpointHandle>) -> Result<()> {
        let endpoint = self.endpoints.remove(endpoint.rep());
        endpoint.map(drop).ok_or_else(|| unknown("endpoint"))
    }
}

impl Host for Ctx {
    fn abilities(&mut self) -> Result<Ability> {
        let _call = call!("abilities",);
        Ok(Ability::URGENT | Ability::ABORT)
    }

    fn take_finished(&mut self, max: u32) -> Result<Vec<Finished>> {
        let _call = call!("take-finished", max);
        Ok(finished(self.shared.completions().take(max)))
    }

    /// The embedder's version, which never blocks its caller; see
    /// [`link_blocking`] for the other.
    fn wait_finished(&mut self, _timeout_ms: Option<u64>) -> Result<WaitOutcome> {
        Ok(WaitOutcome::CannotBlock)
    }

    fn now(&mut self) -> Result<u64> {
        Ok(self.elapsed_ms())
    }
}

/// The name of the interface.
const TRANSPORT: &str = "winsock:spi/transport@0.2.0";

/// Links methods of endpoints, each with its arguments.
macro_rules! methods {
    ($transport:ident: $($item:literal => $method:ident($($argument:ident),*);)*) => {
        $($transport.call($item, |ctx, ($($argument,)*)| {
            HostEndpoint::$method(ctx, $($argument),*)
        })?;)*
    };
}

/// Links the interface, without what blocks.
pub(super) fn link<L: Link>(link: &mut L) -> Result<()> {
    let mut transport = Interface::of(link, TRANSPORT);
    transport.resource::<EndpointHandle>("endpoint", HostEndpoint::drop)?;
    methods! { transport:
        "[static]endpoint.create" => create(family, protocol);
        "[method]endpoint.bind" => bind(endpoint, local);
        "[method]endpoint.start-connect" => start_connect(endpoint, peer, operation);
        "[method]endpoint.listen" => listen(endpoint, backlog);
        "[method]endpoint.accept" => accept(endpoint);
        "[method]endpoint.number" => number(endpoint);
        "[method]endpoint.try-send" => try_send(endpoint, buffers, flags, to);
        "[method]endpoint.start-send" => start_send(endpoint, buffers, flags, to, operation);
        "[method]endpoint.try-receive" => try_receive(endpoint, room, flags);
        "[method]endpoint.start-receive" => start_receive(endpoint, room, flags, operation);
        "[method]endpoint.start-watch" => start_watch(endpoint, interest, operation);
        "[method]endpoint.ready" => ready(endpoint);
        "[method]endpoint.shutdown" => shutdown(endpoint, direction);
        "[method]endpoint.unacknowledged" => unacknowledged(endpoint);
        "[method]endpoint.available" => available(endpoint);
        "[method]endpoint.local-address" => local_address(endpoint);
        "[method]endpoint.peer-address" => peer_address(endpoint);
        "[method]endpoint.get-option" => get_option(endpoint, option);
        "[method]endpoint.set-option" => set_option(endpoint, option, value);
        "[method]endpoint.join-group" => join_group(endpoint, group, through);
        "[method]endpoint.leave-group" => leave_group(endpoint, group, through);
        "[method]endpoint.set-group-interface" => set_group_interface(endpoint, through);
    }
    transport.order("[method]endpoint.cancel", |ctx, (endpoint, operation)| {
        HostEndpoint::cancel(ctx, endpoint, operation)
    })?;
    transport.order("[method]endpoint.abort-on-drop", |ctx, (endpoint, on)| {
        HostEndpoint::abort_on_drop(ctx, endpoint, on)
    })?;
    transport.call("abilities", |ctx, ()| Host::abilities(ctx))?;
    transport.call("take-finished", |ctx, (max,)| Host::take_finished(ctx, max))?;
    transport.call("wait-finished", |ctx, (timeout_ms,)| {
        Host::wait_finished(ctx, timeout_ms)
    })?;
    transport.call("now", |ctx, ()| Host::now(ctx))
}

/// Replaces `wait-finished` by the version that blocks the calling store, and only the
/// store: the thread goes on with other tasks. It does so now and then in `take-finished`
/// too, because the tasks that would finish what a program polls for may have no other
/// thread.
pub(super) fn link_blocking<L: Link<Data: Send>>(link: &mut L) -> Result<()> {
    let mut transport = Interface::of(link, TRANSPORT);
    transport.blocking(
        "wait-finished",
        |access, mut store, (timeout_ms,): (Option<u64>,)| {
            let call = tracing::trace_span!(target: "wsp::transport", "wait-finished", timeout_ms);
            let timeout = timeout_ms.map(Duration::from_millis);
            let shared = access.with(store.data_mut(), |ctx| Arc::clone(&ctx.shared));
            let wait = async move { Ok((wait_finished(&shared, timeout).await,)) };
            Box::new(wait.instrument(call))
        },
    )?;
    transport.blocking("take-finished", |access, store, (max,): (u32,)| {
        let call = tracing::trace_span!(target: "wsp::transport", "take-finished", max);
        let take = async move { Ok((take_or_yield(store, access, max).await,)) };
        Box::new(take.instrument(call))
    })
}

/// Waits until something has finished.
async fn wait_finished(shared: &Shared, timeout: Option<Duration>) -> WaitOutcome {
    let finished = shared.completions().wait();
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
    access: impl Access<T>,
    max: u32,
) -> Vec<Finished> {
    let taken = access.with(store.data_mut(), |ctx| {
        let taken = ctx.shared.completions().take(max);
        match ctx.polls.is_tired(taken.len()) {
            false => Ok(taken),
            true => Err(Arc::clone(&ctx.shared)),
        }
    });
    match taken {
        Ok(taken) => finished(taken),
        Err(shared) => {
            tokio::task::yield_now().await;
            finished(shared.completions().take(max))
        }
    }
}

fn finished(taken: Vec<wsp_transport::Finished>) -> Vec<Finished> {
    taken.into_iter().map(Into::into).collect()
}
