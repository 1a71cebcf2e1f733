//! A connection's bytes, counted and paced.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::{Shutdown, shutdown};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;
use wasmtime_wasi_http::Error;

use super::errors;
use crate::quota::{Portion, QuotaKind, Refusal};
use crate::wasi::{CannotConnect, Connection};

/// What waits for the rate of bytes.
type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the bytes of a connection go.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection's bytes, which the witness counts and the rates pace.
pub(super) struct Stream {
    // Closed before the connection is told of as closed.
    io: Arc<TcpStream>,
    connection: Connection,
    waiting: Option<Waiting>,
}

impl Stream {
    /// Makes the connection.
    pub(super) async fn open(connection: Connection) -> Result<Stream, Error> {
        let connected = {
            let mut connecting = pin!(TcpStream::connect(connection.peer()));
            poll_fn(|context| match connection.poll_ended(context) {
                Poll::Ready(()) => Poll::Ready(Err(CannotConnect::Denied.into())),
                Poll::Pending => {
                    let connected = connecting.as_mut().poll(context);
                    connected.map_err(|error| errors::of_connecting(&error))
                }
            })
            .await
        };
        let io = Arc::new(connected?);
        // A request is one write, or its body's; nothing is gained by waiting for more. It
        // fails if the peer has reset the connection, which is found later too.
        let _ = io.set_nodelay(true);
        let made = Arc::downgrade(&io);
        connection.made(move || {
            if let Some(io) = made.upgrade() {
                let _ = reset(&io);
            }
        })?;
        Ok(Stream {
            io,
            connection,
            waiting: None,
        })
    }

    fn write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.connection.poll_send(context, |context| {
            loop {
                ready!(self.io.poll_write_ready(context))?;
                match self.io.try_write(bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    written => return Poll::Ready(written),
                }
            }
        })
    }

    fn read(&self, context: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        self.connection.poll_receive(context, |context| {
            loop {
                ready!(self.io.poll_read_ready(context))?;
                match self.io.try_read(room) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return Poll::Ready(read),
                }
            }
        })
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let received = ready!(self.read(context, room.initialize_unfilled()))?;
        room.advance(received);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let guard = Arc::clone(this.connection.guard());
        if !guard.account().is_paced() || bytes.is_empty() {
            return this.write(context, bytes);
        }
        loop {
            if let Some(waiting) = &mut this.waiting {
                if this.connection.poll_ended(context).is_ready() {
                    return this.write(context, bytes);
                }
                ready!(waiting.as_mut().poll(context));
                this.waiting = None;
            }
            let wanted = length(bytes.len());
            match guard.account().take_to_send(wanted, Portion::Any) {
                Ok(granted) => {
                    let count = usize::try_from(granted).unwrap_or(bytes.len());
                    let granted_bytes = bytes.get(..count).unwrap_or(bytes);
                    let written = this.write(context, granted_bytes);
                    let used = match &written {
                        Poll::Ready(Ok(count)) => length(*count),
                        Poll::Ready(Err(_)) | Poll::Pending => 0,
                    };
                    let unsent = granted.saturating_sub(used);
                    guard.account().give_back_unsent(unsent);
                    return written;
                }
                Err(scope) => {
                    let kind = QuotaKind::BytesPerSecond;
                    guard.refused(Refusal { kind, scope });
                    let guard = Arc::clone(&guard);
                    this.waiting = Some(Box::pin(async move {
                        while let Some((wait, clock)) = guard.account().wait_to_send(wanted) {
                            clock.sleep(wait, sleep).await;
                        }
                    }));
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shutdown(&*self.io, Shutdown::Write).map_err(io::Error::from))
    }
}

/// Ends a connection at once: what the kernel had not sent yet is dropped.
#[cfg(unix)]
fn reset(io: &TcpStream) -> rustix::io::Result<()> {
    rustix::net::connect_unspec(io)
}

/// Ends a connection at once, and has it reset when it is closed.
#[cfg(windows)]
fn reset(io: &TcpStream) -> rustix::io::Result<()> {
    rustix::net::sockopt::set_socket_linger(io, Some(std::time::Duration::ZERO))?;
    shutdown(io, Shutdown::Both)
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
