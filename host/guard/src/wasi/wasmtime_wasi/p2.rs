//! `wasi:sockets` 0.2.

mod names;

use std::net::SocketAddr;

use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use wasmtime_wasi::p2::bindings::sockets::{tcp, tcp_create_socket, udp, udp_create_socket};
use wasmtime_wasi::p2::{Network, SocketResult, TcpSocket, UdpSocket};

use super::{Guarded, GuardedView};
use crate::policy::Protocol;
use crate::wasi::CannotCreate;

/// The version that wasmtime-wasi has.
const VERSION: &str = "0.2.12";

/// What a call answers.
pub(super) type Answer<T> = Result<(std::result::Result<T, ErrorCode>,)>;

/// Replaces what a linker has of `wasi:sockets` 0.2 to create and close sockets and to
/// resolve names, so that quotas and rules for names hold too. wasmtime-wasi's interfaces have
/// to be in the linker.
///
/// # Errors
///
/// The linker cannot take another function.
pub fn add_to_linker<T: GuardedView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    linker.allow_shadowing(true);
    let interface = |name: &str| format!("wasi:sockets/{name}@{VERSION}");
    linker
        .instance(&interface("tcp-create-socket"))?
        .func_wrap(
            "create-tcp-socket",
            move |mut store: StoreContextMut<'_, T>, (family,): (IpAddressFamily,)| {
                let mut guarded = store.data_mut().guarded();
                answer(create_tcp(&mut guarded, family))
            },
        )?;
    linker
        .instance(&interface("udp-create-socket"))?
        .func_wrap_async(
            "create-udp-socket",
            move |mut store: StoreContextMut<'_, T>, (family,): (IpAddressFamily,)| {
                Box::new(async move {
                    let mut guarded = store.data_mut().guarded();
                    answer(create_udp(&mut guarded, family).await)
                })
            },
        )?;
    let mut tcp = linker.instance(&interface("tcp"))?;
    tcp.resource(
        "tcp-socket",
        ResourceType::host::<TcpSocket>(),
        move |mut store, number| {
            let mut guarded = store.data_mut().guarded();
            let peer = accepted_peer(&mut guarded, number);
            guarded.sockets.closed(number, peer);
            tcp::HostTcpSocket::drop(&mut guarded.wasi, Resource::new_own(number))
        },
    )?;
    tcp.func_wrap(
        "[method]tcp-socket.start-connect",
        move |mut store: StoreContextMut<'_, T>, (socket, network, peer): Connect| {
            let mut guarded = store.data_mut().guarded();
            guarded.sockets.wants(socket.rep(), peer.into());
            answer(tcp::HostTcpSocket::start_connect(
                &mut guarded.wasi,
                socket,
                network,
                peer,
            ))
        },
    )?;
    linker.instance(&interface("udp"))?.resource(
        "udp-socket",
        ResourceType::host::<UdpSocket>(),
        move |mut store, number| {
            let mut guarded = store.data_mut().guarded();
            guarded.sockets.closed(number, None);
            udp::HostUdpSocket::drop(&mut guarded.wasi, Resource::new_own(number))
        },
    )?;
    names::add_to_linker(&mut linker.instance(&interface("ip-name-lookup"))?)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What `start-connect` is called with.
type Connect = (Resource<TcpSocket>, Resource<Network>, IpSocketAddress);

/// The peer of a connection that was accepted.
fn accepted_peer(guarded: &mut Guarded<'_>, number: u32) -> Option<SocketAddr> {
    if !guarded.sockets.was_accepted(number) {
        return None;
    }
    let socket = Resource::new_borrow(number);
    let peer = tcp::HostTcpSocket::remote_address(&mut guarded.wasi, socket);
    peer.ok().map(SocketAddr::from)
}

pub(super) fn answer<T>(result: SocketResult<T>) -> Answer<T> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(error.downcast()?),
    },))
}

impl From<CannotCreate> for ErrorCode {
    fn from(why: CannotCreate) -> ErrorCode {
        match why {
            CannotCreate::Denied => ErrorCode::AccessDenied,
            CannotCreate::Refused(_) => ErrorCode::NewSocketLimit,
        }
    }
}

fn create_tcp(
    guarded: &mut Guarded<'_>,
    family: IpAddressFamily,
) -> SocketResult<Resource<TcpSocket>> {
    let admitted = guarded
        .sockets
        .create(Protocol::Tcp)
        .map_err(ErrorCode::from)?;
    let socket = tcp_create_socket::Host::create_tcp_socket(&mut guarded.wasi, family)?;
    guarded.sockets.created(socket.rep(), admitted);
    Ok(socket)
}

async fn create_udp(
    guarded: &mut Guarded<'_>,
    family: IpAddressFamily,
) -> SocketResult<Resource<UdpSocket>> {
    let admitted = guarded
        .sockets
        .create(Protocol::Udp)
        .map_err(ErrorCode::from)?;
    let socket = udp_create_socket::Host::create_udp_socket(&mut guarded.wasi, family).await?;
    guarded.sockets.created(socket.rep(), admitted);
    Ok(socket)
}
