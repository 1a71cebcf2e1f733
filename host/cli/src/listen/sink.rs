//! Where received data goes: written and hashed on a thread of its own, since
//! writing may block.

use std::collections::VecDeque;
use std::io::Write;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

/// Pieces that wait to be written before the receiver has to wait.
const QUEUE: usize = 16;

/// What the thread writes to.
pub(super) trait Destination: Send {
    /// Writes all of it.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Publishes what was written so far.
    fn publish(&mut self) -> Result<()>;

    /// Ends the writing.
    fn finish(self: Box<Self>, ending: Ending) -> Result<()>;
}

/// How receiving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With everything.
    Whole,
    /// By a signal, with what there was.
    Interrupted,
    /// With a part.
    Failed,
}

/// A stream that is written to as it is, such as standard output.
pub(super) struct Stream<W>(pub(super) W);

impl<W: Write + Send> Destination for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0
            .write_all(bytes)
            .and_then(|()| self.0.flush())
            .context("cannot write to standard output")
    }

    fn publish(&mut self) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>, _: Ending) -> Result<()> {
        Ok(())
    }
}

/// A destination behind a queue, with a count and a digest.
pub(super) struct Sink {
    queue: mpsc::Sender<Order>,
    /// What did not find room in the queue yet.
    unsent: VecDeque<Bytes>,
    thread: JoinHandle<(Total, Result<()>)>,
}

/// What the thread is to do.
enum Order {
    Write(Bytes),
    Publish(oneshot::Sender<()>),
    Finish(Ending),
}

/// What went through a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

impl Sink {
    pub(super) fn new(destination: Box<dyn Destination>) -> Result<Self> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("writer".to_owned());
        let thread = thread.spawn(move || execute(orders, destination))?;
        let unsent = VecDeque::new();
        Ok(Self {
            queue,
            unsent,
            thread,
        })
    }

    /// Queues a piece. Dropping the future does not lose it. It fails once the
    /// writer has failed, and `finish` says why.
    pub(super) async fn write(&mut self, piece: Bytes) -> Result<()> {
        self.unsent.push_back(piece);
        self.send_all().await
    }

    /// Waits until the writer has failed, which `finish` explains.
    pub(super) async fn failure(&self) -> anyhow::Error {
        self.queue.closed().await;
        failed()
    }

    /// Waits until everything so far is written and published.
    pub(super) async fn publish(&mut self) -> Result<()> {
        self.send_all().await?;
        let (tell, told) = oneshot::channel();
        let sent = self.queue.send(Order::Publish(tell)).await;
        sent.map_err(|_| failed())?;
        told.await.map_err(|_| failed())
    }

    /// Waits until everything is written. The total is what was.
    pub(super) async fn finish(mut self, ending: Ending) -> Result<(Total, Result<()>)> {
        // Errors say that the writer has failed, which the thread reports.
        if self.send_all().await.is_ok() {
            let _ = self.queue.send(Order::Finish(ending)).await;
        }
        drop(self.queue);
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        joined.map_err(|_| anyhow!("the writer panicked"))
    }

    async fn send_all(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            let room = self.queue.reserve().await.map_err(|_| failed())?;
            if let Some(piece) = self.unsent.pop_front() {
                room.send(Order::Write(piece));
            }
        }
        Ok(())
    }
}

fn failed() -> anyhow::Error {
    anyhow!("what was received cannot be written")
}

fn execute(
    mut orders: mpsc::Receiver<Order>,
    mut destination: Box<dyn Destination>,
) -> (Total, Result<()>) {
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let mut ending = Ending::Failed;
    let mut outcome = Ok(());
    while outcome.is_ok()
        && let Some(order) = orders.blocking_recv()
    {
        outcome = match order {
            Order::Write(piece) => destination.write(&piece).inspect(|()| {
                hasher.update(&piece);
                bytes += piece.len() as u64;
            }),
            Order::Publish(tell) => destination.publish().inspect(|()| {
                // Nobody waits for it after an interrupt.
                let _ = tell.send(());
            }),
            Order::Finish(how) => {
                ending = how;
                Ok(())
            }
        };
    }
    if outcome.is_err() {
        ending = Ending::Failed;
    }
    let finished = destination.finish(ending);
    let total = Total {
        bytes,
        sha256: hasher.finalize().into(),
    };
    (total, outcome.and(finished))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io;

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
        let mut sink = Sink::new(Box::new(Stream(io::sink()))).unwrap();
        sink.write("ab".into()).await.unwrap();
        sink.publish().await.unwrap();
        sink.write("c".into()).await.unwrap();
        let (total, outcome) = sink.finish(Ending::Whole).await.unwrap();
        outcome.unwrap();
        assert_eq!(total.bytes, 3);
        // The example of FIPS 180-4.
        assert_eq!(
            crate::output::hex(&total.sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[tokio::test]
    async fn a_writer_that_fails_ends_the_receiving() {
        let mut sink = Sink::new(Box::new(Stream(Full))).unwrap();
        while sink.write("x".into()).await.is_ok() {}
        assert!(sink.publish().await.is_err());
        let (total, outcome) = sink.finish(Ending::Whole).await.unwrap();
        assert_eq!(total.bytes, 0);
        let error = outcome.unwrap_err();
        assert_eq!(error.to_string(), "cannot write to standard output");
    }
}
