//! Kernel sockets: made nonblocking, and bound and connected only through what
//! the policy granted.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use cap_net_ext::{AddressFamily as CapFamily, Blocking, PoolExt, TcpListenerExt, UdpSocketExt};
use rustix::net::sockopt;

use super::{AddressFamily, Protocol};
use wsp_guard::policy::Grant;

/// A kernel socket. Before and after it is connected or listening a TCP socket
/// is the same descriptor, which cap-net-ext calls a listener.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(cap_std::net::TcpListener),
    Udp(cap_std::net::UdpSocket),
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(socket) => socket.as_fd(),
            Socket::Udp(socket) => socket.as_fd(),
        }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl Socket {
    pub(super) fn new(family: AddressFamily, protocol: Protocol) -> io::Result<Socket> {
        let cap_family = match family {
            AddressFamily::Inet => CapFamily::Ipv4,
            AddressFamily::Inet6 => CapFamily::Ipv6,
        };
        let socket = match protocol {
            Protocol::Tcp => Socket::Tcp(cap_std::net::TcpListener::new(cap_family, Blocking::No)?),
            Protocol::Udp => Socket::Udp(cap_std::net::UdpSocket::new(cap_family, Blocking::No)?),
        };
        if family == AddressFamily::Inet6 {
            // Otherwise an IPv6 socket reaches IPv4 through mapped addresses.
            sockopt::set_ipv6_v6only(&socket, true)?;
        }
        Ok(socket)
    }

    pub(super) fn bind(&self, local: SocketAddr, grant: Grant<'_>) -> io::Result<()> {
        match (grant, self) {
            (Grant::Pool(pool), Socket::Tcp(socket)) => {
                pool.tcp_binder(local)?.bind_existing_tcp_listener(socket)
            }
            (Grant::Pool(pool), Socket::Udp(socket)) => {
                pool.udp_binder(local)?.bind_existing_udp_socket(socket)
            }
            (Grant::WithoutPool, _) => Ok(rustix::net::bind(self, &local)?),
        }
    }

    /// Binds to what the socket was bound to before, which was granted then.
    pub(super) fn bind_again(&self, local: SocketAddr) -> io::Result<()> {
        Ok(rustix::net::bind(self, &local)?)
    }

    pub(super) fn connect(&self, peer: SocketAddr, grant: Grant<'_>) -> io::Result<()> {
        match (grant, self) {
            (Grant::Pool(pool), Socket::Tcp(socket)) => pool
                .tcp_connecter(peer)?
                .connect_existing_tcp_listener(socket),
            (Grant::Pool(pool), Socket::Udp(socket)) => pool
                .udp_connecter(peer)?
                .connect_existing_udp_socket(socket),
            (Grant::WithoutPool, _) => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    /// Takes a datagram socket's default peer away.
    pub(super) fn disconnect(&self) -> io::Result<()> {
        Ok(rustix::net::connect_unspec(self)?)
    }

    pub(super) fn listen(&self, backlog: u32) -> io::Result<()> {
        match self {
            Socket::Tcp(socket) => socket.listen(match backlog {
                0 => None,
                backlog => Some(i32::try_from(backlog).unwrap_or(i32::MAX)),
            }),
            Socket::Udp(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(super) fn accept(&self) -> io::Result<(Socket, SocketAddr)> {
        match self {
            Socket::Tcp(socket) => {
                let (stream, peer) = socket.accept_with(Blocking::No)?;
                let descriptor = OwnedFd::from(stream);
                Ok((Socket::Tcp(descriptor.into()), peer))
            }
            Socket::Udp(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Bytes in the kernel's send queue that the peer has not acknowledged; 0 where
/// the system cannot tell.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "rustix has no safe function for SIOCOUTQ")]
pub(super) fn in_kernel(socket: &Socket) -> u64 {
    /// `SIOCOUTQ`, which is `TIOCOUTQ` on every architecture of Linux.
    const SIOCOUTQ: rustix::ioctl::Opcode = linux_raw_sys::ioctl::TIOCOUTQ as rustix::ioctl::Opcode;
    // SAFETY: SIOCOUTQ writes one C int, as tcp(7) says.
    let bytes: rustix::io::Result<std::ffi::c_int> = unsafe {
        rustix::ioctl::ioctl(
            socket,
            rustix::ioctl::Getter::<SIOCOUTQ, std::ffi::c_int>::new(),
        )
    };
    bytes
        .ok()
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or(0)
}

/// Bytes in the kernel's send queue; other systems do not tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn in_kernel(_socket: &Socket) -> u64 {
    0
}
