//! A stream socket as the crate `futures-io` wants it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_io::{AsyncRead, AsyncWrite};

use super::Waiting;
use crate::{
    MessageFlags, Overlapped, ReceiveBuffer, ShutdownHow, Socket, Started, Transfer, WsaError,
    io_error,
};

/// The most bytes that one receive asks for.
const MOST: usize = 64 * 1024;

/// A connected, overlapped stream socket. It has one receive and one send under way at most.
#[derive(Debug)]
pub struct Stream {
    socket: Socket,
    reading: Reading,
    /// The send that was accepted last, until it has ended.
    writing: Option<Pending>,
}

#[derive(Debug)]
enum Reading {
    /// Received and not read yet, from that position on. → `Pending` when all of it is read.
    Received(Vec<u8>, usize),
    /// → `Received` when it ends.
    Pending(ReceiveBuffer, Pending),
}

/// An operation under way.
#[derive(Debug)]
struct Pending {
    overlapped: Overlapped,
    waiting: Waiting,
}

impl Pending {
    fn new(overlapped: Overlapped) -> Pending {
        Pending {
            overlapped,
            waiting: Waiting::default(),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Transfer, WsaError>> {
        let overlapped = &self.overlapped;
        ready!(self.waiting.poll(context, || !overlapped.in_progress()));
        Poll::Ready(self.overlapped.outcome())
    }
}

impl Stream {
    /// Reads and writes on `socket`.
    #[must_use]
    pub fn new(socket: Socket) -> Stream {
        Stream {
            socket,
            reading: Reading::Received(Vec::new(), 0),
            writing: None,
        }
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Ready once the last send has ended.
    fn poll_written(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(writing) = &mut self.writing {
            let ended = ready!(writing.poll(context));
            self.writing = None;
            ended.map_err(io_error)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let this = &mut *self;
        loop {
            match &mut this.reading {
                Reading::Received(received, read) if *read < received.len() => {
                    let rest = received.get(*read..).unwrap_or_default();
                    let count = rest.len().min(bytes.len());
                    for (to, from) in bytes.iter_mut().zip(rest) {
                        *to = *from;
                    }
                    *read += count;
                    return Poll::Ready(Ok(count));
                }
                Reading::Received(..) => {
                    let capacity = bytes.len().min(MOST);
                    let room = ReceiveBuffer::new(u32::try_from(capacity).unwrap_or(u32::MAX));
                    let overlapped = Overlapped::new();
                    let flags = MessageFlags::empty();
                    let started = this.socket.recv_overlapped(&room, flags, &overlapped);
                    match started.map_err(io_error)? {
                        Started::Done(0) => return Poll::Ready(Ok(0)),
                        Started::Done(count) => {
                            this.reading = Reading::Received(room.read(count), 0);
                        }
                        Started::Pending => {
                            this.reading = Reading::Pending(room, Pending::new(overlapped));
                        }
                    }
                }
                Reading::Pending(room, pending) => {
                    let ended = ready!(pending.poll(context));
                    let received = ended.map(|transfer| room.read(transfer.bytes));
                    this.reading = Reading::Received(Vec::new(), 0);
                    let received = received.map_err(io_error)?;
                    if received.is_empty() {
                        return Poll::Ready(Ok(0));
                    }
                    this.reading = Reading::Received(received, 0);
                }
            }
        }
    }
}

/// A write is taken at once, all of it, once the one before it is out; `flush`
/// waits until the last one is.
impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_written(context))?;
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let overlapped = Overlapped::new();
        let started = self.socket.send_overlapped(&[bytes], &overlapped);
        Poll::Ready(Ok(match started.map_err(io_error)? {
            Started::Done(count) => count as usize,
            Started::Pending => {
                self.writing = Some(Pending::new(overlapped));
                bytes.len()
            }
        }))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_written(context)
    }

    /// Ends this direction of the stream, after what was written.
    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_written(context))?;
        let ended = self.socket.shutdown(ShutdownHow::Send);
        Poll::Ready(ended.map_err(io_error))
    }
}
