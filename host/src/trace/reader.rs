//! Reads trace files, which may be cut, or be anything.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use super::format::{self, HEADER, Line, VERSION};
use super::history::{Denial, History, Operation, Refusal, Socket};

/// The most bytes of a line: none that is written is half as long.
const LONGEST_LINE: u64 = 4096;

/// The most operations, sockets and the like of a file each: that many take some gigabytes of it.
const MOST: usize = 5_000_000;

/// The latest time, in microseconds: 31 years.
const LATEST: f64 = 1e15;

/// Why a file is no trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRead {
    /// It cannot be read at all.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no trace of this library.
    #[error("it is no trace of wsp; `wsp run --trace FILE` and `wsp send --trace FILE` write one")]
    NoTrace,
    /// It is of a version that this library does not know.
    #[error(
        "its format is version {0}, and this wsp reads version 1; read it with the wsp that wrote it"
    )]
    Version(u32),
    /// A line of it makes no sense.
    #[error(
        "line {line}: {mistake}; a trace is read as it was written, so trace the program again"
    )]
    Line {
        /// The line, counting from 1.
        line: u64,
        /// What is wrong with it.
        mistake: String,
    },
}

impl History {
    /// Reads what a [`TraceFile`](super::TraceFile) wrote. A file that ends in the middle is
    /// read up to there.
    ///
    /// # Errors
    ///
    /// When it cannot be read, was written by something else, or was changed so that it makes
    /// no sense. The memory that it takes is a few times the file's length at most.
    pub fn read(file: impl BufRead) -> Result<History, CannotRead> {
        Reader::default().read(file)
    }
}

#[derive(Default)]
struct Reader {
    history: History,
    /// The places of sockets, and of operations under way, by instance and number.
    sockets: HashMap<(u64, u64), usize>,
    under_way: HashMap<(u64, u64), usize>,
    line: u64,
}

/// What is wrong with a line.
type Checked = Result<(), &'static str>;

impl Reader {
    fn read(mut self, mut file: impl BufRead) -> Result<History, CannotRead> {
        let mut text = Vec::new();
        let mut is_closed = false;
        while self.next(&mut file, &mut text)? {
            let content = match text.as_slice() {
                [content @ .., b'\n'] => content,
                // The last line, whose end is missing.
                _ if self.line > 2 => {
                    self.history.is_cut = !is_closed;
                    break;
                }
                content => content,
            };
            let content = content.strip_suffix(b",").unwrap_or(content);
            match (self.line, content) {
                (1, b"[") => {}
                (1, _) => return Err(CannotRead::NoTrace),
                (2, content) => header(content)?,
                (_, b"]") if !is_closed => is_closed = true,
                (_, content) if !is_closed => self.content(content)?,
                _ => return Err(self.mistake("something follows the end of the trace")),
            }
            text.clear();
        }
        if self.line < 2 {
            return Err(CannotRead::NoTrace);
        }
        self.history.is_cut = !is_closed;
        Ok(self.history)
    }

    /// The next line; false if there is none.
    fn next(&mut self, file: &mut impl BufRead, text: &mut Vec<u8>) -> Result<bool, CannotRead> {
        file.by_ref().take(LONGEST_LINE).read_until(b'\n', text)?;
        if text.is_empty() {
            return Ok(false);
        }
        self.line += 1;
        if text.len() as u64 >= LONGEST_LINE {
            return Err(match self.line {
                1 | 2 => CannotRead::NoTrace,
                _ => self.mistake("it is longer than any line of a trace"),
            });
        }
        Ok(true)
    }

    fn mistake(&self, mistake: &str) -> CannotRead {
        CannotRead::Line {
            line: self.line,
            mistake: mistake.to_owned(),
        }
    }

    fn content(&mut self, content: &[u8]) -> Result<(), CannotRead> {
        let line: Line<'_> = serde_json::from_slice(content).map_err(|error| {
            self.mistake(&format!(
                "it is no event of a trace ({})",
                crate::one_line(&error.to_string())
            ))
        })?;
        if !(0.0..=LATEST).contains(&line.ts) {
            return Err(self.mistake("its time is no time since the trace began"));
        }
        let checked = match (&*line.ph, &*line.cat) {
            ("M", _) => Ok(()),
            ("i", format::SOCKET) => self.of_socket(&line),
            ("i", format::REFUSAL) => self.refusal(line),
            ("i", format::TRACE) => self.of_the_trace(&line),
            ("b", format::OPERATION) => self.begin(line),
            ("n", format::OPERATION) => self.step(&line),
            ("e", format::OPERATION) => self.end(&line),
            _ => Err("wsp writes no such event"),
        };
        checked.map_err(|mistake| self.mistake(mistake))
    }

    fn of_socket(&mut self, line: &Line<'_>) -> Checked {
        let key = (line.pid, line.tid);
        let address = line.args.address.as_deref().map(str::to_owned);
        if line.name == format::OPENED {
            bounded(self.history.sockets.len())?;
            let place = self.history.sockets.len();
            if self.sockets.insert(key, place).is_some() {
                return Err("its socket was opened before");
            }
            self.history.sockets.push(Socket {
                instance: line.pid,
                number: line.tid,
                protocol: line.args.protocol.as_deref().unwrap_or_default().to_owned(),
                address,
                listens: false,
                opened: nanoseconds(line.ts),
                closed: None,
            });
            return Ok(());
        }
        // Its opening may have been lost.
        let place = self.socket(key)?;
        let Some(socket) = self.history.sockets.get_mut(place) else {
            return Ok(());
        };
        match &*line.name {
            format::LISTENING => {
                socket.listens = true;
                socket.address = address;
            }
            format::CLOSED => socket.closed = Some(nanoseconds(line.ts)),
            _ => return Err("wsp writes no such event"),
        }
        Ok(())
    }

    /// The place of a socket, which is made if nobody has said that it was opened.
    fn socket(&mut self, key: (u64, u64)) -> Result<usize, &'static str> {
        if let Some(place) = self.sockets.get(&key) {
            return Ok(*place);
        }
        bounded(self.history.sockets.len())?;
        let place = self.history.sockets.len();
        self.sockets.insert(key, place);
        self.history.sockets.push(Socket {
            instance: key.0,
            number: key.1,
            ..Socket::default()
        });
        Ok(place)
    }

    fn begin(&mut self, line: Line<'_>) -> Checked {
        bounded(self.history.operations.len())?;
        let number = line.id2.ok_or("its operation has no number")?.local;
        let socket = self.socket((line.pid, line.tid))?;
        let place = self.history.operations.len();
        if self.under_way.insert((line.pid, number), place).is_some() {
            return Err("its operation is under way already");
        }
        let address = line.args.address.map(|address| address.into_owned());
        if line.name == "connect"
            && let Some(socket) = self.history.sockets.get_mut(socket)
        {
            socket.address.clone_from(&address);
        }
        self.history.operations.push(Operation {
            socket,
            kind: line.name.into_owned(),
            submitted: nanoseconds(line.ts),
            bytes: line.args.bytes.unwrap_or(0),
            address,
            ..Operation::default()
        });
        Ok(())
    }

    fn step(&mut self, line: &Line<'_>) -> Checked {
        let number = line.id2.ok_or("its operation has no number")?.local;
        let place = self.under_way.get(&(line.pid, number));
        let operation = place.and_then(|place| self.history.operations.get_mut(*place));
        let operation = operation.ok_or("its operation is not under way")?;
        let at = nanoseconds(line.ts);
        match &*line.name {
            format::ON_THE_WIRE => {
                let bytes = line.args.bytes.unwrap_or(0);
                operation.transferred = operation.transferred.saturating_add(bytes);
                let first = operation.on_the_wire.map_or(at, |(first, _)| first);
                operation.on_the_wire = Some((first, at));
                operation.calls = operation.calls.saturating_add(1);
                operation.last_call = line.args.call;
            }
            format::ENDED => operation.ended(at, line),
            _ => return Err("wsp writes no such event"),
        }
        Ok(())
    }

    fn end(&mut self, line: &Line<'_>) -> Checked {
        let number = line.id2.ok_or("its operation has no number")?.local;
        let place = self.under_way.remove(&(line.pid, number));
        let operation = place.and_then(|place| self.history.operations.get_mut(place));
        let operation = operation.ok_or("its operation is not under way")?;
        // False means that the trace ended before it did.
        if line.args.indicated.unwrap_or(true) {
            let at = nanoseconds(line.ts);
            if operation.ended.is_none() {
                operation.ended(at, line);
            }
            operation.indicated = Some(at);
        }
        Ok(())
    }

    fn refusal(&mut self, line: Line<'_>) -> Checked {
        let at = nanoseconds(line.ts);
        let text = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().into_owned();
        match &*line.name {
            format::DENIED => {
                bounded(self.history.denials.len())?;
                let target = line.args.address.or(line.args.name);
                self.history.denials.push(Denial {
                    at,
                    usage: text(line.args.usage),
                    target: target.map(std::borrow::Cow::into_owned),
                    reason: text(line.args.reason),
                    verdict: text(line.args.verdict),
                });
            }
            format::REFUSED => {
                bounded(self.history.refusals.len())?;
                self.history.refusals.push(Refusal {
                    at,
                    quota: text(line.args.quota),
                    scope: text(line.args.scope),
                });
            }
            _ => return Err("wsp writes no such event"),
        }
        Ok(())
    }

    fn of_the_trace(&mut self, line: &Line<'_>) -> Checked {
        match &*line.name {
            format::LOST => {
                let lost = line.args.count.unwrap_or(0);
                self.history.lost = self.history.lost.saturating_add(lost);
            }
            format::FULL => self.history.is_full = true,
            _ => return Err("wsp writes no such event"),
        }
        Ok(())
    }
}

impl Operation {
    /// Whether it sends.
    #[must_use]
    pub fn is_send(&self) -> bool {
        self.kind.starts_with("send")
    }

    fn ended(&mut self, at: u64, line: &Line<'_>) {
        self.ended = Some(at);
        self.transferred = line.args.bytes.unwrap_or(self.transferred);
        self.code = line.args.code;
    }
}

fn header(content: &[u8]) -> Result<(), CannotRead> {
    let Ok(line) = serde_json::from_slice::<Line<'_>>(content) else {
        return Err(CannotRead::NoTrace);
    };
    match line.args.version {
        Some(VERSION) if line.name == HEADER => Ok(()),
        Some(version) if line.name == HEADER => Err(CannotRead::Version(version)),
        _ => Err(CannotRead::NoTrace),
    }
}

fn bounded(count: usize) -> Checked {
    match count < MOST {
        true => Ok(()),
        false => Err("it is one of more than 5,000,000 of its kind, which are too many to show"),
    }
}

/// Microseconds with fractions, which are within [`LATEST`], as nanoseconds.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are checked when a line is read"
)]
fn nanoseconds(microseconds: f64) -> u64 {
    (microseconds * 1000.0).round() as u64
}
