//! What is counted, and how much of it a unit is.

use super::QuotaKind;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counted {
    Sockets,
    Operations,
    PendingBytes,
    PayloadBytes,
}

impl Counted {
    pub(super) fn kind(self) -> QuotaKind {
        match self {
            Counted::Sockets => QuotaKind::Sockets,
            Counted::Operations => QuotaKind::Operations,
            Counted::PendingBytes => QuotaKind::PendingBytes,
            Counted::PayloadBytes => QuotaKind::PayloadBytes,
        }
    }
}

/// What a permit stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A socket.
    Socket,
    /// An operation that holds no bytes: a watch, or one that has finished.
    Operation,
    /// A send that holds this many bytes of its own.
    Send(usize),
    /// A receive into a buffer of this capacity in bytes, which has a permit for its memory.
    Receive(usize),
    /// Payload memory, in bytes.
    Payload(usize),
}

/// How much was taken of everything that is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amounts {
    sockets: usize,
    operations: usize,
    pending_bytes: usize,
    payload_bytes: usize,
}

impl From<Part> for Amounts {
    fn from(part: Part) -> Amounts {
        let nothing = Amounts::default();
        let operation = Amounts {
            operations: 1,
            ..nothing
        };
        match part {
            Part::Socket => Amounts {
                sockets: 1,
                ..nothing
            },
            Part::Operation => operation,
            Part::Send(bytes) => Amounts {
                pending_bytes: bytes,
                payload_bytes: bytes,
                ..operation
            },
            Part::Receive(bytes) => Amounts {
                pending_bytes: bytes,
                ..operation
            },
            Part::Payload(bytes) => Amounts {
                payload_bytes: bytes,
                ..nothing
            },
        }
    }
}

impl Amounts {
    /// Those that are not 0.
    pub(super) fn each(self) -> impl Iterator<Item = (Counted, usize)> {
        [
            (Counted::Sockets, self.sockets),
            (Counted::Operations, self.operations),
            (Counted::PendingBytes, self.pending_bytes),
            (Counted::PayloadBytes, self.payload_bytes),
        ]
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
    }

    /// Takes away the bytes that an operation holds.
    pub(super) fn take_bytes_of_operation(&mut self) -> Amounts {
        if self.operations == 0 {
            return Amounts::default();
        }
        Amounts {
            pending_bytes: std::mem::take(&mut self.pending_bytes),
            payload_bytes: std::mem::take(&mut self.payload_bytes),
            ..Amounts::default()
        }
    }
}
