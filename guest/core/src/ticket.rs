//! What a send is allowed to do, and what became of it.
//!
//! Between the two only the transport handles the send: the payload goes there, from
//! wherever it lies, and nowhere else.

use core::net::SocketAddr;

use crate::{
    EventId, OverlappedId, Provider, SendFlags, Transport, TransportError,
    operation::{Notification, OperationId},
    overlapped::OverlappedState,
};

/// A send that the checks have allowed. [`Provider::end_send`](crate::Provider::end_send)
/// must be told its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Ticket {
    /// The number that the transport reports the send by if it is pending; 0 for a send
    /// that cannot be.
    pub operation: u64,
    /// How to send.
    pub flags: SendFlags,
    /// Where a datagram goes; `None` sends to the peer.
    pub to: Option<SocketAddr>,
    /// What becomes of the bytes that cannot be sent at once.
    pub rest: Rest,
    /// Whether a send that is done needs no [`Provider::end_send`](crate::Provider::end_send):
    /// its answer is the number of bytes.
    pub silent: bool,
    /// Whether it is overlapped and follows another such send on the socket, without a look of
    /// the client's in between: the transport may keep it until there is one.
    pub follows: bool,
    /// Whether a send that is pending needs no [`Provider::end_send`](crate::Provider::end_send):
    /// it counts as accepted already, and its answer is `WSA_IO_PENDING`.
    pub accepted: bool,
}

/// What an operation that was accepted with its ticket has changed, to be taken back if
/// the transport refuses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    pub(crate) operation: OperationId,
    overlapped: OverlappedId,
    state: OverlappedState,
    /// The event, and whether it was signalled.
    event: Option<(EventId, bool)>,
}

impl<T: Transport> Provider<T> {
    /// Accepts an operation before the transport has it.
    pub(crate) fn accept_ahead(
        &mut self,
        operation: OperationId,
        overlapped: OverlappedId,
        notification: Notification,
    ) {
        let state = self.overlapped.get(overlapped).map(|found| found.state);
        let event = match notification {
            Notification::Event(event) => Some((event, self.signalled(event))),
            Notification::None | Notification::Routine { .. } => None,
        };
        self.ahead = state.map(|state| Ahead {
            operation,
            overlapped,
            state,
            event,
        });
        self.accept_pending(operation, overlapped, notification);
    }

    /// Takes back what accepting the operation has changed.
    pub(crate) fn withdraw(&mut self, ahead: Ahead) {
        if let Some(overlapped) = self.overlapped.get_mut(ahead.overlapped) {
            overlapped.state = ahead.state;
        }
        if let Some((event, true)) = ahead.event {
            self.set_event(event);
        }
    }
}

/// What becomes of the bytes of a send that the transport does not take at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They are not sent.
    Refused,
    /// The transport keeps them and goes on by itself.
    Captured,
    /// The caller waits for them, at most as long as
    /// [`Provider::send_timeout`](crate::Provider::send_timeout) says.
    Awaited,
}

/// What became of the bytes of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// This many bytes are sent, and nothing more will be.
    Done(u64),
    /// The transport goes on with it, and reports its end exactly once.
    Pending,
    /// This many bytes are sent, and the caller could not wait for the others.
    Blocked(u64),
    /// The time that the caller may wait ran out.
    TimedOut,
    /// Why the transport could not send.
    Failed(TransportError),
}
