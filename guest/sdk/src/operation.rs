//! An overlapped operation as one value.

use wsp_core::WsaError;

use crate::{
    Event, Message, MessageFlags, Overlapped, ReceiveBuffer, Socket, Started, Transfer,
    wait_for_any,
};

/// An overlapped operation that was started, with its own WSAOVERLAPPED and event.
///
/// It can be polled, waited for, cancelled and, with the feature `async`,
/// awaited: it is a future, so `join_all` and `select_all` of the crate `futures`
/// take many. Dropping it leaves the operation alone, which goes on.
#[derive(Debug)]
#[must_use = "the operation goes on, but nobody learns how it ends"]
pub struct Operation<'s> {
    socket: &'s Socket,
    overlapped: Overlapped,
    event: Event,
    started: Started,
    #[cfg(feature = "async")]
    waiting: crate::asynchronous::Waiting,
}

impl Socket {
    /// Starts sending a message; the buffers are free again when the call returns.
    ///
    /// # Errors
    ///
    /// As [`Socket::send_overlapped`], and then nothing was started.
    pub fn begin_send<'a>(
        &self,
        message: impl Into<Message<'a>>,
    ) -> Result<Operation<'_>, WsaError> {
        let message = message.into();
        self.begin(|overlapped| self.send_overlapped(message, overlapped))
    }

    /// Starts a receive into `room`, which [`ReceiveBuffer::read`] reads once the
    /// operation has ended.
    ///
    /// # Errors
    ///
    /// As [`Socket::recv_overlapped`], and then nothing was started.
    pub fn begin_recv(
        &self,
        room: &ReceiveBuffer,
        flags: MessageFlags,
    ) -> Result<Operation<'_>, WsaError> {
        self.begin(|overlapped| self.recv_overlapped(room, flags, overlapped))
    }

    fn begin(
        &self,
        start: impl FnOnce(&Overlapped) -> Result<Started, WsaError>,
    ) -> Result<Operation<'_>, WsaError> {
        let event = Event::new();
        let overlapped = Overlapped::with_event(&event);
        let started = start(&overlapped)?;
        Ok(Operation {
            socket: self,
            overlapped,
            event,
            started,
            #[cfg(feature = "async")]
            waiting: crate::asynchronous::Waiting::default(),
        })
    }
}

impl Operation<'_> {
    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.started != Started::Pending || !self.overlapped.in_progress()
    }

    /// What it transferred, without waiting. May be asked any number of times,
    /// also after the socket was closed.
    ///
    /// # Errors
    ///
    /// `WSA_IO_INCOMPLETE` while it is in progress; then the error that it ended
    /// with: `WSA_OPERATION_ABORTED` if it was cancelled or its socket closed.
    pub fn result(&self) -> Result<Transfer, WsaError> {
        if let Started::Done(bytes) = self.started {
            let flags = MessageFlags::empty();
            return Ok(Transfer { bytes, flags });
        }
        self.overlapped.outcome()
    }

    /// Blocks until it has ended; completion routines do not run meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Operation::result`]; `WSAEWOULDBLOCK` if the host never blocks.
    pub fn wait(&self) -> Result<Transfer, WsaError> {
        // The result counts, not the event, which the program may set or reset too.
        while !self.has_ended() {
            wait_for_any(&[&self.event], None, false)?;
        }
        self.result()
    }

    /// CancelIoEx: ends it with `WSA_OPERATION_ABORTED`, unless it has ended
    /// already; what has gone out of it stays sent. Returns whether it did.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` once the socket is closed.
    pub fn cancel(&self) -> Result<bool, WsaError> {
        Ok(self.socket.cancel(Some(&self.overlapped))? > 0)
    }

    /// Its event, for waits for several things.
    pub fn event(&self) -> &Event {
        &self.event
    }
}

#[cfg(feature = "async")]
impl Future for Operation<'_> {
    type Output = Result<Transfer, WsaError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        let this = &mut *self;
        if let Started::Pending = this.started {
            let overlapped = &this.overlapped;
            std::task::ready!(this.waiting.poll(context, || !overlapped.in_progress()));
        }
        std::task::Poll::Ready(this.result())
    }
}
