//! AcceptEx: an accept that is an overlapped operation.
//!
//! For each of them the transport watches the listening socket. Whichever watch ends, the
//! oldest operation gets the connection, and those that got none are watched for again.

use core::mem;

use crate::{
    EndpointOption, Finished, Interest, Linger, NetworkEvents, OverlappedId, Provider, SocketId,
    Started, Transport, TransportError, WsaError,
    operation::{Accepting, Notification, OperationId, Purpose, Work},
    outcome::Outcome,
    overlapped::OverlappedState,
    socket::{State, StreamState},
    submit::Submitted,
};

/// Options that a socket keeps if a connection becomes its endpoint, as far as the provider
/// does not remember them itself.
const KEPT: [EndpointOption; 3] = [
    EndpointOption::KeepAlive,
    EndpointOption::NoDelay,
    EndpointOption::OobInline,
];

impl<T: Transport> Provider<T> {
    /// AcceptEx: takes the next connection of `listener` as the socket `into`, which keeps
    /// its own attributes. With `first_bytes` the operation ends when there is something to
    /// receive, or the end of the stream.
    ///
    /// # Errors
    ///
    /// `WSA_IO_PENDING`, which is no failure, whenever it was started, even if it has ended
    /// by then. `WSAENOTSOCK`, of either socket; `WSAEOPNOTSUPP` for a datagram socket that
    /// should listen; `WSAEINVAL` if `listener` does not listen, or `into` is of another
    /// type or family, bound, connected, or waiting for a connection already; `WSAEFAULT`
    /// for an overlapped structure that does not exist; `WSAEWOULDBLOCK` if there are too
    /// many operations.
    pub fn accept_ex(
        &mut self,
        listener: SocketId,
        into: SocketId,
        first_bytes: bool,
        overlapped: OverlappedId,
    ) -> Result<(), WsaError> {
        self.pump_outstanding();
        let socket = self.open_socket(listener)?;
        let target = self.open_socket(into)?;
        match socket.state {
            State::Datagram { .. } => return Err(WsaError::OpNotSupp),
            State::Stream(StreamState::Listening) => {}
            State::Stream(_) => return Err(WsaError::Inval),
        }
        if target.state != State::Stream(StreamState::Fresh) || target.family != socket.family {
            return Err(WsaError::Inval);
        }
        let notification = self.event_notification(overlapped)?;
        let purpose = Purpose::Overlapped {
            overlapped,
            notification,
        };
        let watched = self.submit(listener, purpose, |transport, endpoint, number| {
            transport.start_watch(endpoint, Interest::Readable, number)
        });
        let Submitted::Pending(id) = watched? else {
            // A watch moves nothing, and is always pending.
            return Err(WsaError::SyscallFailure);
        };
        if let Some(operation) = self.operations.get_mut(id) {
            operation.work = Work::Accepts(Accepting {
                into,
                first_bytes,
                watching: true,
            });
        }
        self.open_socket_mut(into)?.state = State::Stream(StreamState::Accepting { operation: id });
        self.open_socket_mut(listener)?.accepting.push_back(id);
        self.accept_pending(id, overlapped, notification);
        self.take_connections(listener);
        Err(WsaError::IoPending)
    }

    /// Who is told of the end of an operation that has no routine.
    pub(crate) fn event_notification(
        &self,
        overlapped: OverlappedId,
    ) -> Result<Notification, WsaError> {
        let overlapped = self.overlapped.get(overlapped).ok_or(WsaError::Fault)?;
        Ok(overlapped
            .event
            .map_or(Notification::None, Notification::Event))
    }

    /// Gives the connections that wait to the operations that wait for them.
    fn take_connections(&mut self, listener: SocketId) {
        while let Some(socket) = self.sockets.get_mut(listener)
            && let Some(id) = socket.accepting.front().copied()
        {
            let taken = match self.transport.accept(&socket.endpoint) {
                Err(TransportError::WouldBlock) => return,
                Ok((endpoint, _)) => Ok(endpoint),
                Err(error) => Err(error),
            };
            socket.accepting.pop_front();
            self.enable_network_events(listener, NetworkEvents::ACCEPT);
            self.end_accept(id, taken);
        }
    }

    /// Ends an accept operation, which is in no queue any more, with its connection.
    fn end_accept(&mut self, id: OperationId, taken: Result<T::Endpoint, TransportError>) {
        let Some(operation) = self.operations.get_mut(id) else {
            return;
        };
        let Work::Accepts(accepting) = operation.work else {
            return;
        };
        let listener = operation.socket;
        let purpose = mem::replace(&mut operation.purpose, Purpose::Over);
        if accepting.watching {
            // Its waiter relies on the transport still reporting it.
            operation.work = Work::Any;
            self.cancel_operation(id);
        } else {
            self.operations.remove(id);
        }
        let Purpose::Overlapped {
            overlapped,
            notification,
        } = purpose
        else {
            return;
        };
        let connected = taken.map(|endpoint| self.becomes(accepting.into, endpoint));
        let outcome = match connected {
            Ok(()) if accepting.first_bytes => {
                return self.await_first_bytes(accepting.into, id, overlapped, notification);
            }
            Ok(()) => Outcome::sent(0),
            Err(error) => {
                self.accepts_no_more(accepting.into);
                Outcome::failed(error.into())
            }
        };
        self.complete_pending(listener, id, overlapped, notification, outcome);
    }

    /// Makes a connection the endpoint of a socket.
    fn becomes(&mut self, s: SocketId, endpoint: T::Endpoint) {
        let Some(socket) = self.sockets.get_mut(s) else {
            return;
        };
        let before = mem::replace(&mut socket.endpoint, endpoint);
        socket.connected(self.transport.now());
        // An option that cannot be carried over stays as the connection has it.
        for option in KEPT {
            if let Ok(value) = self.transport.get_option(&before, option) {
                let _ = self.transport.set_option(&socket.endpoint, option, value);
            }
        }
        if socket.linger == Linger::RESET {
            self.transport.abort_on_drop(&socket.endpoint, true);
        }
        drop(before);
        self.record_network_events(s);
    }

    /// Goes on with an accept operation until its connection has something to receive.
    fn await_first_bytes(
        &mut self,
        s: SocketId,
        id: OperationId,
        overlapped: OverlappedId,
        notification: Notification,
    ) {
        let purpose = Purpose::Overlapped {
            overlapped,
            notification,
        };
        let watched = self.submit(s, purpose, |transport, endpoint, number| {
            transport.start_watch(endpoint, Interest::Readable, number)
        });
        match watched {
            Ok(Submitted::Pending(next)) => self.goes_on(overlapped, id, next),
            Ok(Submitted::Done(_)) => {
                self.complete_pending(s, id, overlapped, notification, Outcome::sent(0));
            }
            Err(error) => {
                let outcome = Outcome::failed(error.into());
                self.complete_pending(s, id, overlapped, notification, outcome);
            }
        }
    }

    /// The operation of an overlapped structure goes on as another one of the transport's.
    pub(crate) fn goes_on(
        &mut self,
        overlapped: OverlappedId,
        before: OperationId,
        now: OperationId,
    ) {
        if let Some(overlapped) = self.overlapped.get_mut(overlapped)
            && let OverlappedState::InProgress { operation, .. } = &mut overlapped.state
            && *operation == before
        {
            *operation = now;
        }
    }

    /// A socket gets no connection: it is as new.
    fn accepts_no_more(&mut self, into: SocketId) {
        if let Some(socket) = self.sockets.get_mut(into)
            && let State::Stream(StreamState::Accepting { .. }) = socket.state
        {
            socket.state = State::Stream(StreamState::Fresh);
        }
    }

    /// The watch of an accept operation has ended: the end of the operation, or `None` if it
    /// goes on or has got its connection.
    pub(crate) fn accept_watch_ended(
        &mut self,
        id: OperationId,
        mut accepting: Accepting,
        end: Finished,
    ) -> Option<Finished> {
        let listener = self.operations.get(id)?.socket;
        let error = end.error.or_else(|| {
            accepting.watching = false;
            self.operations.get_mut(id)?.work = Work::Accepts(accepting);
            self.take_connections(listener);
            let operation = self.operations.get_mut(id)?;
            let Some(socket) = self.sockets.get(listener) else {
                return Some(TransportError::Cancelled);
            };
            let interest = Interest::Readable;
            let watched = self
                .transport
                .start_watch(&socket.endpoint, interest, id.to_number());
            match watched {
                Ok(Started::Pending | Started::Done(_)) => {
                    accepting.watching = true;
                    operation.work = Work::Accepts(accepting);
                    None
                }
                Err(error) => Some(error),
            }
        })?;
        if let Some(socket) = self.sockets.get_mut(listener) {
            socket.accepting.retain(|other| *other != id);
        }
        self.accepts_no_more(accepting.into);
        Some(Finished {
            error: Some(error),
            ..end
        })
    }
}
