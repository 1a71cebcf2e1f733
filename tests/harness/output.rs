//! What a program prints, line by line while it runs.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Bytes that a program may write at once.
const PERMIT: usize = 64 * 1024;

/// A standard stream of a program, and what reads it.
pub(crate) fn output() -> (Sink, Printed) {
    let (sender, receiver) = unbounded_channel();
    let printed = Printed {
        receiver,
        bytes: Vec::new(),
        taken: 0,
    };
    (Sink(sender), printed)
}

/// A standard stream that always has room.
#[derive(Clone)]
pub(crate) struct Sink(UnboundedSender<Bytes>);

impl Sink {
    fn print(&self, bytes: Bytes) {
        // A test that no longer reads wants to know no more.
        let _ = self.0.send(bytes);
    }
}

impl IsTerminal for Sink {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Sink {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Sink {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

#[async_trait]
impl Pollable for Sink {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Sink {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.print(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a program printed so far.
pub(crate) struct Printed {
    receiver: UnboundedReceiver<Bytes>,
    bytes: Vec<u8>,
    /// Length of the lines that [`Printed::line`] has returned.
    taken: usize,
}

impl Printed {
    /// The next line without its end, or none when the program's store is gone.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            let rest = self.bytes.get(self.taken..).unwrap_or_default();
            if let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(rest.get(..length).unwrap_or_default());
                let line = line.into_owned();
                self.taken += length + 1;
                return Some(line);
            }
            self.bytes.extend(self.receiver.recv().await?);
        }
    }

    /// Everything, from the first line on, once the program's store is gone.
    pub(crate) async fn everything(mut self) -> String {
        while let Some(bytes) = self.receiver.recv().await {
            self.bytes.extend(bytes);
        }
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
