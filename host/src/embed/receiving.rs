//! Receives of an embedder's socket.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;

use bytes::Bytes;
use tokio::sync::oneshot;
use wasmtime::format_err;
use wsp_core::WsaError;
use wsp_guard::sync::lock;

use super::instance::{AtOnce, Request};
use super::operations::{Direction, Ends};
use super::semantics::Receiving;
use super::{Completion, Error, MessageFlags, Notify, Operation, Posted, Socket};

/// What receives whose futures were dropped had received by then, oldest first.
#[derive(Debug, Default)]
pub(super) struct Unread(Mutex<VecDeque<Completion>>);

impl Socket {
    /// WSPRecv, awaited: what is there, up to `capacity` bytes, as soon as there is
    /// something; empty at the end of a stream. Dropping the future loses nothing: what it has
    /// received by then, the next `recv` or [`Socket::recv_from`] returns.
    ///
    /// # Errors
    ///
    /// As `wsp-recv` in the WIT lists them; WSAEMSGSIZE for a datagram that does not fit,
    /// of which the rest is gone.
    pub async fn recv(&self, capacity: u32, flags: MessageFlags) -> Result<Bytes, Error> {
        let (received, _) = self.recv_from(capacity, flags).await?;
        Ok(received)
    }

    /// As [`Socket::recv`], with the source of a datagram.
    ///
    /// # Errors
    ///
    /// As [`Socket::recv`].
    pub async fn recv_from(
        &self,
        capacity: u32,
        flags: MessageFlags,
    ) -> Result<(Bytes, Option<SocketAddr>), Error> {
        if let Some(unread) = self.unread().take(capacity) {
            return received(unread);
        }
        let (told, ended) = oneshot::channel();
        let posted = self.post_receive(capacity, flags, Notify::Poll, Ends::AtFuture(told))?;
        let mut awaited = Awaited {
            socket: self,
            operation: Some(self.provider().operation(posted, ended)),
        };
        received(awaited.ended().await?)
    }

    /// WSPRecvFrom with an overlapped structure: up to `capacity` bytes, which
    /// the completion carries.
    ///
    /// A datagram that does not fit fails in the completion, also if it was there
    /// already: WSAEMSGSIZE, with the bytes that fit and its source.
    ///
    /// # Errors
    ///
    /// As `wsp-recv-from` in the WIT lists them; nothing was started then.
    pub fn receive_overlapped(
        &self,
        capacity: u32,
        flags: MessageFlags,
        notify: Notify,
    ) -> Result<Posted, Error> {
        let posted = self.post_receive(capacity, flags, notify, Ends::InStream)?;
        self.provider().wake();
        Ok(posted)
    }

    fn post_receive(
        &self,
        capacity: u32,
        flags: MessageFlags,
        notify: Notify,
        ends: Ends,
    ) -> Result<Posted, Error> {
        let request = Request {
            lane: self.lane(Direction::Receive),
            notify,
            room: Some(capacity),
            ends,
        };
        let mut instance = self.provider().instance();
        instance.post(request, |semantics, posting| {
            let Some(room) = posting.room else {
                return Err(Error::Host(format_err!("a receive without a buffer")));
            };
            let receiving = Receiving {
                room,
                flags,
                overlapped: posting.overlapped,
                routine: posting.routine,
            };
            let received = semantics.receive(self.key(), receiving)?;
            Ok(AtOnce {
                bytes: received.bytes,
                failed: received.is_partial,
            })
        })
    }
}

/// A receive that its caller waits for. Given up, it is cancelled, and what it has received
/// by then is kept.
struct Awaited<'a> {
    socket: &'a Socket,
    operation: Option<Operation>,
}

impl Awaited<'_> {
    async fn ended(&mut self) -> Result<Completion, Error> {
        let Some(operation) = &mut self.operation else {
            return Err(WsaError::Inval.into());
        };
        let ended = operation.await;
        self.operation = None;
        ended
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        let Some(mut operation) = self.operation.take() else {
            return;
        };
        let number = operation.posted().operation;
        let provider = self.socket.provider();
        // An instance that fails here has nothing to keep, and says so at the next call.
        let _ = provider.instance().cancel(self.socket.key(), number);
        if let Some(completion) = operation.ended_by_now() {
            self.socket.unread().keep(completion);
        }
    }
}

impl Unread {
    fn keep(&self, completion: Completion) {
        let is_cancelled = completion.error == Some(WsaError::OperationAborted);
        let is_nothing = completion.error.is_none()
            && completion.source.is_none()
            && completion.data.as_ref().is_none_or(Bytes::is_empty);
        if !is_cancelled && !is_nothing {
            lock(&self.0).push_back(completion);
        }
    }

    /// The oldest, of which a stream's bytes beyond `capacity` stay.
    fn take(&self, capacity: u32) -> Option<Completion> {
        let mut unread = lock(&self.0);
        let mut oldest = unread.pop_front()?;
        let fits = |data: &Bytes| data.len() <= capacity as usize;
        if oldest.data.as_ref().is_none_or(fits) {
            return Some(oldest);
        }
        if oldest.source.is_some() {
            oldest.error = Some(WsaError::MsgSize);
            return Some(oldest);
        }
        let mut rest = oldest.clone();
        if let (Some(data), Some(rest)) = (&mut oldest.data, &mut rest.data) {
            *rest = data.split_off(capacity as usize);
        }
        unread.push_front(rest);
        Some(oldest)
    }
}

/// What a receive that has ended answers.
fn received(completion: Completion) -> Result<(Bytes, Option<SocketAddr>), Error> {
    match completion.error {
        Some(error) => Err(error.into()),
        None => Ok((completion.data.unwrap_or_default(), completion.source)),
    }
}
