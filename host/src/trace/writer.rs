//! Writes the lines of a trace file, within its limit.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::time::Instant;

use wsp_transport::trace::{Event, Submission, What};

use super::file::Written;
use super::format::{self, Args, Line};
use super::lines::{self, At};

/// The most bytes of the lines that end a file: that of one operation that is under way, and
/// those that say why it ends.
const OF_AN_END: u64 = 224;
const OF_THE_END: u64 = 512;

/// The most bytes of any other line: a name of [`Denied::LONGEST_NAME`] bytes, each of which
/// may be written as six, and what is around it.
///
/// [`Denied::LONGEST_NAME`]: wsp_transport::trace::Denied::LONGEST_NAME
const OF_A_LINE: u64 = 2048;

/// A file that is being written. It never exceeds its limit.
pub(super) struct Writer<W: Write> {
    file: BufWriter<W>,
    origin: Instant,
    limit: u64,
    written: Written,
    /// Operations under way, by instance and number: not more than there are lines.
    under_way: HashMap<(u64, u64), Begun>,
    /// The time of the latest event.
    last: f64,
    line: Vec<u8>,
}

/// An operation under way.
#[derive(Clone, Copy)]
struct Begun {
    kind: &'static str,
    socket: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file whose times count from `origin`.
    pub(super) fn begin(file: W, limit: u64, origin: Instant) -> io::Result<Writer<W>> {
        let mut writer = Writer {
            file: BufWriter::new(file),
            origin,
            limit: limit.max(OF_A_LINE * 2),
            written: Written::default(),
            under_way: HashMap::new(),
            last: 0.0,
            line: Vec::new(),
        };
        writer.put(b"[")?;
        writer.line(&lines::header())?;
        writer.flush()?;
        Ok(writer)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Writes one line, whether there is room or not.
    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = std::mem::take(&mut self.line);
        text.clear();
        let end_of_last: &[u8] = match self.written.bytes {
            1 => b"\n",
            _ => b",\n",
        };
        text.extend_from_slice(end_of_last);
        serde_json::to_writer(&mut text, line)?;
        let put = self.put(&text);
        self.line = text;
        put
    }

    /// Writes one line, unless the file is full, which it may become.
    fn line_if_room(&mut self, line: &Line<'_>) -> io::Result<()> {
        let reserved = OF_AN_END * (self.under_way.len() as u64 + 1) + OF_THE_END;
        if self.written.bytes + reserved + OF_A_LINE > self.limit {
            self.written.is_full = true;
        }
        match self.written.is_full {
            true => Ok(()),
            false => self.line(line),
        }
    }

    /// So many events were lost here.
    pub(super) fn lost(&mut self, count: u64) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.written.lost = self.written.lost.saturating_add(count);
        self.line_if_room(&lines::of_the_trace(self.last, format::LOST, Some(count)))
    }

    /// Ends the file.
    pub(super) fn end(&mut self) -> io::Result<Written> {
        let under_way: Vec<_> = self.under_way.drain().collect();
        for ((instance, operation), Begun { kind, socket }) in under_way {
            let at = At {
                instance,
                socket,
                ts: self.last,
            };
            let args = Args {
                indicated: Some(false),
                ..Args::default()
            };
            self.line(&at.operation("e", kind, operation, args))?;
        }
        if self.written.is_full {
            self.line(&lines::of_the_trace(self.last, format::FULL, None))?;
        }
        self.put(b"\n]\n")?;
        self.flush()?;
        Ok(self.written)
    }

    fn time(&self, at: Instant) -> f64 {
        // Thousandths of a microsecond are exact for some hundred days.
        at.saturating_duration_since(self.origin).as_nanos() as f64 / 1000.0
    }

    /// Writes one event.
    pub(super) fn write(&mut self, event: &Event) -> io::Result<()> {
        let ts = self.time(event.at);
        self.last = self.last.max(ts);
        let instance = event.instance;
        let on = |socket| At {
            instance,
            socket,
            ts,
        };
        match &event.what {
            What::Began { tenant } => self.line_if_room(&lines::instance(on(0), tenant)),
            What::Opened {
                socket,
                protocol,
                peer,
            } => {
                let [name, opened] = lines::opened(on(*socket), *protocol, *peer);
                self.line_if_room(&name)?;
                self.line_if_room(&opened)
            }
            What::Listening { socket, local } => {
                self.line_if_room(&lines::listening(on(*socket), *local))
            }
            What::Closed {
                socket,
                sent,
                received,
            } => self.line_if_room(&lines::closed(on(*socket), *sent, *received)),
            What::Submitted(submission) => self.submitted(on(submission.socket), submission),
            What::AtOnce {
                submission,
                since,
                bytes,
                error,
            } => {
                let begun = At {
                    ts: self.time(*since),
                    ..on(submission.socket)
                };
                self.submitted(begun, submission)?;
                let args = lines::ended(*bytes, *error);
                self.over(on(0), submission.operation, args)
            }
            What::Moved {
                operation,
                bytes,
                call,
            } => {
                let args = lines::moved(*bytes, *call);
                self.step(on(0), *operation, format::ON_THE_WIRE, args)
            }
            What::Ended {
                operation,
                bytes,
                error,
            } => {
                let args = lines::ended(*bytes, *error);
                self.step(on(0), *operation, format::ENDED, args)
            }
            What::Indicated { operation } => self.over(on(0), *operation, Args::default()),
            What::Denied(denied) => self.line_if_room(&lines::denied(on(0), denied)),
            What::Refused { quota, scope } => {
                self.line_if_room(&lines::refused(on(0), quota, scope))
            }
            // Of a version of the transport that tells more.
            _ => Ok(()),
        }
    }

    fn submitted(&mut self, at: At, submission: &Submission) -> io::Result<()> {
        self.line_if_room(&lines::submitted(at, submission))?;
        if !self.written.is_full {
            let begun = Begun {
                kind: submission.kind.as_str(),
                socket: submission.socket,
            };
            self.under_way
                .insert((at.instance, submission.operation), begun);
        }
        Ok(())
    }

    /// A step of an operation, whose beginning may have been lost.
    fn step(
        &mut self,
        at: At,
        operation: u64,
        name: &'static str,
        args: Args<'_>,
    ) -> io::Result<()> {
        let begun = self.under_way.get(&(at.instance, operation)).copied();
        let Some(Begun { socket, .. }) = begun else {
            return Ok(());
        };
        let at = At { socket, ..at };
        self.line_if_room(&at.operation("n", name, operation, args))
    }

    /// The end of an operation, whose beginning may have been lost.
    fn over(&mut self, at: At, operation: u64, args: Args<'_>) -> io::Result<()> {
        if self.written.is_full {
            return Ok(());
        }
        let begun = self.under_way.remove(&(at.instance, operation));
        let Some(Begun { kind, socket }) = begun else {
            return Ok(());
        };
        let at = At { socket, ..at };
        // Room was kept for it.
        self.line(&at.operation("e", kind, operation, args))
    }
}
