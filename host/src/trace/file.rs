//! A sink that writes a file.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wsp_guard::sync::lock;
use wsp_transport::trace::{Event, Sink};

use super::writer::Writer;

/// Events that wait to be written; what comes then is lost, and counted.
const WAITING: usize = 1 << 15;

/// How long events wait for others at most, so that many are written at once.
const PAUSE: Duration = Duration::from_millis(10);

/// Writes what happens into a file that [`super::History`], Perfetto
/// (<https://ui.perfetto.dev>) and Chrome (`chrome://tracing`) read. Give it to the
/// settings of one instance or of several; clones write the same file.
///
/// A thread of its own writes, and sockets never wait for it: what it cannot keep up with is
/// lost, and the file says how much. The file is complete up to a few milliseconds ago whenever
/// the process ends, however it ends, and ends in order with [`TraceFile::finish`] or the last
/// clone.
///
/// ```
/// use std::sync::Arc;
/// use wsp::Settings;
/// use wsp::trace::TraceFile;
///
/// # fn main() -> std::io::Result<()> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("trace.json");
/// let trace = TraceFile::create(&path, TraceFile::USUAL_LIMIT)?;
/// let settings = Settings::default().with_trace(Arc::new(trace.clone()));
/// // ... use the settings, and then:
/// # drop(settings);
/// let written = trace.finish()?;
/// assert_eq!(written.lost, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TraceFile(Arc<Handle>);

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Bytes of the file.
    pub bytes: u64,
    /// Events that were lost, because they came faster than they could be written.
    pub lost: u64,
    /// Whether the file reached its limit, so that what came later is missing.
    pub is_full: bool,
}

/// Ends the thread with the last clone.
struct Handle {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<io::Result<Written>>>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something, or much, or no more comes.
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Event>,
    lost: u64,
    is_over: bool,
}

impl std::fmt::Debug for TraceFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TraceFile").finish_non_exhaustive()
    }
}

impl TraceFile {
    /// As many bytes as some hundred thousand operations take.
    pub const USUAL_LIMIT: u64 = 256 << 20;

    /// Writes a file of at most `limit` bytes, in place of one of that name. A file that
    /// reaches the limit ends there, and says so.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or there is no thread for it.
    pub fn create(path: &Path, limit: u64) -> io::Result<TraceFile> {
        TraceFile::new(File::create(path)?, limit)
    }

    /// As [`TraceFile::create`], into `writer`.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or there is no thread for it.
    pub fn new(writer: impl Write + Send + 'static, limit: u64) -> io::Result<TraceFile> {
        let mut writer = Writer::begin(writer, limit, Instant::now())?;
        let queue = Arc::new(Queue::default());
        lock(&queue.waiting).events.reserve(WAITING);
        let events = Arc::clone(&queue);
        let thread = thread::Builder::new().name("wsp-trace".to_owned());
        let thread = thread.spawn(move || {
            let outcome = write_all(&events, &mut writer);
            if outcome.is_err() {
                // Nobody else takes what is told from now on.
                let mut waiting = lock(&events.waiting);
                waiting.is_over = true;
                waiting.events = Vec::new();
            }
            outcome
        })?;
        Ok(TraceFile(Arc::new(Handle {
            queue,
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Writes what is left, and ends the file. What happens later is not written.
    ///
    /// # Errors
    ///
    /// When the file could not be written, now or before; then it ends where that happened. A
    /// second call says that nothing more was written.
    pub fn finish(&self) -> io::Result<Written> {
        self.0.finish()
    }
}

impl Sink for TraceFile {
    fn tell(&self, events: &[Event]) {
        let queue = &self.0.queue;
        let mut waiting = lock(&queue.waiting);
        if waiting.is_over {
            return;
        }
        let before = waiting.events.len();
        if before + events.len() > WAITING {
            waiting.lost = waiting.lost.saturating_add(events.len() as u64);
            return;
        }
        waiting.events.extend_from_slice(events);
        let is_much = before < WAITING / 2 && waiting.events.len() >= WAITING / 2;
        drop(waiting);
        if before == 0 || is_much {
            queue.changed.notify_one();
        }
    }
}

impl Handle {
    fn finish(&self) -> io::Result<Written> {
        lock(&self.queue.waiting).is_over = true;
        self.queue.changed.notify_one();
        let Some(thread) = lock(&self.thread).take() else {
            return Ok(Written::default());
        };
        let ended = thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the thread that writes it has failed")))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::error!(target: "wsp::trace", "the trace cannot be written: {error}");
        }
    }
}

/// Writes until no more comes.
fn write_all<W: Write>(queue: &Queue, writer: &mut Writer<W>) -> io::Result<Written> {
    let mut events = Vec::with_capacity(WAITING);
    loop {
        let (lost, is_over) = queue.take(&mut events);
        for event in events.drain(..) {
            writer.write(&event)?;
        }
        writer.lost(lost)?;
        if is_over {
            return writer.end();
        }
        writer.flush()?;
    }
}

impl Queue {
    /// Waits for events, and then a little for more. `events`, which is empty, gets them; what
    /// is returned is how many were lost after them, and whether no more come.
    fn take(&self, events: &mut Vec<Event>) -> (u64, bool) {
        let is_idle = |waiting: &mut Waiting| waiting.events.is_empty() && !waiting.is_over;
        let is_little =
            |waiting: &mut Waiting| waiting.events.len() < WAITING / 2 && !waiting.is_over;
        let waiting = self.changed.wait_while(lock(&self.waiting), is_idle);
        let waiting = waiting.unwrap_or_else(std::sync::PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(waiting, PAUSE, is_little);
        let (mut waiting, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        mem::swap(&mut waiting.events, events);
        (mem::take(&mut waiting.lost), waiting.is_over)
    }
}
