//! wasmtime-wasi's hooks, and its functions that have none.

mod p2;
mod p3;

pub use p2::add_to_linker as add_to_linker_p2;
pub use p3::add_to_linker as add_to_linker_p3;

use std::net::SocketAddr;
use std::sync::Arc;

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsCtxView};

use super::{SocketUse, Sockets};
use crate::policy::Protocol;

impl From<SocketAddrUse> for SocketUse {
    fn from(asked: SocketAddrUse) -> SocketUse {
        match asked {
            SocketAddrUse::TcpBind => SocketUse::TcpBind,
            SocketAddrUse::TcpListen => SocketUse::TcpListen,
            SocketAddrUse::TcpAccept => SocketUse::TcpAccept,
            SocketAddrUse::TcpConnect => SocketUse::TcpConnect,
            SocketAddrUse::UdpBind => SocketUse::UdpBind,
            SocketAddrUse::UdpSend => SocketUse::UdpSend,
            SocketAddrUse::UdpReceive => SocketUse::UdpReceive,
        }
    }
}

/// Has every use of an address decided by `sockets`, and gives a program the protocols that
/// its policy grants anything.
///
/// That is enough for an engine of one's own. Without [`add_to_linker_p2`] and
/// [`add_to_linker_p3`] sockets are not counted by the quota, every name may be resolved
/// if the policy allows one, and a protocol to which the first policy grants nothing is closed
/// to the program whatever comes into force later. With them, `allow_tcp`, `allow_udp` and
/// `allow_ip_name_lookup` may be true: they decide on that themselves.
pub fn guard_sockets<'a>(
    wasi: &'a mut WasiCtxBuilder,
    sockets: &Arc<Sockets>,
) -> &'a mut WasiCtxBuilder {
    wasi.allow_tcp(sockets.grants(Protocol::Tcp))
        .allow_udp(sockets.grants(Protocol::Udp))
        .allow_ip_name_lookup(sockets.guard().policy().resolves_names());
    let sockets = Arc::clone(sockets);
    wasi.socket_addr_check(move |address: SocketAddr, asked| {
        // Decided at once: what is returned only says so.
        let permitted = sockets.permits(address, asked.into());
        Box::pin(async move { permitted })
    })
}

/// What a call of a program needs of a store's data.
pub struct Guarded<'a> {
    /// What guards the program's sockets.
    pub sockets: &'a Arc<Sockets>,
    /// What wasmtime-wasi has of them.
    pub wasi: WasiSocketsCtxView<'a>,
}

/// A store's data with guarded sockets, whose context [`guard_sockets`] has prepared.
pub trait GuardedView: Send {
    /// The sockets.
    fn guarded(&mut self) -> Guarded<'_>;
}
