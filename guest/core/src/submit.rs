//! How an operation reaches the transport: the one place that offers one, and takes it
//! back if the transport does not keep it.

use crate::{
    Provider, ReceiveStarted, ReceivedNow, SocketId, Started, Transport, TransportError,
    operation::{OperationId, Purpose, Work},
};

/// What became of an operation that was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Submitted<D> {
    /// It was done at once, and there is no operation.
    Done(D),
    /// The transport reports the end of this operation.
    Pending(OperationId),
}

/// What the transport answers to the start of an operation.
pub(crate) trait Start {
    /// What an operation that is done has done.
    type Done;

    /// What was done, or `None` if the operation is pending.
    fn done(self) -> Option<Self::Done>;
}

impl Start for Started {
    type Done = u64;

    fn done(self) -> Option<u64> {
        match self {
            Started::Done(bytes) => Some(bytes),
            Started::Pending => None,
        }
    }
}

impl Start for ReceiveStarted {
    type Done = ReceivedNow;

    fn done(self) -> Option<ReceivedNow> {
        match self {
            ReceiveStarted::Done(received) => Some(received),
            ReceiveStarted::Pending => None,
        }
    }
}

impl<T: Transport> Provider<T> {
    /// Offers an operation to the transport, which `start` starts by its number. It is
    /// outstanding afterwards only if the transport has accepted it.
    ///
    /// # Errors
    ///
    /// Those of `start`; `Cancelled` for a socket that is closed.
    pub(crate) fn submit<S: Start>(
        &mut self,
        s: SocketId,
        purpose: Purpose,
        start: impl FnOnce(&mut T, &T::Endpoint, u64) -> Result<S, TransportError>,
    ) -> Result<Submitted<S::Done>, TransportError> {
        let Some(socket) = self.sockets.get(s) else {
            return Err(TransportError::Cancelled);
        };
        let operation = self.operations.add(s, purpose, Work::Any);
        let started = start(&mut self.transport, &socket.endpoint, operation.to_number());
        match started.map(Start::done) {
            Ok(None) => Ok(Submitted::Pending(operation)),
            Ok(Some(done)) => {
                self.operations.remove(operation);
                Ok(Submitted::Done(done))
            }
            Err(error) => {
                self.operations.remove(operation);
                Err(error)
            }
        }
    }
}
