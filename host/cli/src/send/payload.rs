//! The sends that the sources are made into.

use std::io::Read;
use std::num::NonZeroU32;
use std::thread;

use anyhow::{Context, bail};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::parts::{Source, Sources};

/// Chunks that are read ahead of the sends.
const READ_AHEAD: usize = 2;

/// One send or a sequence of sends, each with its buffers.
pub(super) enum Payload {
    /// Everything gathered into one send; none once it was taken.
    Whole(Option<Vec<Bytes>>),
    /// A sequence of sends, read while they go out.
    Chunks(mpsc::Receiver<anyhow::Result<Bytes>>),
}

impl Payload {
    /// A send for each buffer and for each `chunk` bytes of each stream. They
    /// are read on a thread of their own, since reading may block.
    pub(super) fn in_chunks(sources: Sources, chunk: NonZeroU32) -> anyhow::Result<Self> {
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || {
                // An error here means that nobody wants the rest.
                let _ = read_chunks(sources, chunk, &sender);
            })?;
        Ok(Self::Chunks(receiver))
    }

    /// The buffers of the next send.
    pub(super) async fn next(&mut self) -> Option<anyhow::Result<Vec<Bytes>>> {
        match self {
            Self::Whole(buffers) => buffers.take().map(Ok),
            Self::Chunks(chunks) => Some(chunks.recv().await?.map(|chunk| vec![chunk])),
        }
    }
}

/// Reads every source into a buffer of its own, for one send.
pub(super) async fn read_whole(sources: Sources) -> anyhow::Result<Vec<Bytes>> {
    tokio::task::spawn_blocking(move || read_buffers(sources)).await?
}

/// One send counts its bytes in 32 bits.
fn read_buffers(sources: Sources) -> anyhow::Result<Vec<Bytes>> {
    let mut room = u64::from(u32::MAX);
    let mut buffers = Vec::new();
    for source in sources.0 {
        let (name, buffer) = match source {
            Source::Buffer(bytes) => ("the buffer".to_owned(), bytes),
            Source::Stream { name, length, .. } if length > Some(room) => bail!(too_long(&name)),
            Source::Stream { name, reader, .. } => {
                let mut buffer = Vec::new();
                // One byte more than fits tells a stream that is too long.
                let mut reader = reader.take(room + 1);
                reader
                    .read_to_end(&mut buffer)
                    .with_context(|| format!("cannot read {name}"))?;
                (name, buffer.into())
            }
        };
        let length = u64::try_from(buffer.len()).ok();
        room = length
            .and_then(|length| room.checked_sub(length))
            .with_context(|| too_long(&name))?;
        buffers.push(buffer);
    }
    Ok(buffers)
}

fn too_long(name: &str) -> String {
    format!("one send cannot hold 4 GiB or more, which it would with {name}: split it with --chunk")
}

fn read_chunks(
    sources: Sources,
    chunk: NonZeroU32,
    sender: &mpsc::Sender<anyhow::Result<Bytes>>,
) -> Result<(), mpsc::error::SendError<anyhow::Result<Bytes>>> {
    for source in sources.0 {
        match source {
            Source::Buffer(bytes) => sender.blocking_send(Ok(bytes))?,
            Source::Stream {
                name, mut reader, ..
            } => loop {
                let mut buffer = Vec::new();
                // `read_to_end` fills the chunk however small the pieces are that a pipe hands out.
                let read = reader
                    .by_ref()
                    .take(chunk.get().into())
                    .read_to_end(&mut buffer);
                match read.with_context(|| format!("cannot read {name}")) {
                    Ok(0) => break,
                    Ok(_) => sender.blocking_send(Ok(buffer.into()))?,
                    Err(error) => return sender.blocking_send(Err(error)),
                }
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::VecDeque;
    use std::io;

    use super::*;

    /// Hands out its pieces one read at a time, as a pipe does.
    struct Pipe(VecDeque<&'static [u8]>);

    impl Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let mut piece = self.0.pop_front().unwrap_or_default();
            let read = piece.read(buffer)?;
            if !piece.is_empty() {
                self.0.push_front(piece);
            }
            Ok(read)
        }
    }

    fn stream(reader: impl Read + Send + 'static, length: Option<u64>) -> Source {
        Source::Stream {
            name: "a pipe".to_owned(),
            reader: Box::new(reader),
            length,
        }
    }

    async fn sends(mut payload: Payload) -> Vec<Vec<Bytes>> {
        let mut sends = Vec::new();
        while let Some(send) = payload.next().await {
            sends.push(send.unwrap());
        }
        sends
    }

    #[tokio::test]
    async fn chunks_are_filled_from_the_pieces_of_a_pipe() {
        let pipe = Pipe([&b"abc"[..], b"d", b"efghi", b"j"].into());
        let sources = Sources(vec![
            Source::Buffer("text".into()),
            stream(pipe, None),
            stream(io::empty(), None),
        ]);
        let payload = Payload::in_chunks(sources, NonZeroU32::new(4).unwrap()).unwrap();
        assert_eq!(sends(payload).await, [["text"], ["abcd"], ["efgh"], ["ij"]]);
    }

    #[tokio::test]
    async fn without_chunks_all_sources_are_the_buffers_of_one_send() {
        let pipe = Pipe([&b"abc"[..], b"d"].into());
        let sources = Sources(vec![
            Source::Buffer("".into()),
            stream(pipe, None),
            Source::Buffer("e".into()),
        ]);
        assert_eq!(read_whole(sources).await.unwrap(), ["", "abcd", "e"]);
    }

    #[tokio::test]
    async fn a_send_of_four_gibibytes_is_refused_before_it_is_read() {
        let sentence =
            "one send cannot hold 4 GiB or more, which it would with a pipe: split it with --chunk";
        let endless = |length| stream(io::repeat(0), Some(length));
        for sources in [
            vec![endless(1 << 32)],
            vec![Source::Buffer("x".into()), endless((1 << 32) - 1)],
        ] {
            let refused = read_whole(Sources(sources)).await.unwrap_err();
            assert_eq!(refused.to_string(), sentence);
        }
    }

    #[tokio::test]
    async fn a_source_that_cannot_be_read_is_named() {
        let directory = std::fs::File::open("/").unwrap();
        let sources = Sources(vec![stream(directory, None)]);
        let mut payload = Payload::in_chunks(sources, NonZeroU32::MIN).unwrap();
        let error = payload.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "cannot read a pipe");
        assert!(payload.next().await.is_none());
    }
}
