//! Events as lines of a trace file.

use std::borrow::Cow;
use std::net::SocketAddr;

use wsp_transport::trace::{Denied, Submission};
use wsp_transport::{Protocol, TransportError};

use super::code::code;
use super::format::{self, Args, HEADER, Id, Line, VERSION};

/// Where something happened: in the instance, on the socket of that number (0 is none), at so
/// many microseconds.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) instance: u64,
    pub(super) socket: u64,
    pub(super) ts: f64,
}

impl At {
    fn line<'a>(self, ph: &'static str, name: &'a str, args: Args<'a>) -> Line<'a> {
        Line {
            ph: ph.into(),
            name: name.into(),
            pid: self.instance,
            tid: self.socket,
            ts: self.ts,
            args,
            ..Line::default()
        }
    }

    fn instant<'a>(
        self,
        scope: &'static str,
        category: &'static str,
        name: &'static str,
        args: Args<'a>,
    ) -> Line<'a> {
        Line {
            cat: category.into(),
            s: Some(scope.into()),
            ..self.line("i", name, args)
        }
    }

    /// Of an operation: its beginning ("b"), a step ("n") or its end ("e").
    pub(super) fn operation<'a>(
        self,
        ph: &'static str,
        name: &'static str,
        operation: u64,
        args: Args<'a>,
    ) -> Line<'a> {
        Line {
            cat: format::OPERATION.into(),
            id2: Some(Id { local: operation }),
            ..self.line(ph, name, args)
        }
    }

    /// Something about the socket.
    pub(super) fn socket<'a>(self, name: &'static str, args: Args<'a>) -> Line<'a> {
        self.instant("t", format::SOCKET, name, args)
    }

    /// A denial or a refusal.
    pub(super) fn refusal<'a>(self, name: &'static str, args: Args<'a>) -> Line<'a> {
        self.instant("p", format::REFUSAL, name, args)
    }
}

/// The first line.
pub(super) fn header() -> Line<'static> {
    let args = Args {
        version: Some(VERSION),
        ..Args::default()
    };
    nowhere(0.0).line("M", HEADER, args)
}

/// Something about the trace as a whole.
pub(super) fn of_the_trace(ts: f64, name: &'static str, count: Option<u64>) -> Line<'static> {
    let args = Args {
        count,
        ..Args::default()
    };
    nowhere(ts).instant("g", format::TRACE, name, args)
}

fn nowhere(ts: f64) -> At {
    At {
        instance: 0,
        socket: 0,
        ts,
    }
}

/// What an instance is called.
pub(super) fn instance(at: At, tenant: &str) -> Line<'_> {
    let name = match tenant.floor_char_boundary(Denied::LONGEST_NAME) {
        0 => "a program",
        end => tenant.get(..end).unwrap_or_default(),
    };
    at.line("M", "process_name", named(name.into()))
}

/// What a socket is called, and that it was opened.
pub(super) fn opened(at: At, protocol: Protocol, peer: Option<SocketAddr>) -> [Line<'static>; 2] {
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    let name = match peer {
        Some(peer) => format!("socket {}, {protocol} from {peer}", at.socket),
        None => format!("socket {}, {protocol}", at.socket),
    };
    let args = Args {
        protocol: Some(protocol.into()),
        address: peer.map(text),
        ..Args::default()
    };
    [
        at.line("M", "thread_name", named(name.into())),
        at.socket(format::OPENED, args),
    ]
}

pub(super) fn listening(at: At, local: SocketAddr) -> Line<'static> {
    let args = Args {
        address: Some(text(local)),
        ..Args::default()
    };
    at.socket(format::LISTENING, args)
}

pub(super) fn closed(at: At, sent: u64, received: u64) -> Line<'static> {
    let args = Args {
        sent: Some(sent),
        received: Some(received),
        ..Args::default()
    };
    at.socket(format::CLOSED, args)
}

pub(super) fn submitted(at: At, submission: &Submission) -> Line<'static> {
    let args = Args {
        bytes: Some(submission.bytes),
        address: submission.address.map(text),
        thread: submission.thread,
        ..Args::default()
    };
    at.operation("b", submission.kind.as_str(), submission.operation, args)
}

/// What is said of bytes that a system call took.
pub(super) fn moved(bytes: u64, call: u64) -> Args<'static> {
    Args {
        bytes: Some(bytes),
        call: Some(call),
        ..Args::default()
    }
}

/// What is said of an end.
pub(super) fn ended(bytes: u64, error: Option<TransportError>) -> Args<'static> {
    let error = error.map(code);
    Args {
        bytes: Some(bytes),
        code: error.map(|error| error.number()),
        error: error.map(|error| error.name().into()),
        ..Args::default()
    }
}

pub(super) fn denied(at: At, denied: &Denied) -> Line<'_> {
    let args = Args {
        usage: Some(denied.usage.into()),
        address: denied.address.map(text),
        name: denied.name.as_deref().map(Cow::Borrowed),
        reason: Some(denied.reason.into()),
        verdict: Some(denied.verdict.into()),
        ..Args::default()
    };
    at.refusal(format::DENIED, args)
}

pub(super) fn refused(at: At, quota: &'static str, scope: &'static str) -> Line<'static> {
    let args = Args {
        quota: Some(quota.into()),
        scope: Some(scope.into()),
        ..Args::default()
    };
    at.refusal(format::REFUSED, args)
}

fn named(name: Cow<'_, str>) -> Args<'_> {
    Args {
        name: Some(name),
        ..Args::default()
    }
}

fn text(address: SocketAddr) -> Cow<'static, str> {
    address.to_string().into()
}
