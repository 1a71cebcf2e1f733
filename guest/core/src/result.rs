//! WSPGetOverlappedResult.

use crate::{
    MessageFlags, OverlappedId, Provider, SocketId, Transport, WaitOutcome, WsaError,
    operation::Notification, overlapped::OverlappedState,
};

/// What a finished operation transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes.
    pub bytes: u32,
    /// Empty for sends.
    pub flags: MessageFlags,
}

impl<T: Transport> Provider<T> {
    /// WSPGetOverlappedResult: the result of the latest operation of
    /// `overlapped`; with `wait` it blocks until there is one, running no
    /// completion routine meanwhile.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`, also after the socket was closed; `WSA_IO_INCOMPLETE`
    /// while in progress without `wait`; `WSAEINVAL` for `wait` on an operation
    /// with a routine; `WSA_INVALID_HANDLE` for `wait` without a usable event;
    /// `WSAEWOULDBLOCK` where the transport never blocks; or the operation's own error.
    pub fn get_overlapped_result(
        &mut self,
        s: SocketId,
        overlapped: OverlappedId,
        wait: bool,
    ) -> Result<Transfer, WsaError> {
        loop {
            self.open_socket(s)?;
            let state = self.overlapped_state(overlapped);
            let notification = match state {
                OverlappedState::Unused => {
                    return Ok(Transfer {
                        bytes: 0,
                        flags: MessageFlags::empty(),
                    });
                }
                OverlappedState::Done(outcome) => {
                    return match outcome.error {
                        Some(error) => Err(error),
                        None => Ok(Transfer {
                            bytes: outcome.transferred,
                            flags: outcome.flags,
                        }),
                    };
                }
                OverlappedState::InProgress { notification, .. } => notification,
            };
            match notification {
                _ if !wait => return Err(WsaError::IoIncomplete),
                Notification::Routine { .. } => return Err(WsaError::Inval),
                Notification::Event(event) if self.events.contains_key(event) => {}
                Notification::Event(_) | Notification::None => return Err(WsaError::InvalidHandle),
            }
            // The result is what counts, not the event: someone else may set it.
            if self.transport.wait_finished(None) == WaitOutcome::CannotBlock {
                return Err(WsaError::WouldBlock);
            }
        }
    }
}
