//! Standard input of a program that is recorded or replayed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use crate::tape::format::Call;
use crate::tape::{Recorder, Replayer};

/// What a read gave: bytes, or the end (none), or why not.
type Read = Result<Vec<u8>, Option<String>>;

fn read(size: usize) -> Call {
    Call {
        function: "stdin.read".to_owned(),
        arguments: size.to_string(),
    }
}

/// Standard input that is written down as the program reads it.
pub(in crate::tape) struct RecordedInput<S> {
    recorder: Recorder,
    from: Arc<S>,
}

impl<S> RecordedInput<S> {
    pub(in crate::tape) fn new(recorder: Recorder, from: S) -> RecordedInput<S> {
        let from = Arc::new(from);
        RecordedInput { recorder, from }
    }
}

impl<S: StdinStream> IsTerminal for RecordedInput<S> {
    fn is_terminal(&self) -> bool {
        self.from.is_terminal()
    }
}

impl<S: StdinStream + Sync> StdinStream for RecordedInput<S> {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(RecordedReader {
            recorder: self.recorder.clone(),
            from: Pin::from(self.from.async_stream()),
        })
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(RecordedStream {
            recorder: self.recorder.clone(),
            from: self.from.p2_stream(),
        })
    }
}

struct RecordedStream {
    recorder: Recorder,
    from: Box<dyn InputStream>,
}

#[async_trait]
impl Pollable for RecordedStream {
    async fn ready(&mut self) {
        self.from.ready().await;
    }
}

#[async_trait]
impl InputStream for RecordedStream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let answer = self.from.read(size);
        let kept: Read = match &answer {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(StreamError::Closed) => Err(None),
            Err(StreamError::LastOperationFailed(error) | StreamError::Trap(error)) => {
                Err(Some(error.to_string()))
            }
        };
        let recorded = self.recorder.call(read(size), &Ok((kept,)));
        recorded.map_err(StreamError::Trap)?;
        answer
    }

    async fn cancel(&mut self) {
        self.from.cancel().await;
    }
}

struct RecordedReader {
    recorder: Recorder,
    from: Pin<Box<dyn AsyncRead + Send + Sync>>,
}

impl AsyncRead for RecordedReader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let RecordedReader { recorder, from } = self.get_mut();
        let before = buffer.filled().len();
        ready!(from.as_mut().poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(recorder.input(read).map_err(io::Error::other))
    }
}

/// Standard input that was written down.
pub(in crate::tape) struct ReplayedInput {
    replayer: Replayer,
    terminal: bool,
}

impl ReplayedInput {
    pub(in crate::tape) fn new(replayer: Replayer, terminal: bool) -> ReplayedInput {
        ReplayedInput { replayer, terminal }
    }
}

impl IsTerminal for ReplayedInput {
    fn is_terminal(&self) -> bool {
        self.terminal
    }
}

impl StdinStream for ReplayedInput {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(Replayed(self.replayer.clone()))
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(Replayed(self.replayer.clone()))
    }
}

struct Replayed(Replayer);

/// When it was ready, the recording says.
#[async_trait]
impl Pollable for Replayed {
    async fn ready(&mut self) {}
}

#[async_trait]
impl InputStream for Replayed {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let answer = self.0.answer::<(Read,)>(read(size));
        match answer.map_err(StreamError::Trap)? {
            (Ok(bytes),) => Ok(bytes.into()),
            (Err(None),) => Err(StreamError::Closed),
            (Err(Some(error)),) => Err(StreamError::LastOperationFailed(wasmtime::Error::msg(
                error,
            ))),
        }
    }
}

impl AsyncRead for Replayed {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let piece = ready!(self.0.poll_input(buffer.remaining(), context));
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}
