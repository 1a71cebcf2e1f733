//! Writes events as lines of a trace file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::time::Instant;

use wsp_transport::trace::{Denied, Event, Submission, What};
use wsp_transport::{Protocol, TransportError};

use super::code::code;
use super::file::Written;
use super::format::{self, Args, HEADER, Id, Line, VERSION};

/// The most bytes of the lines that end a file: those of one operation that is under way, and
/// those that say why it ends.
const OF_AN_END: u64 = 224;
const OF_THE_END: u64 = 512;

/// The most bytes of any other line: a name of [`Denied::LONGEST_NAME`] bytes, each of which
/// may be written as six, and what is around it.
const OF_A_LINE: u64 = 2048;

/// A file that is being written. It never exceeds its limit.
pub(super) struct Writer<W: Write> {
    file: BufWriter<W>,
    origin: Instant,
    limit: u64,
    written: Written,
    /// Operations under way, with their kind and socket, by instance and number: not more than
    /// there are lines.
    under_way: HashMap<(u64, u64), (&'static str, u64)>,
    /// The time of the last event.
    last: f64,
    line: Vec<u8>,
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
        writer.line(&Line {
            ph: "M".into(),
            name: HEADER.into(),
            args: Args {
                version: Some(VERSION),
                ..Args::default()
            },
            ..Line::default()
        })?;
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
        text.extend_from_slice(if self.written.bytes > 1 {
            b",\n"
        } else {
            b"\n"
        });
        serde_json::to_writer(&mut text, line)?;
        let put = self.put(&text);
        self.line = text;
        put
    }

    /// Writes one line, unless the file is full, which it may become.
    fn line_if_room(&mut self, line: &Line<'_>) -> io::Result<()> {
        if self.written.is_full {
            return Ok(());
        }
        let reserved = OF_AN_END * (self.under_way.len() as u64 + 1) + OF_THE_END;
        if self.written.bytes + reserved + OF_A_LINE > self.limit {
            self.written.is_full = true;
            return Ok(());
        }
        self.line(line)
    }

    /// So many events were lost here.
    pub(super) fn lost(&mut self, count: u64) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.written.lost = self.written.lost.saturating_add(count);
        self.line_if_room(&self.of_the_trace(format::LOST, Some(count)))
    }

    fn of_the_trace(&self, name: &'static str, count: Option<u64>) -> Line<'static> {
        Line {
            ph: "i".into(),
            cat: format::TRACE.into(),
            name: name.into(),
            ts: self.last,
            s: Some("g".into()),
            args: Args {
                count,
                ..Args::default()
            },
            ..Line::default()
        }
    }

    /// Ends the file.
    pub(super) fn end(&mut self) -> io::Result<Written> {
        let under_way: Vec<_> = self.under_way.drain().collect();
        for ((instance, operation), (kind, socket)) in under_way {
            let args = Args {
                indicated: Some(false),
                ..Args::default()
            };
            let line = of_operation("e", kind, instance, socket, operation, self.last, args);
            self.line(&line)?;
        }
        if self.written.is_full {
            self.line(&self.of_the_trace(format::FULL, None))?;
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
        match &event.what {
            What::Began { tenant } => self.began(instance, tenant),
            What::Opened {
                socket,
                protocol,
                peer,
            } => self.opened(instance, *socket, *protocol, *peer, ts),
            What::Listening { socket, local } => {
                let args = Args {
                    address: Some(local.to_string().into()),
                    ..Args::default()
                };
                self.of_socket(format::LISTENING, instance, *socket, ts, args)
            }
            What::Closed {
                socket,
                sent,
                received,
            } => {
                let args = Args {
                    sent: Some(*sent),
                    received: Some(*received),
                    ..Args::default()
                };
                self.of_socket(format::CLOSED, instance, *socket, ts, args)
            }
            What::Submitted(submission) => self.submitted(instance, submission, ts),
            What::AtOnce {
                submission,
                since,
                bytes,
                error,
            } => {
                let since = self.time(*since);
                self.submitted(instance, submission, since)?;
                self.over(instance, submission.operation, ts, ended(*bytes, *error))
            }
            What::Moved {
                operation,
                bytes,
                call,
            } => {
                let args = Args {
                    bytes: Some(*bytes),
                    call: Some(*call),
                    ..Args::default()
                };
                self.step(instance, *operation, format::ON_THE_WIRE, ts, args)
            }
            What::Ended {
                operation,
                bytes,
                error,
            } => {
                let args = ended(*bytes, *error);
                self.step(instance, *operation, format::ENDED, ts, args)
            }
            What::Indicated { operation } => self.over(instance, *operation, ts, Args::default()),
            What::Denied(denied) => self.denied(instance, denied, ts),
            What::Refused { quota, scope } => self.refused(instance, quota, scope, ts),
            // Of a version of the transport that tells more.
            _ => Ok(()),
        }
    }

    fn began(&mut self, instance: u64, tenant: &str) -> io::Result<()> {
        let name = match tenant.floor_char_boundary(Denied::LONGEST_NAME) {
            0 => "a program",
            end => tenant.get(..end).unwrap_or_default(),
        };
        self.line_if_room(&Line {
            ph: "M".into(),
            name: "process_name".into(),
            pid: instance,
            args: Args {
                name: Some(name.into()),
                ..Args::default()
            },
            ..Line::default()
        })
    }

    fn opened(
        &mut self,
        instance: u64,
        socket: u64,
        protocol: Protocol,
        peer: Option<SocketAddr>,
        ts: f64,
    ) -> io::Result<()> {
        let protocol = match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        let name = match peer {
            Some(peer) => format!("socket {socket}, {protocol} from {peer}"),
            None => format!("socket {socket}, {protocol}"),
        };
        self.line_if_room(&Line {
            ph: "M".into(),
            name: "thread_name".into(),
            pid: instance,
            tid: socket,
            args: Args {
                name: Some(name.into()),
                ..Args::default()
            },
            ..Line::default()
        })?;
        let args = Args {
            protocol: Some(protocol.into()),
            address: peer.map(|peer| peer.to_string().into()),
            ..Args::default()
        };
        self.of_socket(format::OPENED, instance, socket, ts, args)
    }

    fn of_socket(
        &mut self,
        name: &'static str,
        instance: u64,
        socket: u64,
        ts: f64,
        args: Args<'_>,
    ) -> io::Result<()> {
        self.line_if_room(&Line {
            ph: "i".into(),
            cat: format::SOCKET.into(),
            name: name.into(),
            pid: instance,
            tid: socket,
            ts,
            s: Some("t".into()),
            args,
            ..Line::default()
        })
    }

    fn submitted(&mut self, instance: u64, submission: &Submission, ts: f64) -> io::Result<()> {
        let kind = submission.kind.as_str();
        let (socket, operation) = (submission.socket, submission.operation);
        let args = Args {
            bytes: Some(submission.bytes),
            address: submission.address.map(|address| address.to_string().into()),
            ..Args::default()
        };
        self.line_if_room(&of_operation(
            "b", kind, instance, socket, operation, ts, args,
        ))?;
        if !self.written.is_full {
            self.under_way.insert((instance, operation), (kind, socket));
        }
        Ok(())
    }

    /// Something on the way of an operation, whose beginning may have been lost.
    fn step(
        &mut self,
        instance: u64,
        operation: u64,
        name: &'static str,
        ts: f64,
        args: Args<'_>,
    ) -> io::Result<()> {
        let Some((_, socket)) = self.under_way.get(&(instance, operation)).copied() else {
            return Ok(());
        };
        self.line_if_room(&of_operation(
            "n", name, instance, socket, operation, ts, args,
        ))
    }

    /// The end of an operation, whose beginning may have been lost.
    fn over(&mut self, instance: u64, operation: u64, ts: f64, args: Args<'_>) -> io::Result<()> {
        if self.written.is_full {
            return Ok(());
        }
        let Some((kind, socket)) = self.under_way.remove(&(instance, operation)) else {
            return Ok(());
        };
        // Room was kept for it.
        self.line(&of_operation(
            "e", kind, instance, socket, operation, ts, args,
        ))
    }

    fn denied(&mut self, instance: u64, denied: &Denied, ts: f64) -> io::Result<()> {
        self.line_if_room(&Line {
            ph: "i".into(),
            cat: format::REFUSAL.into(),
            name: format::DENIED.into(),
            pid: instance,
            ts,
            s: Some("p".into()),
            args: Args {
                usage: Some(denied.usage.into()),
                address: denied.address.map(|address| address.to_string().into()),
                name: denied.name.as_deref().map(Cow::Borrowed),
                reason: Some(denied.reason.into()),
                verdict: Some(denied.verdict.into()),
                ..Args::default()
            },
            ..Line::default()
        })
    }

    fn refused(&mut self, instance: u64, quota: &str, scope: &str, ts: f64) -> io::Result<()> {
        self.line_if_room(&Line {
            ph: "i".into(),
            cat: format::REFUSAL.into(),
            name: format::REFUSED.into(),
            pid: instance,
            ts,
            s: Some("p".into()),
            args: Args {
                quota: Some(quota.into()),
                scope: Some(scope.into()),
                ..Args::default()
            },
            ..Line::default()
        })
    }
}

fn ended(bytes: u64, error: Option<TransportError>) -> Args<'static> {
    let error = error.map(code);
    Args {
        bytes: Some(bytes),
        code: error.map(|error| error.number()),
        error: error.map(|error| error.name().into()),
        ..Args::default()
    }
}

fn of_operation<'a>(
    ph: &'static str,
    name: &'static str,
    instance: u64,
    socket: u64,
    operation: u64,
    ts: f64,
    args: Args<'a>,
) -> Line<'a> {
    Line {
        ph: ph.into(),
        cat: format::OPERATION.into(),
        name: name.into(),
        id2: Some(Id { local: operation }),
        pid: instance,
        tid: socket,
        ts,
        s: None,
        args,
    }
}
