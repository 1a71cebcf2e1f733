//! Kernel sockets: made nonblocking, and bound and connected only through what
//! the policy granted.

use std::io;
use std::net::SocketAddr;

use cap_net_ext::{AddressFamily as CapFamily, Blocking, PoolExt, TcpListenerExt, UdpSocketExt};
use rustix::fd::OwnedFd;
use rustix::net::sockopt;

use super::{AddressFamily, Protocol, sys};
use wsp_guard::policy::Grant;

/// A kernel socket, whose handle `sys` gives as each system has them. Before and after it is connected or listening a TCP socket
/// is the same descriptor, which cap-net-ext calls a listener.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(cap_std::net::TcpListener),
    Udp(cap_std::net::UdpSocket),
}

/// Whether what was granted covers a local address, for a socket that is not the system's.
pub(super) fn admits_bind(
    local: SocketAddr,
    grant: Grant<'_>,
    protocol: Protocol,
) -> io::Result<()> {
    match (grant, protocol) {
        (Grant::WithoutPool, _) => Ok(()),
        (Grant::Pool(pool), Protocol::Tcp) => pool.tcp_binder(local).map(drop),
        (Grant::Pool(pool), Protocol::Udp) => pool.udp_binder(local).map(drop),
    }
}

/// Whether what was granted covers a peer, for a socket that is not the system's.
pub(super) fn admits_connect(
    peer: SocketAddr,
    grant: Grant<'_>,
    protocol: Protocol,
) -> io::Result<()> {
    match (grant, protocol) {
        (Grant::WithoutPool, _) => Err(io::ErrorKind::PermissionDenied.into()),
        (Grant::Pool(pool), Protocol::Tcp) => pool.tcp_connecter(peer).map(drop),
        (Grant::Pool(pool), Protocol::Udp) => pool.udp_connecter(peer).map(drop),
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
        sys::prepare(&socket)?;
        Ok(socket)
    }

    /// Binds to what was granted. With `shares`, others who share it may have it too.
    pub(super) fn bind(&self, local: SocketAddr, grant: Grant<'_>, shares: bool) -> io::Result<()> {
        match (grant, self) {
            (Grant::Pool(pool), Socket::Udp(socket)) => {
                return pool.udp_binder(local)?.bind_existing_udp_socket(socket);
            }
            // A stream is bound here, because cap-net-ext always shares the address.
            (Grant::Pool(pool), Socket::Tcp(_)) => {
                pool.tcp_binder(local)?;
            }
            (Grant::WithoutPool, Socket::Udp(_)) => {
                return Ok(rustix::net::bind(self, &local)?);
            }
            (Grant::WithoutPool, Socket::Tcp(_)) => {}
        }
        sys::share(self, shares)?;
        match rustix::net::bind(self, &local) {
            Err(rustix::io::Errno::ADDRINUSE) if !shares => self.bind_after_connections(local),
            bound => Ok(bound?),
        }
    }

    /// Binds to an address that is in use, if only connections have it: open ones, or
    /// ones that have ended, whose address the system keeps for a while. They share it, as
    /// do those who listen, with whom the system lets nobody else bind; who is bound only
    /// does not.
    fn bind_after_connections(&self, local: SocketAddr) -> io::Result<()> {
        sys::share(self, true)?;
        let bound = rustix::net::bind(self, &local);
        sys::share(self, false)?;
        Ok(bound?)
    }

    /// Binds to what the socket was bound to before, which was granted then.
    pub(super) fn bind_again(&self, local: SocketAddr) -> io::Result<()> {
        Ok(rustix::net::bind(self, &local)?)
    }

    pub(super) fn connect(&self, peer: SocketAddr, grant: Grant<'_>) -> io::Result<()> {
        match (grant, self) {
            (Grant::Pool(pool), Socket::Tcp(socket)) => {
                let connecter = pool.tcp_connecter(peer)?;
                sys::share(self, true)?;
                connecter.connect_existing_tcp_listener(socket)
            }
            (Grant::Pool(pool), Socket::Udp(socket)) => pool
                .udp_connecter(peer)?
                .connect_existing_udp_socket(socket),
            (Grant::WithoutPool, _) => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    /// Takes a datagram socket's default peer away, or a stream's attempt that failed.
    pub(super) fn disconnect(&self) -> io::Result<()> {
        Ok(sys::disconnect(self)?)
    }

    pub(super) fn listen(&self, backlog: u32) -> io::Result<()> {
        match self {
            Socket::Tcp(socket) => {
                sys::share(self, true)?;
                socket.listen(match backlog {
                    0 => None,
                    backlog => Some(i32::try_from(backlog).unwrap_or(i32::MAX)),
                })
            }
            Socket::Udp(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(super) fn accept(&self) -> io::Result<(Socket, SocketAddr)> {
        match self {
            Socket::Tcp(socket) => {
                let (stream, peer) = socket.accept_with(Blocking::No)?;
                let descriptor = OwnedFd::from(stream);
                let accepted = Socket::Tcp(descriptor.into());
                sys::prepare(&accepted)?;
                Ok((accepted, peer))
            }
            Socket::Udp(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}
