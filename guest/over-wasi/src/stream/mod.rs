//! A stream: a TCP socket of WASI with what is pending on it.

mod connect;
mod options;
mod receive;
mod send;

use std::net::SocketAddr;

use wsp_core::{AddressFamily, EndpointOption, Interest, Readiness, ShutdownHow, TransportError};

use crate::error::cause;
use crate::pending::{Context, Receives, Watches};
use crate::wasi::{StreamError, Wasi};
pub use send::IN_FLIGHT;

use receive::Ahead;
use send::Sender;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    /// With the operation that ends with the attempt.
    Connecting(u64),
    Connected,
    Listening,
}

pub(crate) struct Stream<W: Wasi> {
    // In the order in which WASI wants them dropped: what comes of something goes before it.
    output_ready: Option<W::Pollable>,
    input_ready: Option<W::Pollable>,
    socket_ready: Option<W::Pollable>,
    output: Option<W::Output>,
    input: Option<W::Input>,
    /// None if a new one could not be made after an attempt to connect.
    socket: Option<W::Tcp>,
    family: AddressFamily,
    phase: Phase,
    /// Where it was bound, for the socket that follows a failed attempt.
    local: Option<SocketAddr>,
    /// What was set, for the same.
    options: Vec<(EndpointOption, u32)>,
    sender: Sender,
    receives: Receives,
    ahead: Ahead,
    watches: Watches,
    /// The peer has ended its direction.
    ended: bool,
    failure: Option<TransportError>,
}

impl<W: Wasi> Stream<W> {
    fn of(socket: W::Tcp, family: AddressFamily) -> Stream<W> {
        Stream {
            output_ready: None,
            input_ready: None,
            socket_ready: None,
            output: None,
            input: None,
            socket: Some(socket),
            family,
            phase: Phase::Fresh,
            local: None,
            options: Vec::new(),
            sender: Sender::default(),
            receives: Receives::default(),
            ahead: Ahead::default(),
            watches: Watches::default(),
            ended: false,
            failure: None,
        }
    }

    fn socket(&self) -> Result<&W::Tcp, TransportError> {
        self.socket.as_ref().ok_or(TransportError::Other)
    }

    /// The connection has failed, for the first reason that was seen.
    fn fail(&mut self, error: &StreamError) -> TransportError {
        *self.failure.get_or_insert_with(|| cause(error))
    }

    /// Whether `operation` is under way.
    pub(crate) fn has(&self, operation: u64) -> bool {
        self.operations().any(|known| known == operation)
    }

    fn operations(&self) -> impl Iterator<Item = u64> {
        let connecting = match self.phase {
            Phase::Connecting(operation) => Some(operation),
            _ => None,
        };
        let others = self.receives.operations().chain(self.watches.operations());
        self.sender.operations().chain(others).chain(connecting)
    }

    /// Whether something is pending.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Connecting(_))
            || self.sender.is_active()
            || !self.receives.is_empty()
            || !self.watches.is_empty()
    }

    /// Goes on with everything that is pending.
    pub(crate) fn progress(&mut self, cx: &mut Context<'_, W>) {
        self.progress_connect(cx);
        self.progress_sends(cx);
        self.progress_receives(cx);
        if !self.watches.is_empty() {
            let mut watches = std::mem::take(&mut self.watches);
            watches.settle(cx, |cx, interest| self.holds(cx, interest));
            self.watches = watches;
        }
    }

    fn holds(&mut self, cx: &Context<'_, W>, interest: Interest) -> bool {
        let holds = match interest {
            Interest::Readable => self.is_readable(cx),
            Interest::Writable => self.is_writable(cx),
            // Urgent data never arrives, so only the end of what comes ends the watch.
            Interest::Urgent => {
                self.look_for_end(cx);
                self.ended
            }
            Interest::Drained => self.unacknowledged(cx) == 0,
        };
        holds || self.failure.is_some()
    }

    pub(crate) fn start_watch(
        &mut self,
        cx: &mut Context<'_, W>,
        interest: Interest,
        operation: u64,
    ) -> Result<(), TransportError> {
        self.watches.start(cx, interest, operation)
    }

    pub(crate) fn ready(&mut self, cx: &mut Context<'_, W>) -> Readiness {
        self.progress_connect(cx);
        self.look_for_end(cx);
        let mut ready = Readiness::empty();
        ready.set(Readiness::READABLE, self.is_readable(cx));
        ready.set(Readiness::WRITABLE, self.is_writable(cx));
        ready.set(Readiness::ENDED, self.ended);
        ready.set(Readiness::FAILED, self.failure.is_some());
        ready
    }

    fn is_readable(&mut self, cx: &Context<'_, W>) -> bool {
        match self.phase {
            Phase::Listening => self.socket_is_ready(cx),
            Phase::Connected => {
                self.look_ahead(cx);
                self.ended || self.failure.is_some() || !self.ahead.is_empty()
            }
            Phase::Fresh | Phase::Connecting(_) => false,
        }
    }

    fn socket_is_ready(&mut self, cx: &Context<'_, W>) -> bool {
        let Some(socket) = &self.socket else {
            return false;
        };
        let subscribe = || cx.wasi.subscribe(socket);
        let ready = self.socket_ready.get_or_insert_with(subscribe);
        cx.wasi.is_ready(ready)
    }

    /// What tells that there may be something to go on with, and that there may be room, if
    /// somebody waits for it.
    pub(crate) fn pollables<'a>(
        &'a mut self,
        wasi: &W,
        is_sending: bool,
        to: &mut Vec<&'a W::Pollable>,
    ) {
        let reads = !self.receives.is_empty()
            || self.watches.wants(&[Interest::Readable])
            || (self.watches.wants(&[Interest::Urgent]) && !self.has_looked());
        let writes = is_sending
            || self.sender.is_active()
            || self.watches.wants(&[Interest::Writable, Interest::Drained]);
        let on_socket = match self.phase {
            Phase::Connecting(_) => true,
            Phase::Listening => reads,
            Phase::Fresh | Phase::Connected => false,
        };
        if on_socket && let Some(socket) = &self.socket {
            to.push(
                self.socket_ready
                    .get_or_insert_with(|| wasi.subscribe(socket)),
            );
        }
        if reads && let Some(input) = &self.input {
            to.push(
                self.input_ready
                    .get_or_insert_with(|| wasi.subscribe_input(input)),
            );
        }
        if writes && let Some(output) = &self.output {
            to.push(
                self.output_ready
                    .get_or_insert_with(|| wasi.subscribe_output(output)),
            );
        }
    }

    /// Ends a pending operation, if it is one of these.
    pub(crate) fn cancel(&mut self, cx: &mut Context<'_, W>, operation: u64) {
        if self.phase == Phase::Connecting(operation) {
            self.start_over(cx.wasi);
            cx.finish(operation, 0, Some(TransportError::Cancelled));
        } else if !self.cancel_send(cx, operation)
            && !self.receives.cancel(cx, operation)
            && !self.watches.cancel(cx, operation)
        {
            // It is unknown, which is allowed.
        }
    }

    pub(crate) fn cancel_all(&mut self, cx: &mut Context<'_, W>) {
        let operations: Vec<u64> = self.operations().collect();
        for operation in operations {
            self.cancel(cx, operation);
        }
    }

    pub(crate) fn shutdown(
        &mut self,
        cx: &mut Context<'_, W>,
        how: ShutdownHow,
    ) -> Result<(), TransportError> {
        if self.phase != Phase::Connected {
            return Err(TransportError::NotConnected);
        }
        if how != ShutdownHow::Send {
            cx.wasi.shutdown(self.socket()?, false)?;
            self.ended = true;
        }
        if how != ShutdownHow::Receive {
            self.sender.end_after_sends();
            self.progress_sends(cx);
        }
        Ok(())
    }

    pub(crate) fn local_address(&self, wasi: &W) -> Result<SocketAddr, TransportError> {
        wasi.local_address(self.socket()?)
    }

    pub(crate) fn peer_address(&self, wasi: &W) -> Result<SocketAddr, TransportError> {
        let peer = wasi.remote_address(self.socket()?);
        peer.map_err(|_| TransportError::NotConnected)
    }
}
