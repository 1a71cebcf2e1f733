//! A connection and its two ends.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use wsp_transport::TransportError;

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Who made the attempt.
    Client,
    /// Who listened.
    Server,
}

impl Side {
    pub(crate) fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// A connection, or an attempt.
#[derive(Debug)]
pub(crate) struct Connection {
    client: End,
    server: End,
    /// It takes no time within a host.
    pub(crate) is_local: bool,
    /// Nothing comes through any more.
    pub(crate) is_lost: bool,
    /// Bytes that have arrived, in both directions.
    pub(crate) arrived: u64,
    /// After how many of them it is reset.
    pub(crate) reset_after: Option<u64>,
    /// After how many of them it is lost.
    pub(crate) lost_after: Option<u64>,
    /// Whose backlog it is in.
    pub(crate) listener: Option<u64>,
}

impl Connection {
    pub(crate) fn new(client: End, server: End, is_local: bool) -> Connection {
        Connection {
            client,
            server,
            is_local,
            is_lost: false,
            arrived: 0,
            reset_after: None,
            lost_after: None,
            listener: None,
        }
    }

    pub(crate) fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    pub(crate) fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Whether nobody has anything of it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.client.is_over() && self.server.is_over()
    }
}

/// One end of a connection: its system's side of it.
#[derive(Debug)]
pub(crate) struct End {
    /// The socket that has it; none before it is accepted, and after it is closed.
    pub(crate) socket: Option<u64>,
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) is_established: bool,
    /// No program will ever have it again.
    pub(crate) is_closed: bool,
    /// The connection has failed here.
    pub(crate) is_dead: bool,
    /// How, if nobody has been told.
    pub(crate) error: Option<TransportError>,
    pub(crate) out: Outgoing,
    pub(crate) inbox: Inbox,
}

/// What an end sends.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// What is not acknowledged.
    pub(crate) bytes: VecDeque<u8>,
    /// How many of the first are on their way.
    pub(crate) in_flight: usize,
    pub(crate) capacity: usize,
    /// How many bytes came before the first one.
    pub(crate) acknowledged: u64,
    /// Behind which byte of the stream, counted from its beginning, urgent data ends.
    pub(crate) urgent: Option<u64>,
    /// The direction ends behind the last byte.
    pub(crate) ends: bool,
    /// Its end is on its way.
    pub(crate) end_sent: bool,
    /// When what was sent last arrives: nothing overtakes it.
    pub(crate) arrives: Duration,
    /// After which byte it stands still, and how long.
    pub(crate) stall: Option<(u64, Duration)>,
    /// Until when it stands still.
    pub(crate) stands_until: Duration,
    /// Whether it is known when it gives up.
    pub(crate) gives_up: bool,
}

/// What an end has received.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) bytes: VecDeque<u8>,
    pub(crate) capacity: usize,
    pub(crate) urgent: Option<u8>,
    /// Whether urgent data stay in line.
    pub(crate) urgent_in_line: bool,
    /// Nothing comes behind it.
    pub(crate) ended: bool,
    /// The program has ended it.
    pub(crate) shut: bool,
}

impl End {
    pub(crate) fn new(
        socket: Option<u64>,
        (local, peer): (SocketAddr, SocketAddr),
        (send, receive): (usize, usize),
    ) -> End {
        End {
            socket,
            local,
            peer,
            is_established: false,
            is_closed: false,
            is_dead: false,
            error: None,
            out: Outgoing {
                bytes: VecDeque::new(),
                in_flight: 0,
                capacity: send,
                acknowledged: 0,
                urgent: None,
                ends: false,
                end_sent: false,
                arrives: Duration::ZERO,
                stall: None,
                stands_until: Duration::ZERO,
                gives_up: false,
            },
            inbox: Inbox {
                bytes: VecDeque::new(),
                capacity: receive,
                urgent: None,
                urgent_in_line: false,
                ended: false,
                shut: false,
            },
        }
    }

    /// The connection has failed here.
    pub(crate) fn fails(&mut self, error: TransportError) {
        self.is_dead = true;
        self.error.get_or_insert(error);
        self.out.bytes.clear();
        self.out.in_flight = 0;
        self.out.urgent = None;
    }

    /// Room for what is sent.
    pub(crate) fn room(&self) -> usize {
        self.out.capacity.saturating_sub(self.out.bytes.len())
    }

    /// Whether nothing of it is left to do.
    fn is_over(&self) -> bool {
        self.is_closed && (self.is_dead || self.out.bytes.is_empty() && self.out.end_sent)
    }
}

impl Outgoing {
    /// How many bytes have not been sent.
    pub(crate) fn unsent(&self) -> usize {
        self.bytes.len().saturating_sub(self.in_flight)
    }

    /// How many bytes of the stream have been sent, from its beginning on.
    pub(crate) fn sent(&self) -> u64 {
        self.acknowledged + self.in_flight as u64
    }
}
