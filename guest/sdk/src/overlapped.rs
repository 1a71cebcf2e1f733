//! WSAOVERLAPPED.

use std::net::SocketAddr;

use wsp_core::{WSS_OPERATION_IN_PROGRESS, WsaError};

use crate::{
    Event,
    bindings::winsock::spi::{
        provider::{self, OverlappedStatus, Transfer},
        tickets,
        types::MessageFlags,
    },
};

/// WSAOVERLAPPED: one for each outstanding operation. It may be used again when
/// its operation has ended. Dropping it leaves the operation alone, which still
/// sets its event or queues its routine.
#[derive(Debug)]
pub struct Overlapped {
    raw: provider::Overlapped,
    /// What a send names it by.
    number: u64,
}

impl Overlapped {
    /// Without an event: for operations that are polled or end in a routine.
    #[must_use]
    pub fn new() -> Overlapped {
        Overlapped::of(provider::Overlapped::new(None))
    }

    /// With `event` as its `hEvent`, which is reset when an operation starts and
    /// set when it has completed.
    #[must_use]
    pub fn with_event(event: &Event) -> Overlapped {
        Overlapped::of(provider::Overlapped::new(Some(event.raw())))
    }

    fn of(raw: provider::Overlapped) -> Overlapped {
        let number = tickets::overlapped_number(&raw);
        Overlapped { raw, number }
    }

    /// Whether its operation is still in progress.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.raw.in_progress()
    }

    /// `Internal`, `InternalHigh`, `Offset` and `OffsetHigh`.
    #[must_use]
    pub fn status(&self) -> OverlappedStatus {
        self.raw.status()
    }

    /// How its latest operation ended, from the status fields.
    pub(crate) fn outcome(&self) -> Result<Transfer, WsaError> {
        let status = self.status();
        if status.internal == WSS_OPERATION_IN_PROGRESS {
            return Err(WsaError::IoIncomplete);
        }
        match WsaError::from_number(status.offset_high) {
            Some(error) => Err(error),
            None => Ok(Transfer {
                bytes: status.internal_high,
                flags: MessageFlags::empty(),
            }),
        }
    }

    /// Where the datagram of a finished receive-from came from.
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        self.raw.source().map(SocketAddr::from)
    }

    pub(crate) fn raw(&self) -> &provider::Overlapped {
        &self.raw
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Default for Overlapped {
    fn default() -> Overlapped {
        Overlapped::new()
    }
}

/// How an overlapped operation began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// It is done already, with this many bytes. The event is set or the routine queued all the same.
    Done(u32),
    /// `WSA_IO_PENDING`: it goes on by itself.
    Pending,
}
