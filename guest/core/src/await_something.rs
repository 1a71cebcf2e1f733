//! Receives of no bytes from a stream, which programs use to be told of data
//! without having room for them. Winsock waits until there is something;
//! systems may answer at once that they have put nothing into no room.
//!
//! The core does not know how much room a receive has. But if one from a
//! stream ends with 0 bytes, and there are neither bytes nor the end of the
//! stream, it had none. Then the transport watches in its place.

use alloc::vec::Vec;
use core::mem;

use crate::{
    Finished, Interest, Provider, Readiness, ReceiveFlags, ReceiveStarted, ReceivedNow, SocketId,
    SocketType, Started, Transport, TransportError,
    operation::{OperationId, Purpose, Work},
    outcome::Outcome,
    submit::Submitted,
};

impl<T: Transport> Provider<T> {
    /// Whether a receive of no bytes waits. Urgent data are never waited for.
    fn receive_awaits(&self, s: SocketId, flags: ReceiveFlags) -> bool {
        !flags.contains(ReceiveFlags::URGENT)
            && self
                .sockets
                .get(s)
                .is_some_and(|socket| socket.kind() == SocketType::Stream)
    }

    /// Receives what is there.
    ///
    /// # Errors
    ///
    /// Those of the transport; `WouldBlock` also if there is nothing to put into no room.
    pub(crate) fn try_receive(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        let Some(socket) = self.sockets.get(s) else {
            return Err(TransportError::Cancelled);
        };
        let endpoint = &socket.endpoint;
        let received = self.transport.try_receive(endpoint, room, flags)?;
        if self.receive_awaits(s, flags) {
            if received.bytes == 0 && !something_there(&mut self.transport, endpoint)? {
                return Err(TransportError::WouldBlock);
            }
            let position = self.operations.next_position();
            self.found_something(s, position);
        }
        Ok(received)
    }

    /// Starts a receive, or, if it has no room and there is nothing, a watch.
    pub(crate) fn start_receive(
        &mut self,
        s: SocketId,
        room: &T::Room,
        flags: ReceiveFlags,
        purpose: Purpose,
    ) -> Result<Submitted<ReceivedNow>, TransportError> {
        let awaits = self.receive_awaits(s, flags);
        let mut work = Work::Receives;
        let submitted = self.submit(s, purpose, |transport, endpoint, number| {
            let started = transport.start_receive(endpoint, room, flags, number)?;
            if let ReceiveStarted::Done(received) = started
                && awaits
                && received.bytes == 0
                && !something_there(transport, endpoint)?
                && transport.start_watch(endpoint, Interest::Readable, number)? == Started::Pending
            {
                work = Work::Awaits;
                return Ok(ReceiveStarted::Pending);
            }
            Ok(started)
        })?;
        match submitted {
            Submitted::Pending(id) if awaits => self.works(s, id, work),
            Submitted::Done(_) if awaits => {
                let position = self.operations.next_position();
                self.found_something(s, position);
            }
            Submitted::Pending(_) | Submitted::Done(_) => {}
        }
        Ok(submitted)
    }

    /// What the transport does for a receive from now on.
    fn works(&mut self, s: SocketId, id: OperationId, work: Work) {
        if let Some(operation) = self.operations.get_mut(id) {
            operation.work = work;
        }
        if let (Some(socket), Work::Awaits) = (self.sockets.get_mut(s), work) {
            socket.awaiting.push(id);
        }
    }

    /// Watches for a receive that ended without room for what may come.
    fn await_something(&mut self, s: SocketId, id: OperationId) -> Result<Started, TransportError> {
        let Some(socket) = self.sockets.get(s) else {
            return Err(TransportError::Cancelled);
        };
        let started =
            self.transport
                .start_watch(&socket.endpoint, Interest::Readable, id.to_number())?;
        if started == Started::Pending {
            self.works(s, id, Work::Awaits);
        }
        Ok(started)
    }

    /// What the end of an operation at the transport means: the end of the
    /// operation, or `None` if it goes on.
    pub(crate) fn transport_ended(&mut self, id: OperationId, end: Finished) -> Option<Finished> {
        let operation = self.operations.get(id)?;
        let (s, position, work) = (operation.socket, operation.position, operation.work);
        match work {
            Work::Any | Work::Begun => return Some(end),
            Work::Accepts(accepting) => return self.accept_watch_ended(id, accepting, end),
            Work::Connects => return self.connect_ex_ended(id, end),
            Work::Receives => {}
            Work::Awaits => {
                if let Some(socket) = self.sockets.get_mut(s) {
                    socket.awaiting.retain(|other| *other != id);
                }
            }
        }
        if end.error.is_some() {
            return Some(end);
        }
        let was_there = end.bytes > 0
            || self
                .sockets
                .get(s)
                .is_none_or(|socket| socket.found_at > position);
        if !was_there {
            let found = match self.sockets.get(s) {
                Some(socket) => something_there(&mut self.transport, &socket.endpoint),
                None => Ok(true),
            };
            match (work, found) {
                (Work::Awaits, Err(error)) => {
                    return Some(Finished {
                        error: Some(error),
                        ..end
                    });
                }
                // If it cannot be watched the program is told too early rather than never.
                (Work::Receives, Ok(false))
                    if self.await_something(s, id) == Ok(Started::Pending) =>
                {
                    return None;
                }
                // What has ended before the connection failed has ended well.
                _ => {}
            }
        }
        self.found_something(s, position);
        Some(end)
    }

    /// The receive at `position` found something, which was there for those
    /// before it too: what they wait for has come, even if nothing is left.
    fn found_something(&mut self, s: SocketId, position: u64) {
        let Some(socket) = self.sockets.get_mut(s) else {
            return;
        };
        socket.found_at = socket.found_at.max(position);
        let operations = &self.operations;
        let earlier = |id: &mut OperationId| {
            let operation = operations.get(*id);
            operation.is_none_or(|operation| operation.position < position)
        };
        // Almost always there are none.
        let awaited: Vec<OperationId> = socket.awaiting.extract_if(.., earlier).collect();
        for id in awaited {
            self.cancel_operation(id);
            let Some(operation) = self.operations.get_mut(id) else {
                continue;
            };
            operation.work = Work::Any;
            // Its waiter relies on the transport still reporting it.
            if let Purpose::Overlapped {
                overlapped,
                notification,
            } = mem::replace(&mut operation.purpose, Purpose::Over)
            {
                self.complete_pending(s, id, overlapped, notification, Outcome::sent(0));
            }
        }
    }
}

/// Whether there are bytes to receive, or the end of the stream.
///
/// # Errors
///
/// What the next receive will say, if the connection has failed.
fn something_there<T: Transport>(
    transport: &mut T,
    endpoint: &T::Endpoint,
) -> Result<bool, TransportError> {
    let ready = transport.ready(endpoint);
    if !ready.contains(Readiness::FAILED) {
        return Ok(ready.intersects(Readiness::READABLE | Readiness::ENDED));
    }
    match transport.look(endpoint) {
        // Other receives are pending, and will tell what it is.
        Ok(()) | Err(TransportError::WouldBlock) => Ok(true),
        Err(error) => Err(error),
    }
}
