//! What happens when an operation ends. The host only queues what has finished; nothing here
//! happens until a call of the program runs `pump`. It is the one place that completes
//! overlapped structures, sets events and queues routines.

use core::mem;

use slotmap::SlotMap;

use crate::{
    Finished, MessageFlags, OverlappedId, Provider, RoutineCall, SocketId, Transport,
    TransportError, WsaError,
    operation::{Notification, OperationId, Purpose},
    outcome::Outcome,
    overlapped::OverlappedState,
    size::count,
    socket::{Socket, State, StreamState, lost_connection},
};

impl<T: Transport> Provider<T> {
    /// Takes what the transport finished, brings every overlapped structure,
    /// event and routine up to date, and returns how many operations were taken
    /// so far. Never waits.
    pub fn pump(&mut self) -> u64 {
        self.posted = None;
        let mut finished = mem::take(&mut self.finished);
        self.transport.take_finished(&mut finished);
        for end in finished.drain(..) {
            self.taken = self.taken.wrapping_add(1);
            self.operation_ended(end);
        }
        self.finished = finished;
        self.taken
    }

    /// [`Provider::pump`], skipped when nothing can have finished.
    pub(crate) fn pump_outstanding(&mut self) {
        self.posted = None;
        if !self.operations.is_empty() {
            self.pump();
        }
    }

    /// The client has looked at what was known already. If others are outstanding, it may be
    /// about to post the next one of many, and the transport need not hear of it.
    pub(crate) fn looked_at_known(&mut self) {
        if self.operations.is_empty() {
            self.posted = None;
        }
    }

    fn operation_ended(&mut self, end: Finished) {
        let id = OperationId::from_number(end.operation);
        if let Some(end) = self.transport_ended(id, end) {
            self.end_operation(id, end);
        }
    }

    /// Ends an operation that the transport is done with.
    fn end_operation(&mut self, id: OperationId, end: Finished) {
        let Some(socket) = self.operations.get(id).map(|operation| operation.socket) else {
            return;
        };
        self.note_change(socket);
        let Some(operation) = self.operations.get_mut(id) else {
            return;
        };
        if let Purpose::Blocking(outcome) = &mut operation.purpose {
            // The waiting call maps the error, because it knows what it asked for.
            outcome.get_or_insert(Outcome {
                error: end
                    .error
                    .map(|error| transfer_error(&mut self.sockets, socket, error)),
                ..outcome_of(&end)
            });
            return;
        }
        let Some(operation) = self.operations.remove(id) else {
            return;
        };
        match operation.purpose {
            Purpose::Overlapped {
                overlapped,
                notification,
            } => {
                let outcome = Outcome {
                    error: end
                        .error
                        .map(|error| transfer_error(&mut self.sockets, socket, error)),
                    ..outcome_of(&end)
                };
                self.complete_pending(socket, id, overlapped, notification, outcome);
            }
            Purpose::Connect => self.connect_ended(socket, end.error),
            Purpose::KeptAside { .. } => {
                if let Some(error) = end.error {
                    transfer_error(&mut self.sockets, socket, error);
                }
                // The socket may keep a later one aside by now.
                if let Some(socket) = self.sockets.get_mut(socket)
                    && socket.kept_aside == Some(id)
                {
                    socket.kept_aside = None;
                }
                // Closes what was left of a closed socket.
                self.draining.remove(&id);
            }
            Purpose::Watch(watched) => {
                if let Some(socket) = self.sockets.get_mut(socket) {
                    *socket.watches.of(watched) = None;
                }
                self.record_network_events(socket);
            }
            Purpose::Blocking(_) | Purpose::Over => {}
        }
    }

    pub(crate) fn connect_ended(&mut self, s: SocketId, error: Option<TransportError>) {
        let Some(socket) = self.sockets.get_mut(s) else {
            return;
        };
        let State::Stream(StreamState::Connecting { was_bound, .. }) = socket.state else {
            return;
        };
        if let Some(error) = error {
            socket.state = State::Stream(if was_bound {
                StreamState::Bound
            } else {
                StreamState::Fresh
            });
            socket.attempt_failed = true;
            socket.connect_error = Some(error.into());
        } else {
            socket.connected(self.transport.now());
        }
        self.record_connect(s, error.map(Into::into));
    }

    /// Ends a pending overlapped operation: fields first, then the one notification.
    pub(crate) fn complete_pending(
        &mut self,
        socket: SocketId,
        id: OperationId,
        overlapped: OverlappedId,
        notification: Notification,
        outcome: Outcome,
    ) {
        if let Some(overlapped) = self.overlapped.get_mut(overlapped)
            && matches!(overlapped.state, OverlappedState::InProgress { operation, .. } if operation == id)
        {
            overlapped.state = OverlappedState::Done(outcome);
        }
        self.notify(socket, notification, outcome);
    }

    /// Accepts an overlapped operation that the transport keeps: the event is
    /// reset here and nowhere else.
    pub(crate) fn accept_pending(
        &mut self,
        id: OperationId,
        overlapped: OverlappedId,
        notification: Notification,
    ) {
        if let Notification::Event(event) = notification {
            self.reset_event(event);
        }
        if let Some(overlapped) = self.overlapped.get_mut(overlapped) {
            overlapped.state = OverlappedState::InProgress {
                operation: id,
                notification,
            };
        }
    }

    /// Accepts an overlapped operation that is done already: it notifies all the
    /// same, before the call returns (WSPSend, Return Values).
    pub(crate) fn complete_at_once(
        &mut self,
        socket: SocketId,
        overlapped: OverlappedId,
        notification: Notification,
        outcome: Outcome,
    ) {
        if let Some(overlapped) = self.overlapped.get_mut(overlapped) {
            overlapped.state = OverlappedState::Done(outcome);
        }
        self.notify(socket, notification, outcome);
    }

    fn notify(&mut self, socket: SocketId, notification: Notification, outcome: Outcome) {
        match notification {
            Notification::None => {}
            Notification::Event(event) => self.set_event(event),
            Notification::Routine { thread, context } => self.queue_routine(
                thread,
                RoutineCall {
                    socket,
                    error: outcome.error,
                    transferred: outcome.transferred,
                    flags: outcome.flags,
                    context,
                },
            ),
        }
    }

    pub(crate) fn cancel_operation(&mut self, operation: OperationId) {
        if let Some(socket) = self.operations.get(operation).map(|o| o.socket)
            && let Some(socket) = self.sockets.get(socket)
        {
            self.transport
                .cancel(&socket.endpoint, operation.to_number());
        }
    }

    /// CancelIoEx: ends the pending overlapped operation of `overlapped`, or
    /// every one of the socket's, with `WSA_OPERATION_ABORTED`. Returns how many.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn cancel_io_ex(
        &mut self,
        s: SocketId,
        overlapped: Option<OverlappedId>,
    ) -> Result<u32, WsaError> {
        self.open_socket(s)?;
        self.pump_outstanding();
        let operations = self.operations.newest_first(s, |_, purpose| match purpose {
            Purpose::Overlapped { overlapped: of, .. } => {
                overlapped.is_none_or(|wanted| wanted == *of)
            }
            _ => false,
        });
        for operation in &operations {
            self.cancel_operation(*operation);
        }
        self.pump();
        Ok(u32::try_from(operations.len()).unwrap_or(u32::MAX))
    }
}

fn outcome_of(end: &Finished) -> Outcome {
    Outcome {
        error: None,
        transferred: count(end.bytes),
        flags: match end.error {
            Some(TransportError::MessageTooLarge) => MessageFlags::PARTIAL,
            _ => MessageFlags::empty(),
        },
        source: end.source,
    }
}

fn transfer_error<E>(
    sockets: &mut SlotMap<SocketId, Socket<E>>,
    socket: SocketId,
    error: TransportError,
) -> WsaError {
    match sockets.get_mut(socket) {
        Some(socket) => socket.transfer_error(error),
        // The connection was lost before its socket was closed, and is taken only now.
        None => lost_connection(error).unwrap_or_else(|| error.into()),
    }
}
