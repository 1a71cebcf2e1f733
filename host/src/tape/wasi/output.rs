//! Standard output, of which a digest is kept.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wsp_guard::sync::lock;

/// What a program has printed, as a digest.
#[derive(Clone, Default)]
pub(in crate::tape) struct Printed(Arc<Mutex<Sha256>>);

impl Printed {
    fn add(&self, bytes: &[u8]) {
        lock(&self.0).update(bytes);
    }

    pub(in crate::tape) fn digest(&self) -> [u8; 32] {
        lock(&self.0).clone().finalize().into()
    }
}

/// Standard output whose digest is kept.
pub(in crate::tape) struct Digesting<S> {
    printed: Printed,
    to: S,
}

impl<S> Digesting<S> {
    pub(in crate::tape) fn new(printed: Printed, to: S) -> Digesting<S> {
        Digesting { printed, to }
    }
}

impl<S: StdoutStream> IsTerminal for Digesting<S> {
    fn is_terminal(&self) -> bool {
        self.to.is_terminal()
    }
}

impl<S: StdoutStream + Sync> StdoutStream for Digesting<S> {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Writer {
            printed: self.printed.clone(),
            to: Pin::from(self.to.async_stream()),
        })
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Stream {
            printed: self.printed.clone(),
            to: self.to.p2_stream(),
        })
    }
}

struct Stream {
    printed: Printed,
    to: Box<dyn OutputStream>,
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        self.to.ready().await;
    }
}

#[async_trait]
impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.printed.add(&bytes);
        self.to.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.to.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.to.check_write()
    }

    async fn cancel(&mut self) {
        self.to.cancel().await;
    }
}

struct Writer {
    printed: Printed,
    to: Pin<Box<dyn AsyncWrite + Send + Sync>>,
}

impl AsyncWrite for Writer {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Writer { printed, to } = self.get_mut();
        let written = ready!(to.as_mut().poll_write(context, bytes))?;
        printed.add(bytes.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().to.as_mut().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().to.as_mut().poll_shutdown(context)
    }
}
