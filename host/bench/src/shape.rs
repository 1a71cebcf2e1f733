//! What is measured: who sends, where to, and in what shape.

use serde::Serialize;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Path {
    /// `sendmsg` on a blocking socket, with the same gather.
    Native,
    /// A tokio socket with `write_vectored`.
    Tokio,
    /// A program that uses wasi:sockets 0.2.
    #[serde(rename = "wasi-0.2")]
    Wasi02,
    /// A program that uses wasi:sockets 0.3.
    #[serde(rename = "wasi-0.3")]
    Wasi03,
    /// A portable program, on the host that those of wasi:sockets have.
    Portable,
    /// A program, through the provider component.
    Program,
    /// An embedder, through the provider component.
    Embedder,
    /// An embedder with native semantics.
    EmbedderNative,
}

impl Path {
    pub(crate) const ALL: [Path; 8] = [
        Path::Native,
        Path::Tokio,
        Path::Wasi02,
        Path::Wasi03,
        Path::Portable,
        Path::Program,
        Path::Embedder,
        Path::EmbedderNative,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Path::Native => "native",
            Path::Tokio => "tokio",
            Path::Wasi02 => "wasi 0.2",
            Path::Wasi03 => "wasi 0.3",
            Path::Portable => "wsp portable",
            Path::Program => "wsp program",
            Path::Embedder => "wsp embedder",
            Path::EmbedderNative => "wsp native embedder",
        }
    }

    /// Its name as an argument of the command, and in JSON.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Path::Native => "native",
            Path::Tokio => "tokio",
            Path::Wasi02 => "wasi-0.2",
            Path::Wasi03 => "wasi-0.3",
            Path::Portable => "portable",
            Path::Program => "program",
            Path::Embedder => "embedder",
            Path::EmbedderNative => "embedder-native",
        }
    }

    /// Whether it can send that: the comparison is only ever between equals.
    pub(crate) fn can(self, shape: &Shape) -> bool {
        let overlapped = shape.outstanding > 0;
        match self {
            Path::Native => shape.sink != Sink::Null && !overlapped,
            // A datagram of tokio's is one buffer.
            Path::Tokio => {
                shape.sink != Sink::Null
                    && !overlapped
                    && (shape.sink != Sink::Udp || shape.parts == 1)
            }
            // wasi:sockets has no TCP_NODELAY.
            Path::Wasi02 | Path::Wasi03 | Path::Portable => {
                shape.sink != Sink::Null
                    && !overlapped
                    && !shape.no_delay
                    && (shape.sink != Sink::Udp || shape.parts == 1)
            }
            Path::Program => true,
            // An embedder describes its buffers for every send.
            Path::Embedder | Path::EmbedderNative => {
                shape.notify != Indication::Poll && !shape.fresh
            }
        }
    }
}

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sink {
    /// A connected stream of which the host discards what is sent, in place of
    /// the system call: the cost of the software alone.
    Null,
    /// A stream to a thread that reads, and stays awake where it has a core to itself.
    Tcp,
    /// A stream to a thread that reads, and sleeps as long as there is nothing.
    TcpSleeping,
    /// Datagrams to a thread that reads.
    Udp,
}

impl Sink {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Sink::Null => "null",
            Sink::Tcp => "tcp",
            Sink::TcpSleeping => "tcp-sleeping",
            Sink::Udp => "udp",
        }
    }
}

/// How an overlapped send says that it has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Indication {
    Event,
    Routine,
    Poll,
}

impl Indication {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Indication::Event => "event",
            Indication::Routine => "routine",
            Indication::Poll => "poll",
        }
    }
}

/// In what shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Shape {
    pub(crate) sink: Sink,
    /// Bytes of one send.
    pub(crate) bytes: usize,
    /// The parts that they are in, of the same length each.
    pub(crate) parts: usize,
    /// Overlapped sends at once; 0 for sends that block.
    pub(crate) outstanding: usize,
    pub(crate) notify: Indication,
    /// TCP_NODELAY.
    pub(crate) no_delay: bool,
    /// Every send sends other buffers than the one before it.
    pub(crate) fresh: bool,
    /// Every send is answered, and the answer waited for.
    pub(crate) reply: bool,
    /// Overlapped sends never wait for others to go out with.
    pub(crate) one_by_one: bool,
}

impl Shape {
    /// Blocking sends of one part.
    pub(crate) fn blocking(sink: Sink, bytes: usize) -> Shape {
        Shape {
            sink,
            bytes,
            parts: 1,
            outstanding: 0,
            notify: Indication::Event,
            no_delay: false,
            fresh: false,
            reply: false,
            one_by_one: false,
        }
    }

    /// The blocking sends that it is compared with.
    pub(crate) fn base(self) -> Shape {
        Shape {
            outstanding: 0,
            notify: Indication::Event,
            fresh: false,
            ..self
        }
    }

    pub(crate) fn in_parts(self, parts: usize) -> Shape {
        Shape { parts, ..self }
    }

    pub(crate) fn no_delay(self) -> Shape {
        Shape {
            no_delay: true,
            ..self
        }
    }

    pub(crate) fn with_reply(self) -> Shape {
        Shape {
            reply: true,
            ..self
        }
    }

    pub(crate) fn one_by_one(self) -> Shape {
        Shape {
            one_by_one: true,
            ..self
        }
    }

    pub(crate) fn fresh(self) -> Shape {
        Shape {
            fresh: true,
            ..self
        }
    }

    pub(crate) fn overlapped(self, outstanding: usize, notify: Indication) -> Shape {
        Shape {
            outstanding,
            notify,
            ..self
        }
    }

    /// The lengths of its parts.
    pub(crate) fn part_length(&self) -> usize {
        (self.bytes / self.parts).max(1)
    }
}
