//! Standard input of a program. No byte is taken that the program has not asked for:
//! whatever shares the file or pipe gets the rest.

use std::future::Future;
use std::io::{self, IsTerminal as _, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, Timespec};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, Interest, ReadBuf};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError};

/// The most that one read takes, whatever the program asks for.
const MOST: usize = 64 * 1024;

/// Standard input of this process, for a program.
#[derive(Clone, Debug)]
pub(crate) struct Stdin(Arc<Input>);

#[derive(Debug)]
struct Input {
    file: std::fs::File,
    /// `None` if the system has no readiness for it, as for a file, which is always ready.
    watched: OnceLock<Option<AsyncFd<OwnedFd>>>,
    ended: AtomicBool,
}

/// Standard input as a file, without a buffer, which would not say whether it holds anything.
///
/// # Errors
///
/// When the system has no descriptor to give.
pub(crate) fn file() -> io::Result<std::fs::File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

impl Stdin {
    /// # Errors
    ///
    /// When the system has no descriptor to give.
    pub(crate) fn new() -> io::Result<Stdin> {
        Ok(Stdin(Arc::new(Input {
            file: file()?,
            watched: OnceLock::new(),
            ended: AtomicBool::new(false),
        })))
    }
}

impl Input {
    /// Reads what is there, up to this many bytes: none at the end, and nothing
    /// if that would wait.
    fn read(&self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
        if self.ended.load(Ordering::Relaxed) {
            return Ok(Some(0));
        }
        if !self.is_ready() {
            return Ok(None);
        }
        match (&self.file).read(bytes) {
            Ok(0) if !bytes.is_empty() => {
                self.ended.store(true, Ordering::Relaxed);
                Ok(Some(0))
            }
            Ok(count) => Ok(Some(count)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Whether a read would not wait.
    fn is_ready(&self) -> bool {
        let mut polled = [PollFd::new(&self.file, PollFlags::IN)];
        let ready = rustix::event::poll(&mut polled, Some(&Timespec::default()));
        // A read tells what is wrong.
        !matches!(ready, Ok(0))
    }

    async fn ready(&self) {
        let Some(watched) = self.watched.get_or_init(|| self.watch()) else {
            return;
        };
        while !self.ended.load(Ordering::Relaxed) && !self.is_ready() {
            match watched.readable().await {
                Ok(mut readable) if !self.is_ready() => readable.clear_ready(),
                _ => return,
            }
        }
    }

    #[expect(
        unsafe_code,
        reason = "the safe way to register a descriptor is deprecated for what other types of descriptors could do"
    )]
    fn watch(&self) -> Option<AsyncFd<OwnedFd>> {
        let descriptor = self.file.as_fd().try_clone_to_owned().ok()?;
        // SAFETY: An `OwnedFd` gives its own descriptor each time, and keeps it open.
        unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }.ok()
    }
}

impl IsTerminal for Stdin {
    fn is_terminal(&self) -> bool {
        self.0.file.is_terminal()
    }
}

impl StdinStream for Stdin {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(Reader {
            input: Arc::clone(&self.0),
            waiting: Mutex::new(None),
        })
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Stdin {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}

#[async_trait]
impl InputStream for Stdin {
    fn read(&mut self, size: usize) -> Result<Bytes, StreamError> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let mut bytes = vec![0; size.min(MOST)];
        match self.0.read(&mut bytes) {
            Ok(Some(0)) => Err(StreamError::Closed),
            Ok(count) => {
                bytes.truncate(count.unwrap_or_default());
                Ok(bytes.into())
            }
            Err(error) => Err(StreamError::LastOperationFailed(error.into())),
        }
    }
}

/// Standard input as a stream of WASI 0.3.
struct Reader {
    input: Arc<Input>,
    /// What waits until it is ready. Only `poll_read` uses it, alone: the lock makes it `Sync`.
    waiting: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Reader { input, waiting } = self.get_mut();
        let waiting = waiting.get_mut().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(future) = waiting {
                ready!(future.as_mut().poll(context));
                *waiting = None;
            }
            let mut bytes = vec![0; buffer.remaining().min(MOST)];
            if let Some(count) = input.read(&mut bytes)? {
                buffer.put_slice(bytes.get(..count).unwrap_or_default());
                return Poll::Ready(Ok(()));
            }
            let input = Arc::clone(input);
            *waiting = Some(Box::pin(async move { input.ready().await }));
        }
    }
}
