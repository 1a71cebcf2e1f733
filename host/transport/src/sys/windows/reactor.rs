//! Waiting until a socket is ready.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use std::os::windows::io::AsSocket;
use tokio::io::Interest;
use tokio::net::{TcpStream, UdpSocket};

use crate::socket::Socket;

/// The reactor does not announce urgent data.
pub(crate) const URGENT: Option<Interest> = None;

/// A socket in the reactor of the runtime: a handle of its own, because tokio has no
/// registration for a socket of one's own.
#[derive(Debug)]
pub(crate) enum Registered {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

/// What the reactor has said.
pub(crate) struct Ready<'a> {
    registered: &'a Registered,
    interest: Interest,
}

/// Enters a socket into the reactor of the runtime whose context this is.
pub(crate) fn register(socket: &Arc<Socket>) -> io::Result<Registered> {
    let handle = socket.as_socket().try_clone_to_owned()?;
    Ok(match &**socket {
        // Whatever it is by now: the reactor knows no difference.
        Socket::Tcp(_) => {
            let stream = std::net::TcpStream::from(handle);
            stream.set_nonblocking(true)?;
            Registered::Tcp(TcpStream::from_std(stream)?)
        }
        Socket::Udp(_) => {
            let socket = std::net::UdpSocket::from(handle);
            socket.set_nonblocking(true)?;
            Registered::Udp(UdpSocket::from_std(socket)?)
        }
    })
}

impl Registered {
    /// Ready as soon as a receive may not wait.
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready<'_>>> {
        ready!(match self {
            Registered::Tcp(stream) => stream.poll_read_ready(cx),
            Registered::Udp(socket) => socket.poll_recv_ready(cx),
        })?;
        Poll::Ready(Ok(self.said(Interest::READABLE)))
    }

    /// Ready as soon as a send may not wait.
    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready<'_>>> {
        ready!(match self {
            Registered::Tcp(stream) => stream.poll_write_ready(cx),
            Registered::Udp(socket) => socket.poll_send_ready(cx),
        })?;
        Poll::Ready(Ok(self.said(Interest::WRITABLE)))
    }

    /// Waits until a send may not wait.
    pub(crate) async fn writable(&self) -> io::Result<Ready<'_>> {
        self.ready(Interest::WRITABLE).await
    }

    /// Waits until one of these may not wait.
    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<Ready<'_>> {
        match self {
            Registered::Tcp(stream) => stream.ready(interest).await?,
            Registered::Udp(socket) => socket.ready(interest).await?,
        };
        Ok(self.said(interest))
    }

    fn said(&self, interest: Interest) -> Ready<'_> {
        Ready {
            registered: self,
            interest,
        }
    }
}

impl Ready<'_> {
    /// It does not hold any more. If it does again by now, the reactor, which asks the
    /// system anew, says so again.
    pub(crate) fn clear_ready(&mut self) {
        let blocked = || io::Result::<()>::Err(io::ErrorKind::WouldBlock.into());
        let _ = match self.registered {
            Registered::Tcp(stream) => stream.try_io(self.interest, blocked),
            Registered::Udp(socket) => socket.try_io(self.interest, blocked),
        };
    }
}
