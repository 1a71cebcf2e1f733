//! The sends that the sources are made into.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::num::NonZeroU32;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::parts::{Source, Sources};

/// Chunks that are read ahead of the sends.
const READ_AHEAD: usize = 2;

/// Read at once of what may have less.
const PIECE: usize = 64 * 1024;

/// How long a chunk that is not full waits for more: a producer that writes without
/// a pause fills chunks, and one that pauses is not waited for.
#[cfg(unix)]
const PAUSE: Duration = Duration::from_millis(20);

/// One send or a sequence of sends, each with its buffers.
pub(super) enum Payload {
    /// Everything gathered into one send; `None` once it was taken.
    Whole(Option<Vec<Bytes>>),
    /// A sequence of sends, read while they go out.
    Chunks(mpsc::Receiver<anyhow::Result<Bytes>>),
    /// The same buffer again and again, for a time that begins with the first send.
    MadeUp {
        buffer: Bytes,
        time: Duration,
        begun: Option<Instant>,
    },
}

impl Payload {
    /// The same buffer in every send, for a time.
    pub(super) fn made_up(buffer: Bytes, time: Duration) -> Self {
        Self::MadeUp {
            buffer,
            time,
            begun: None,
        }
    }

    /// A send for each buffer and for each `chunk` bytes of each stream. What is not a
    /// regular file is sent when it comes, in sends of at most `chunk` bytes. They
    /// are read on a thread of their own, since reading may block.
    pub(super) fn in_chunks(sources: Sources, chunk: NonZeroU32) -> anyhow::Result<Self> {
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || {
                // An error here means that the rest is not wanted.
                let _ = read_chunks(sources, chunk, &sender);
            })?;
        Ok(Self::Chunks(receiver))
    }

    /// The buffers of the next send.
    pub(super) async fn next(&mut self) -> Option<anyhow::Result<Vec<Bytes>>> {
        match self {
            Self::Whole(buffers) => buffers.take().map(Ok),
            Self::MadeUp {
                buffer,
                time,
                begun,
            } => {
                let begun = begun.get_or_insert_with(Instant::now);
                let goes_on = begun.elapsed() < *time;
                goes_on.then(|| Ok(vec![buffer.clone()]))
            }
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
            Source::Stream { name, file, .. } => {
                let mut buffer = Vec::new();
                // One byte more than fits tells a stream that is too long.
                let mut file = file.take(room + 1);
                file.read_to_end(&mut buffer)
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
            Source::Stream { name, file, length } => loop {
                let read = match length {
                    Some(_) => read_full(&file, chunk),
                    None => read_available(&file, chunk),
                };
                match read.with_context(|| format!("cannot read {name}")) {
                    Ok(buffer) if buffer.is_empty() => break,
                    Ok(buffer) => sender.blocking_send(Ok(buffer.into()))?,
                    Err(error) => return sender.blocking_send(Err(error)),
                }
            },
        }
    }
    Ok(())
}

/// A chunk, shorter only at the end.
fn read_full(file: &File, chunk: NonZeroU32) -> io::Result<Vec<u8>> {
    let mut buffer = Vec::new();
    file.take(chunk.get().into()).read_to_end(&mut buffer)?;
    Ok(buffer)
}

/// What there is, up to a chunk; nothing only at the end.
fn read_available(mut file: &File, chunk: NonZeroU32) -> io::Result<Vec<u8>> {
    let chunk = usize::try_from(chunk.get()).unwrap_or(usize::MAX);
    let mut buffer = Vec::new();
    while buffer.len() < chunk && (buffer.is_empty() || comes_soon(file)?) {
        let begin = buffer.len();
        buffer.resize(chunk.min(begin + PIECE), 0);
        let read = file.read(buffer.get_mut(begin..).unwrap_or_default());
        let length = match &read {
            Ok(length) => begin + length,
            Err(_) => begin,
        };
        buffer.truncate(length);
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(buffer)
}

/// Nobody can tell without a read, which might wait for long: what one read has brought
/// goes out.
#[cfg(windows)]
fn comes_soon(_file: &File) -> io::Result<bool> {
    Ok(false)
}

/// Waits a moment for more, or the end.
#[cfg(unix)]
fn comes_soon(file: &File) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut descriptors = [PollFd::new(file, PollFlags::IN)];
    let pause = Timespec::try_from(PAUSE).map_err(io::Error::other)?;
    match poll(&mut descriptors, Some(&pause)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::{PipeWriter, Write, pipe};
    use std::os::fd::OwnedFd;

    use super::*;

    /// A pipe that a writer writes to.
    fn piped() -> (PipeWriter, Source) {
        let (reader, writer) = pipe().unwrap();
        (writer, stream(OwnedFd::from(reader).into(), None))
    }

    /// A pipe that has these bytes, and then ends.
    fn with(bytes: &[u8]) -> Source {
        let (mut writer, source) = piped();
        writer.write_all(bytes).unwrap();
        source
    }

    fn stream(file: File, length: Option<u64>) -> Source {
        Source::Stream {
            name: "a pipe".to_owned(),
            file,
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
    async fn chunks_are_filled_from_files_and_from_what_comes_without_a_pause() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abcdefghij").unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let sources = Sources(vec![
            Source::Buffer("text".into()),
            stream(file, Some(10)),
            with(b""),
            with(b"ABCDEF"),
        ]);
        let payload = Payload::in_chunks(sources, NonZeroU32::new(4).unwrap()).unwrap();
        assert_eq!(
            sends(payload).await,
            [["text"], ["abcd"], ["efgh"], ["ij"], ["ABCD"], ["EF"]]
        );
    }

    #[tokio::test]
    async fn a_line_goes_out_while_its_pipe_stays_open() {
        let (mut writer, source) = piped();
        let mut payload = Payload::in_chunks(Sources(vec![source]), NonZeroU32::MAX).unwrap();
        for line in ["one\n", "two\n"] {
            writer.write_all(line.as_bytes()).unwrap();
            assert_eq!(payload.next().await.unwrap().unwrap(), [line]);
        }
        drop(writer);
        assert!(payload.next().await.is_none());
    }

    #[tokio::test]
    async fn without_chunks_all_sources_are_the_buffers_of_one_send() {
        let sources = Sources(vec![
            Source::Buffer("".into()),
            with(b"abcd"),
            Source::Buffer("e".into()),
        ]);
        assert_eq!(read_whole(sources).await.unwrap(), ["", "abcd", "e"]);
    }

    #[tokio::test]
    async fn a_send_of_four_gibibytes_is_refused_before_it_is_read() {
        let sentence =
            "one send cannot hold 4 GiB or more, which it would with a pipe: split it with --chunk";
        let endless = |length| stream(File::open("/dev/zero").unwrap(), Some(length));
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
        let directory = File::open("/").unwrap();
        let sources = Sources(vec![stream(directory, None)]);
        let mut payload = Payload::in_chunks(sources, NonZeroU32::MIN).unwrap();
        let error = payload.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "cannot read a pipe");
        assert!(payload.next().await.is_none());
    }
}
