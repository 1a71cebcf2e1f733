//! Where received data goes: written and hashed on a thread of its own, since
//! writing may block.

use std::io::{self, Write};
use std::thread::{self, JoinHandle};

use anyhow::{Context, anyhow};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

/// Pieces that wait to be written before the receiver has to wait.
const QUEUE: usize = 16;

/// A writer that counts and hashes.
pub(super) struct Sink {
    queue: mpsc::Sender<Bytes>,
    thread: JoinHandle<io::Result<Total>>,
}

/// What went through a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

impl Sink {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> anyhow::Result<Self> {
        let (queue, pieces) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("writer".to_owned());
        let thread = thread.spawn(move || copy(pieces, writer))?;
        Ok(Self { queue, thread })
    }

    /// Queues a piece. It fails once the writer has failed, and `finish` says why.
    pub(super) async fn write(&mut self, piece: Bytes) -> anyhow::Result<()> {
        self.queue
            .send(piece)
            .await
            .map_err(|_| anyhow!("what was received cannot be written"))
    }

    /// Waits until everything is written.
    pub(super) async fn finish(self) -> anyhow::Result<Total> {
        drop(self.queue);
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        let total = joined.map_err(|_| anyhow!("the writer panicked"))?;
        total.context("cannot write what was received")
    }
}

fn copy(mut pieces: mpsc::Receiver<Bytes>, mut writer: Box<dyn Write + Send>) -> io::Result<Total> {
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    while let Some(piece) = pieces.blocking_recv() {
        hasher.update(&piece);
        bytes += piece.len() as u64;
        writer.write_all(&piece)?;
        if pieces.is_empty() {
            writer.flush()?;
        }
    }
    writer.flush()?;
    Ok(Total {
        bytes,
        sha256: hasher.finalize().into(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// A writer that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_goes_through_is_counted_and_hashed() {
        let mut sink = Sink::new(Box::new(io::sink())).unwrap();
        sink.write("ab".into()).await.unwrap();
        sink.write("c".into()).await.unwrap();
        let total = sink.finish().await.unwrap();
        assert_eq!(total.bytes, 3);
        // The example of FIPS 180-4.
        assert_eq!(
            crate::output::hex(&total.sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[tokio::test]
    async fn a_writer_that_fails_ends_the_receiving() {
        let mut sink = Sink::new(Box::new(Full)).unwrap();
        while sink.write("x".into()).await.is_ok() {}
        let error = sink.finish().await.unwrap_err();
        assert_eq!(error.to_string(), "cannot write what was received");
    }
}
