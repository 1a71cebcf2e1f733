//! `wasi:sockets` 0.3.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::channel::oneshot;
use wasmtime::component::{
    Access, Accessor, FutureConsumer, FutureReader, Linker, Resource, ResourceType, Source,
    StreamReader,
};
use wasmtime::{AsContextMut, Result, StoreContextMut};
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup::ErrorCode as NameError;
use wasmtime_wasi::p3::bindings::sockets::types::{
    ErrorCode, HostTcpSocket, HostTcpSocketWithStore, HostUdpSocket, IpAddress, IpAddressFamily,
    IpSocketAddress,
};
use wasmtime_wasi::p3::sockets::SocketResult;
use wasmtime_wasi::sockets::{TcpSocket, UdpSocket, WasiSockets};

use super::{Guarded, GuardedView};
use crate::policy::Protocol;
use crate::wasi::{CannotCreate, CannotLookUp, Lent};

/// The version that wasmtime-wasi has.
const VERSION: &str = "0.3.0";

/// What a call answers.
type Answer<T> = Result<(std::result::Result<T, ErrorCode>,)>;

/// As [`add_to_linker_p2`](super::add_to_linker_p2), of `wasi:sockets` 0.3.
///
/// # Errors
///
/// The linker cannot take another function.
pub fn add_to_linker<T: GuardedView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(&format!("wasi:sockets/types@{VERSION}"))?;
    types.func_wrap(
        "[static]tcp-socket.create",
        move |mut store: StoreContextMut<'_, T>, (family,): (IpAddressFamily,)| {
            let mut guarded = store.data_mut().guarded();
            answer(create_tcp(&mut guarded, family))
        },
    )?;
    types.func_wrap_async(
        "[static]udp-socket.create",
        move |mut store: StoreContextMut<'_, T>, (family,): (IpAddressFamily,)| {
            Box::new(async move {
                let mut guarded = store.data_mut().guarded();
                answer(create_udp(&mut guarded, family).await)
            })
        },
    )?;
    types.resource(
        "tcp-socket",
        ResourceType::host::<TcpSocket>(),
        move |mut store, number| {
            let mut guarded = store.data_mut().guarded();
            let peer = accepted_peer(&mut guarded, number);
            guarded.sockets.closed(number, peer);
            HostTcpSocket::drop(&mut guarded.wasi, Resource::new_own(number))
        },
    )?;
    types.resource(
        "udp-socket",
        ResourceType::host::<UdpSocket>(),
        move |mut store, number| {
            let mut guarded = store.data_mut().guarded();
            guarded.sockets.closed(number, None);
            HostUdpSocket::drop(&mut guarded.wasi, Resource::new_own(number))
        },
    )?;
    types.func_wrap_concurrent(
        "[method]tcp-socket.connect",
        move |store: &Accessor<T>, (socket, peer): (Resource<TcpSocket>, IpSocketAddress)| {
            Box::pin(async move { answer(connect(store, socket, peer).await) })
        },
    )?;
    types.func_wrap(
        "[method]tcp-socket.receive",
        move |mut store: StoreContextMut<'_, T>, (socket,): (Resource<TcpSocket>,)| {
            let lent = lend(&mut store, &socket);
            let access = access(store.as_context_mut());
            let (stream, ended) = WasiSockets::receive(access, socket)?;
            Ok(((stream, watched(store, ended, lent)?),))
        },
    )?;
    types.func_wrap(
        "[method]tcp-socket.send",
        move |mut store: StoreContextMut<'_, T>,
              (socket, data): (Resource<TcpSocket>, StreamReader<u8>)| {
            let lent = lend(&mut store, &socket);
            let access = access(store.as_context_mut());
            let ended = WasiSockets::send(access, socket, data)?;
            Ok((watched(store, ended, lent)?,))
        },
    )?;
    types.func_wrap_async(
        "[method]tcp-socket.listen",
        move |mut store: StoreContextMut<'_, T>, (socket,): (Resource<TcpSocket>,)| {
            Box::new(async move {
                let number = socket.rep();
                let connections = WasiSockets::listen(access(store.as_context_mut()), socket).await;
                if connections.is_ok() {
                    store.data_mut().guarded().sockets.lend_for_good(number);
                }
                answer(connections)
            })
        },
    )?;
    linker
        .instance(&format!("wasi:sockets/ip-name-lookup@{VERSION}"))?
        .func_wrap_concurrent(
            "resolve-addresses",
            move |store: &Accessor<T>, (name,): (String,)| {
                Box::pin(async move { Ok((resolve(store, &name).await,)) })
            },
        )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// How a stream of a socket ended.
type Ended = std::result::Result<(), ErrorCode>;

/// What wasmtime-wasi's functions are called with.
fn access<T: GuardedView + 'static>(store: StoreContextMut<'_, T>) -> Access<'_, T, WasiSockets> {
    Access::new(store, |data| data.guarded().wasi)
}

/// The program gets a stream of a socket.
fn lend<T: GuardedView>(
    store: &mut StoreContextMut<'_, T>,
    socket: &Resource<TcpSocket>,
) -> Option<Lent> {
    let mut guarded = store.data_mut().guarded();
    let peer = accepted_peer(&mut guarded, socket.rep());
    guarded.sockets.lend(socket.rep(), peer)
}

/// The same future, of which is known when it is ready: the stream has ended then.
fn watched<T: 'static>(
    mut store: StoreContextMut<'_, T>,
    ended: FutureReader<Ended>,
    lent: Option<Lent>,
) -> Result<FutureReader<Ended>> {
    let (tell, told) = oneshot::channel();
    let watch = Watch {
        tell: Some(tell),
        lent,
    };
    ended.pipe(store.as_context_mut(), watch)?;
    FutureReader::new(store, told)
}

/// Passes on how a stream ended, once the socket has been told.
struct Watch {
    tell: Option<oneshot::Sender<Ended>>,
    lent: Option<Lent>,
}

impl<T: 'static> FutureConsumer<T> for Watch {
    type Item = Ended;

    fn poll_consume(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        store: StoreContextMut<'_, T>,
        mut source: Source<'_, Ended>,
        _finish: bool,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        let mut ended = None;
        source.read(store, &mut ended)?;
        drop(this.lent.take());
        if let (Some(tell), Some(ended)) = (this.tell.take(), ended) {
            // The program may not want to know.
            let _ = tell.send(ended);
        }
        Poll::Ready(Ok(()))
    }
}

fn answer<T>(result: SocketResult<T>) -> Answer<T> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(error.downcast()?),
    },))
}

impl From<CannotCreate> for ErrorCode {
    fn from(why: CannotCreate) -> ErrorCode {
        match why {
            CannotCreate::Denied => ErrorCode::AccessDenied,
            // There is no code of its own for it any more.
            CannotCreate::Refused(_) => ErrorCode::Other(Some("too many sockets".to_owned())),
        }
    }
}

fn create_tcp(
    guarded: &mut Guarded<'_>,
    family: IpAddressFamily,
) -> SocketResult<Resource<TcpSocket>> {
    let admitted = guarded.sockets.create(Protocol::Tcp);
    let admitted = admitted.map_err(ErrorCode::from)?;
    let socket = HostTcpSocket::create(&mut guarded.wasi, family)?;
    guarded.sockets.created(socket.rep(), admitted);
    Ok(socket)
}

async fn create_udp(
    guarded: &mut Guarded<'_>,
    family: IpAddressFamily,
) -> SocketResult<Resource<UdpSocket>> {
    let admitted = guarded.sockets.create(Protocol::Udp);
    let admitted = admitted.map_err(ErrorCode::from)?;
    let socket = HostUdpSocket::create(&mut guarded.wasi, family).await?;
    guarded.sockets.created(socket.rep(), admitted);
    Ok(socket)
}

async fn connect<T: GuardedView + 'static>(
    store: &Accessor<T>,
    socket: Resource<TcpSocket>,
    peer: IpSocketAddress,
) -> SocketResult<()> {
    store.with(|mut access| {
        let guarded = access.get().guarded();
        guarded.sockets.wants(socket.rep(), peer.into());
    });
    let wasi = store.with_getter::<WasiSockets>(|data| data.guarded().wasi);
    WasiSockets::connect(&wasi, socket, peer).await
}

/// The peer of a connection that was accepted.
fn accepted_peer(guarded: &mut Guarded<'_>, number: u32) -> Option<SocketAddr> {
    if !guarded.sockets.was_accepted(number) {
        return None;
    }
    let socket = Resource::new_borrow(number);
    let peer = HostTcpSocket::get_remote_address(&mut guarded.wasi, socket);
    peer.ok().map(SocketAddr::from)
}

async fn resolve<T: GuardedView + 'static>(
    store: &Accessor<T>,
    name: &str,
) -> std::result::Result<Vec<IpAddress>, NameError> {
    let lookup = store.with(|mut access| access.get().guarded().sockets.look_up(name));
    let mut lookup = lookup?;
    poll_fn(|context| {
        let found = ready!(lookup.poll_found(context));
        let addresses = found.ok_or(NameError::NameUnresolvable)?;
        Poll::Ready(Ok(addresses.map(IpAddress::from).collect()))
    })
    .await
}

impl From<CannotLookUp> for NameError {
    fn from(why: CannotLookUp) -> NameError {
        match why {
            CannotLookUp::Denied => NameError::AccessDenied,
            CannotLookUp::Refused(_) => NameError::TemporaryResolverFailure,
            CannotLookUp::Nobody => NameError::PermanentResolverFailure,
        }
    }
}
