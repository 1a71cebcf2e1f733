//! Puts a history together from the lines of a trace file, none of which is trusted.

use std::borrow::Cow;
use std::collections::HashMap;

use super::format::{self, Line};
use super::history::{Denial, History, Operation, Refusal, Socket};

/// The most operations, sockets and the like of a file each: that many take some gigabytes of it.
const MOST: usize = 5_000_000;

/// The latest time, in microseconds: 31 years.
const LATEST: f64 = 1e15;

/// What was read so far.
#[derive(Default)]
pub(super) struct Assembler {
    pub(super) history: History,
    /// The places of sockets, and of operations under way, by instance and number.
    sockets: HashMap<(u64, u64), usize>,
    under_way: HashMap<(u64, u64), usize>,
}

/// What is wrong with a line.
type Checked = Result<(), &'static str>;

impl Assembler {
    /// Takes the next line, or says what is wrong with it.
    pub(super) fn take(&mut self, line: Line<'_>) -> Checked {
        if !(0.0..=LATEST).contains(&line.ts) {
            return Err("its time is no time since the trace began");
        }
        match (&*line.ph, &*line.cat) {
            ("M", _) => Ok(()),
            ("i", format::SOCKET) => self.of_socket(&line),
            ("i", format::REFUSAL) => self.refusal(line),
            ("i", format::TRACE) => self.of_the_trace(&line),
            ("b", format::OPERATION) => self.begin(line),
            ("n", format::OPERATION) => self.step(&line),
            ("e", format::OPERATION) => self.end(&line),
            _ => Err("wsp writes no such event"),
        }
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
        let address = line.args.address.map(Cow::into_owned);
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
            thread: line.args.thread,
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
        let text = |text: Option<Cow<'_, str>>| text.unwrap_or_default().into_owned();
        match &*line.name {
            format::DENIED => {
                bounded(self.history.denials.len())?;
                let target = line.args.address.or(line.args.name);
                self.history.denials.push(Denial {
                    at,
                    usage: text(line.args.usage),
                    target: target.map(Cow::into_owned),
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

fn bounded(count: usize) -> Checked {
    match count < MOST {
        true => Ok(()),
        false => Err("it is one of more than 5,000,000 of its kind, which are too many to show"),
    }
}

/// Microseconds with fractions, which are within [`LATEST`], as nanoseconds.
fn nanoseconds(microseconds: f64) -> u64 {
    (microseconds * 1000.0).round() as u64
}
