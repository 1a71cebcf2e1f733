//! Standard input. A thread reads ahead of the program, because nobody can tell here whether a
//! read would wait.

use std::fs::File;
use std::io;
use std::os::windows::io::AsHandle;

use tokio::io::AsyncRead;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::InputStream;

/// Standard input of this process, for a program.
pub(crate) struct Stdin(wasmtime_wasi::cli::Stdin);

impl Stdin {
    /// # Errors
    ///
    /// None.
    pub(crate) fn new() -> io::Result<Stdin> {
        Ok(Stdin(wasmtime_wasi::cli::stdin()))
    }
}

impl IsTerminal for Stdin {
    fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }
}

impl StdinStream for Stdin {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        self.0.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        self.0.p2_stream()
    }
}

/// Standard input as a file, without a buffer, which would not say whether it holds anything.
///
/// # Errors
///
/// When the system has no handle to give.
pub(crate) fn file() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}
