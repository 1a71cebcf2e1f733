//! What programs print.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wsp_guard::sync::lock;

/// So many bytes are kept of what all programs of a run print.
const MOST_KEPT: usize = 16 << 20;

/// How many bytes a program may write at once.
const AT_ONCE: usize = 64 << 10;

/// Where a program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Something that a program printed, in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Printed {
    /// Which of the programs, by its place.
    pub program: usize,
    /// Where.
    pub stream: Stream,
    /// What.
    pub bytes: Vec<u8>,
}

/// What all programs print, in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Prints(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    pieces: Vec<Printed>,
    bytes: usize,
    dropped: usize,
}

impl Prints {
    /// A stream of the program at that place.
    pub(super) fn stream(&self, program: usize, stream: Stream) -> Print {
        Print {
            prints: self.clone(),
            program,
            stream,
        }
    }

    /// Everything, and how many bytes more there were.
    pub(super) fn take(&self) -> (Vec<Printed>, usize) {
        let mut kept = lock(&self.0);
        (std::mem::take(&mut kept.pieces), kept.dropped)
    }
}

/// One stream of one program.
#[derive(Clone, Debug)]
pub(super) struct Print {
    prints: Prints,
    program: usize,
    stream: Stream,
}

impl Print {
    fn print(&self, bytes: &[u8]) {
        let mut kept = lock(&self.prints.0);
        let fits = bytes.len().min(MOST_KEPT.saturating_sub(kept.bytes));
        kept.bytes += fits;
        kept.dropped = kept.dropped.saturating_add(bytes.len() - fits);
        let bytes = bytes.iter().take(fits);
        match kept.pieces.last_mut() {
            Some(last) if last.program == self.program && last.stream == self.stream => {
                last.bytes.extend(bytes);
            }
            _ => kept.pieces.push(Printed {
                program: self.program,
                stream: self.stream,
                bytes: bytes.copied().collect(),
            }),
        }
    }
}

impl IsTerminal for Print {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Print {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Print {
    async fn ready(&mut self) {}
}

impl OutputStream for Print {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(AT_ONCE)
    }
}

impl AsyncWrite for Print {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
