//! A connection's bytes, counted and paced.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::quota::{Portion, QuotaKind, Refusal};
use crate::wasi::Connection;

/// What waits for the rate of bytes.
type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection's bytes, which the witness counts and the rates pace.
pub(super) struct Stream {
    // Closed before the connection is told of as closed.
    io: TcpStream,
    connection: Connection,
    waiting: Option<Waiting>,
}

impl Stream {
    /// Makes the connection.
    pub(super) async fn open(connection: Connection) -> io::Result<Stream> {
        let io = TcpStream::connect(connection.peer()).await?;
        // A request is one write, or its body's; nothing is gained by waiting for more.
        io.set_nodelay(true)?;
        Ok(Stream {
            io,
            connection,
            waiting: None,
        })
    }

    fn write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.connection.sent(length(*count));
        }
        written
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = room.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, room);
        let received = room.filled().len().saturating_sub(before);
        if received > 0 {
            this.connection.received(length(received));
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.connection.guard().account().is_paced() || bytes.is_empty() {
            return this.write(context, bytes);
        }
        loop {
            if let Some(waiting) = &mut this.waiting {
                ready!(waiting.as_mut().poll(context));
                this.waiting = None;
            }
            let guard = std::sync::Arc::clone(this.connection.guard());
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
                    guard
                        .account()
                        .give_back_unsent(granted.saturating_sub(used));
                    return written;
                }
                Err(scope) => {
                    let kind = QuotaKind::BytesPerSecond;
                    guard.refused(Refusal { kind, scope });
                    this.waiting = Some(Box::pin(async move {
                        while let Some((wait, clock)) = guard.account().wait_to_send(wanted) {
                            clock.sleep(wait, sleep).await;
                        }
                    }));
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
