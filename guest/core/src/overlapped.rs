//! WSAOVERLAPPED and its life.

use core::net::SocketAddr;

use crate::numbered::numbered;
use crate::{
    EventId, Provider, Transport, WsaError,
    operation::{Notification, OperationId},
    outcome::Outcome,
};

/// `WSS_OPERATION_IN_PROGRESS`: the one value of `Internal` that a client may test for.
pub const WSS_OPERATION_IN_PROGRESS: u32 = 0x103;

numbered! {
    /// Names an overlapped structure of a provider.
    OverlappedId
}

/// One WSAOVERLAPPED.
#[derive(Debug)]
pub(crate) struct Overlapped {
    /// `hEvent`. It may name an event that was dropped: then nothing is signalled.
    pub(crate) event: Option<EventId>,
    pub(crate) state: OverlappedState,
}

/// Where the structure's latest operation stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OverlappedState {
    /// Never used. → `InProgress` or `Done` when an operation is accepted.
    Unused,
    /// The operation is pending. → `Done` when it ends; → `InProgress` of
    /// another operation when the client wrongly uses the structure twice, and
    /// then the older operation still notifies, but no longer writes here.
    InProgress {
        operation: OperationId,
        notification: Notification,
    },
    /// The operation has ended. → `InProgress` or `Done` when the structure is used again.
    Done(Outcome),
}

/// The status fields of WSAOVERLAPPED, as a provider without installable
/// file-system handles keeps them (WSPGetOverlappedResult).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverlappedStatus {
    /// [`WSS_OPERATION_IN_PROGRESS`] while in progress, 0 else.
    pub internal: u32,
    /// Bytes transferred.
    pub internal_high: u32,
    /// Flags of the finished operation; 0 for sends.
    pub offset: u32,
    /// Winsock error number of the finished operation; 0 for success.
    pub offset_high: u32,
}

impl<T: Transport> Provider<T> {
    /// A new WSAOVERLAPPED with `event` as its `hEvent`.
    pub fn create_overlapped(&mut self, event: Option<EventId>) -> OverlappedId {
        self.overlapped.insert(Overlapped {
            event,
            state: OverlappedState::Unused,
        })
    }

    /// Forgets a WSAOVERLAPPED. An operation that is still pending goes on, and
    /// sets its event or queues its routine all the same.
    pub fn drop_overlapped(&mut self, overlapped: OverlappedId) {
        self.overlapped.remove(overlapped);
    }

    /// Whether the latest operation is in progress, after taking what has finished.
    pub fn overlapped_in_progress(&mut self, overlapped: OverlappedId) -> bool {
        self.overlapped_status(overlapped).internal == WSS_OPERATION_IN_PROGRESS
    }

    /// How its latest operation stands. What has finished is taken first only if it is in
    /// progress: to ask for what is known already is no look at the transport.
    pub(crate) fn overlapped_state(&mut self, overlapped: OverlappedId) -> OverlappedState {
        let state = |provider: &Self| {
            let overlapped = provider.overlapped.get(overlapped);
            overlapped.map_or(OverlappedState::Unused, |overlapped| overlapped.state)
        };
        match state(self) {
            OverlappedState::InProgress { .. } => self.pump_outstanding(),
            OverlappedState::Unused | OverlappedState::Done(_) => self.looked_at_known(),
        }
        state(self)
    }

    /// The status fields, after taking what has finished; all 0 for a structure
    /// that was never used.
    pub fn overlapped_status(&mut self, overlapped: OverlappedId) -> OverlappedStatus {
        match self.overlapped_state(overlapped) {
            OverlappedState::Unused => OverlappedStatus::default(),
            OverlappedState::InProgress { .. } => OverlappedStatus {
                internal: WSS_OPERATION_IN_PROGRESS,
                ..OverlappedStatus::default()
            },
            OverlappedState::Done(outcome) => OverlappedStatus {
                internal: 0,
                internal_high: outcome.transferred,
                offset: outcome.flags.bits(),
                offset_high: outcome.error.map_or(0, WsaError::number),
            },
        }
    }

    /// Where the datagram of a finished receive came from.
    pub fn overlapped_source(&mut self, overlapped: OverlappedId) -> Option<SocketAddr> {
        match self.overlapped_state(overlapped) {
            OverlappedState::Done(outcome) => outcome.source,
            OverlappedState::Unused | OverlappedState::InProgress { .. } => None,
        }
    }
}
