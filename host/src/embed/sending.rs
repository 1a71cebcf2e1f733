//! Sends of an embedder's socket.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::sync::oneshot;
use wsp_core::WsaError;
use wsp_transport::{HeldWatch, consume};

use super::instance::{AtOnce, Buffers, Request};
use super::operations::{Direction, Ends};
use super::semantics::Sending;
use super::{Error, MessageFlags, Notify, Operation, Posted, Socket};

impl Socket {
    /// WSPSend with an overlapped structure: all of `buffers`, in order, as one
    /// operation, whose end its future tells. The buffers are shared, not copied.
    ///
    /// # Errors
    ///
    /// As `wsp-send` in the WIT lists them; nothing was started then.
    pub fn send(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
    ) -> Result<Operation, Error> {
        self.start_send(buffers, flags, None)
    }

    /// WSPSendTo with an overlapped structure: one datagram to `to`. As [`Socket::send`]
    /// otherwise.
    ///
    /// # Errors
    ///
    /// As `wsp-send-to` in the WIT lists them; nothing was started then.
    pub fn send_to(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: SocketAddr,
    ) -> Result<Operation, Error> {
        self.start_send(buffers, flags, Some(to))
    }

    /// WSPSend with an overlapped structure: all of `buffers`, in order, as one
    /// operation, whose end [`Provider::completions`] reports. The buffers
    /// are shared, not copied.
    ///
    /// # Errors
    ///
    /// As `wsp-send` in the WIT lists them; nothing was started then.
    pub fn send_overlapped(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        notify: Notify,
    ) -> Result<Posted, Error> {
        self.post_in_stream(buffers, flags, None, notify)
    }

    /// WSPSendTo with an overlapped structure: one datagram to `to`.
    ///
    /// # Errors
    ///
    /// As `wsp-send-to` in the WIT lists them; nothing was started then.
    pub fn send_to_overlapped(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: SocketAddr,
        notify: Notify,
    ) -> Result<Posted, Error> {
        self.post_in_stream(buffers, flags, Some(to), notify)
    }

    fn start_send(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: Option<SocketAddr>,
    ) -> Result<Operation, Error> {
        let (told, ended) = oneshot::channel();
        let ends = Ends::AtFuture(told);
        let posted = self.post_send(buffers, flags, to, Notify::Poll, ends)?;
        Ok(self.provider().operation(posted, ended))
    }

    fn post_in_stream(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: Option<SocketAddr>,
        notify: Notify,
    ) -> Result<Posted, Error> {
        let posted = self.post_send(buffers, flags, to, notify, Ends::InStream)?;
        self.provider().wake();
        Ok(posted)
    }

    fn post_send(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
        to: Option<SocketAddr>,
        notify: Notify,
        ends: Ends,
    ) -> Result<Posted, Error> {
        let request = Request {
            lane: self.lane(Direction::Send),
            notify,
            room: None,
            ends,
        };
        let buffers: Buffers = buffers.into_iter().collect();
        let mut instance = self.provider().instance();
        instance.post(request, |semantics, posting| {
            let sending = Sending {
                flags,
                to,
                overlapped: Some(posting.overlapped),
                routine: posting.routine,
            };
            let sent = semantics.send(self.key(), &buffers, sending);
            sent.map(AtOnce::succeeded)
        })
    }

    /// WSPSend without an overlapped structure, awaited until everything is
    /// consumed: what the transport takes at once, then the rest as there is room.
    /// Returns the number of bytes. Dropping the future leaves a part unsent.
    ///
    /// # Errors
    ///
    /// As `wsp-send` in the WIT lists them; a part may have been sent then.
    pub async fn send_all(
        &self,
        buffers: impl IntoIterator<Item = Bytes>,
        flags: MessageFlags,
    ) -> Result<u64, Error> {
        let mut buffers: Buffers = buffers.into_iter().collect();
        let mut total = 0;
        loop {
            match self.send_now(&mut buffers, flags)? {
                Attempt::Sent(bytes) => {
                    total += u64::from(bytes);
                    if buffers.is_empty() {
                        return Ok(total);
                    }
                }
                Attempt::NoRoom { watch, seen } => {
                    let finished = self.provider().finished_after(seen);
                    match watch {
                        Some(watch) => tokio::select! {
                            () = watch.watch() => {}
                            () = finished => {}
                        },
                        None => finished.await,
                    }
                }
            }
        }
    }

    fn send_now(&self, buffers: &mut Buffers, flags: MessageFlags) -> Result<Attempt, Error> {
        let mut instance = self.provider().instance();
        let seen = instance.pump()?;
        let sent = instance.semantics.send_or_watch(self.key(), buffers, flags);
        match sent {
            Ok(bytes) => {
                let gone = consume(buffers.iter_mut(), bytes.into());
                buffers.drain(..gone);
                Ok(Attempt::Sent(bytes))
            }
            Err((Error::Winsock(WsaError::WouldBlock), watch)) => {
                Ok(Attempt::NoRoom { watch, seen })
            }
            Err((error, _)) => Err(error),
        }
    }
}

/// The outcome of a send that does not wait.
enum Attempt {
    /// This many bytes were sent.
    Sent(u32),
    /// Nothing was sent.
    NoRoom {
        /// The writability watch, unless one exists already.
        watch: Option<HeldWatch>,
        /// What [`Instance::pump`](super::instance::Instance::pump) returned before.
        seen: u64,
    },
}
