//! How sockets share addresses, connect and end.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};

use rustix::io::{Errno, Result};

use crate::socket::Socket;

impl AsSocket for Socket {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        match self {
            Socket::Tcp(socket) => socket.as_socket(),
            Socket::Udp(socket) => socket.as_socket(),
        }
    }
}

impl AsRawSocket for Socket {
    fn as_raw_socket(&self) -> RawSocket {
        self.as_socket().as_raw_socket()
    }
}

/// What every socket is told at first.
pub(crate) fn prepare(socket: &Socket) -> Result<()> {
    rustix::io::ioctl_fionbio(socket, true)
}

/// A stream may bind to the address of connections as it is, and what `SO_REUSEADDR` means
/// here is another thing: to take an address from who listens there.
pub(crate) fn share(_socket: &Socket, _on: bool) -> Result<()> {
    Ok(())
}

/// Takes the peer of a datagram socket away. A stream whose attempt has failed may make
/// another one as it is.
pub(crate) fn disconnect(socket: &Socket) -> Result<()> {
    let Socket::Udp(_) = socket else {
        return Ok(());
    };
    let nobody = match SocketAddr::try_from(rustix::net::getsockname(socket)?) {
        Ok(SocketAddr::V6(_)) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        _ => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
    };
    rustix::net::connect(socket, &nobody)
}

/// Whether an attempt to connect has begun, whatever it is called.
pub(crate) fn is_under_way(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::WOULDBLOCK)
}

/// Bytes in the system's send queue that the peer has not acknowledged: the system
/// cannot tell.
pub(crate) fn in_kernel(_socket: &Socket) -> Option<u64> {
    None
}
