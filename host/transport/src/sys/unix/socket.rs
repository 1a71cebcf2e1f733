//! How sockets share addresses, connect and end.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use rustix::io::{Errno, Result};
use rustix::net::sockopt;

use crate::socket::Socket;

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

/// What every socket is told at first.
pub(crate) fn prepare(socket: &Socket) -> Result<()> {
    // Otherwise a send to a peer that is gone ends the process.
    #[cfg(target_vendor = "apple")]
    sockopt::set_socket_nosigpipe(socket, true)?;
    let _ = socket;
    Ok(())
}

/// Lets others who share the address have it too: a stream does once it is connected
/// or listens.
pub(crate) fn share(socket: &Socket, on: bool) -> Result<()> {
    sockopt::set_socket_reuseaddr(socket, on)
}

/// Takes the peer of a datagram socket away, or a failed attempt of a stream.
pub(crate) fn disconnect(socket: &Socket) -> Result<()> {
    rustix::net::connect_unspec(socket)
}

/// Whether an attempt to connect has begun, whatever it is called.
pub(crate) fn is_under_way(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::INPROGRESS)
}

/// Bytes in the kernel's send queue that the peer has not acknowledged; `None` if
/// the system cannot tell.
pub(crate) fn in_kernel(socket: &Socket) -> Option<u64> {
    #[cfg(target_os = "linux")]
    return Some(crate::sys::linux::queue::in_kernel(socket));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        None
    }
}
