//! ConnectEx: a connection attempt that is an overlapped operation, and sends what it is
//! given as soon as there is a connection.

use core::net::SocketAddr;

use crate::{
    Finished, NetworkEvents, OverlappedId, Provider, SendFlags, SocketId, Transport, WsaError,
    operation::{OperationId, Purpose, Work},
    outcome::Outcome,
    socket::{State, StreamState},
    submit::Submitted,
    transport::is_nobodys,
};

impl<T: Transport> Provider<T> {
    /// ConnectEx: connects a stream socket that is bound, and then sends `data`. The
    /// operation ends when all of it is handed over; its count is that of `data`.
    ///
    /// # Errors
    ///
    /// `WSA_IO_PENDING`, which is no failure, whenever it was started, even if it has ended
    /// by then. `WSAENOTSOCK`; `WSAEFAULT` for an address of another family and for an
    /// overlapped structure that does not exist; `WSAEINVAL` if the socket is not bound,
    /// listens, waits for a connection, is being connected, or is a datagram socket;
    /// `WSAEISCONN`; `WSAEADDRNOTAVAIL` for port 0 and the unspecified address; others as
    /// the transport says.
    pub fn connect_ex(
        &mut self,
        s: SocketId,
        name: SocketAddr,
        data: Option<T::Buffers>,
        overlapped: OverlappedId,
    ) -> Result<(), WsaError> {
        self.pump_outstanding();
        self.look_at_attempt(s);
        let socket = self.open_socket(s)?;
        match socket.state {
            State::Stream(StreamState::Bound) => {}
            State::Stream(StreamState::Connected) => return Err(WsaError::IsConn),
            State::Stream(_) | State::Datagram { .. } => return Err(WsaError::Inval),
        }
        if !socket.family.has(name) {
            return Err(WsaError::Fault);
        }
        if is_nobodys(name) {
            return Err(WsaError::AddrNotAvail);
        }
        let notification = self.event_notification(overlapped)?;
        self.enable_network_events(s, NetworkEvents::CONNECT);
        let purpose = Purpose::Overlapped {
            overlapped,
            notification,
        };
        let connected = self.submit(s, purpose, |transport, endpoint, number| {
            transport.start_connect(endpoint, name, number)
        })?;
        let now = self.transport.now();
        let socket = self.open_socket_mut(s)?;
        socket.attempt_failed = false;
        let Submitted::Pending(id) = connected else {
            socket.connected(now);
            self.record_connect(s, None);
            return self.send_first(s, data, overlapped);
        };
        socket.state = State::Stream(StreamState::Connecting {
            operation: id,
            was_bound: true,
            peer: name,
        });
        if let Some(operation) = self.operations.get_mut(id) {
            operation.work = Work::Connects;
        }
        if let Some(data) = data {
            self.first_data.insert(id, data);
        }
        self.accept_pending(id, overlapped, notification);
        Err(WsaError::IoPending)
    }

    /// Whether an attempt to connect is an operation of ConnectEx.
    pub(crate) fn is_connect_ex(&self, attempt: OperationId) -> bool {
        let attempt = self.operations.get(attempt);
        attempt.is_some_and(|attempt| attempt.work == Work::Connects)
    }

    /// Sends on a connection that there was at once.
    fn send_first(
        &mut self,
        s: SocketId,
        data: Option<T::Buffers>,
        overlapped: OverlappedId,
    ) -> Result<(), WsaError> {
        let notification = self.event_notification(overlapped)?;
        let purpose = Purpose::Overlapped {
            overlapped,
            notification,
        };
        let sent = match data {
            None => Submitted::Done(0),
            Some(data) => self.submit(s, purpose, |transport, endpoint, number| {
                transport.start_send(endpoint, &data, SendFlags::empty(), None, number)
            })?,
        };
        match sent {
            Submitted::Done(bytes) => {
                self.complete_at_once(s, overlapped, notification, Outcome::sent(bytes));
            }
            Submitted::Pending(id) => self.accept_pending(id, overlapped, notification),
        }
        Err(WsaError::IoPending)
    }

    /// The attempt has ended: the end of the operation, or `None` if its data goes out now.
    pub(crate) fn connect_ex_ended(&mut self, id: OperationId, end: Finished) -> Option<Finished> {
        let s = self.operations.get(id)?.socket;
        let data = self.first_data.remove(&id);
        self.connect_ended(s, end.error);
        let (None, Some(data)) = (end.error, data) else {
            return Some(end);
        };
        let Purpose::Overlapped {
            overlapped,
            notification,
        } = self.operations.remove(id)?.purpose
        else {
            return None;
        };
        let purpose = Purpose::Overlapped {
            overlapped,
            notification,
        };
        let sent = self.submit(s, purpose, |transport, endpoint, number| {
            transport.start_send(endpoint, &data, SendFlags::empty(), None, number)
        });
        let outcome = match sent {
            Ok(Submitted::Pending(next)) => {
                self.goes_on(overlapped, id, next);
                return None;
            }
            Ok(Submitted::Done(bytes)) => Outcome::sent(bytes),
            Err(error) => Outcome::failed(error.into()),
        };
        self.complete_pending(s, id, overlapped, notification, outcome);
        None
    }
}
