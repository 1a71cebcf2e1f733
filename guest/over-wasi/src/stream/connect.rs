//! Binding, connecting, listening and accepting.

use std::net::SocketAddr;

use wsp_core::{AddressFamily, Started, TransportError};

use super::{Phase, Stream};
use crate::pending::Context;
use crate::settle::settle;
use crate::wasi::Wasi;

/// Whether an attempt to connect has failed on its way, and not before it began.
fn says_the_network(error: TransportError) -> bool {
    matches!(
        error,
        TransportError::ConnectionRefused
            | TransportError::ConnectionReset
            | TransportError::ConnectionAborted
            | TransportError::TimedOut
            | TransportError::HostUnreachable
            | TransportError::NetworkUnreachable
    )
}

impl<W: Wasi> Stream<W> {
    pub(crate) fn create(wasi: &W, family: AddressFamily) -> Result<Stream<W>, TransportError> {
        Ok(Stream::of(wasi.create_tcp(family)?, family))
    }

    pub(crate) fn bind(&mut self, wasi: &W, local: SocketAddr) -> Result<(), TransportError> {
        if !self.family.has(local) {
            return Err(TransportError::InvalidArgument);
        }
        let socket = self.socket()?;
        wasi.start_bind(socket, local)?;
        settle(wasi, || wasi.subscribe(socket), || wasi.finish_bind(socket))?;
        // With the port that the host chose, which a next socket must have again.
        self.local = Some(wasi.local_address(socket).unwrap_or(local));
        Ok(())
    }

    pub(crate) fn start_connect(
        &mut self,
        cx: &mut Context<'_, W>,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        if self.phase != Phase::Fresh || !self.family.has(peer) {
            return Err(TransportError::InvalidArgument);
        }
        match cx.wasi.start_connect(self.socket()?, peer) {
            Ok(()) => self.phase = Phase::Connecting(operation),
            // Some hosts know at once, but an attempt that does not wait is answered later.
            Err(error) if says_the_network(error) => {
                self.start_over(cx.wasi);
                cx.finish(operation, 0, Some(error));
            }
            Err(error) => {
                self.start_over(cx.wasi);
                return Err(error);
            }
        }
        Ok(Started::Pending)
    }

    pub(super) fn progress_connect(&mut self, cx: &mut Context<'_, W>) {
        let Phase::Connecting(operation) = self.phase else {
            return;
        };
        let connected = self
            .socket()
            .and_then(|socket| cx.wasi.finish_connect(socket));
        match connected {
            Err(TransportError::WouldBlock) => {}
            Err(error) => {
                self.start_over(cx.wasi);
                cx.finish(operation, 0, Some(error));
            }
            Ok((input, output)) => {
                self.connected(input, output);
                cx.finish(operation, 0, None);
            }
        }
    }

    fn connected(&mut self, input: W::Input, output: W::Output) {
        self.socket_ready = None;
        self.input = Some(input);
        self.output = Some(output);
        self.phase = Phase::Connected;
    }

    /// A socket of WASI is of no use after an attempt to connect that failed or was given up;
    /// an endpoint is.
    pub(super) fn start_over(&mut self, wasi: &W) {
        self.phase = Phase::Fresh;
        self.socket_ready = None;
        self.socket = None;
        self.socket = wasi.create_tcp(self.family).ok();
        for (option, value) in std::mem::take(&mut self.options) {
            // It was set once. What does not work now, a program can look up.
            let _ = self.set_option(wasi, option, value);
        }
        if let Some(local) = self.local.take()
            && self.bind(wasi, local).is_err()
        {
            self.socket = None;
        }
    }

    pub(crate) fn listen(&mut self, wasi: &W, backlog: u32) -> Result<(), TransportError> {
        let socket = self.socket()?;
        if backlog > 0 {
            // A host that does not take it chooses its own.
            let _ = wasi.set_backlog(socket, backlog.into());
        }
        if self.phase == Phase::Listening {
            return Ok(());
        }
        wasi.start_listen(socket)?;
        settle(
            wasi,
            || wasi.subscribe(socket),
            || wasi.finish_listen(socket),
        )?;
        self.phase = Phase::Listening;
        Ok(())
    }

    pub(crate) fn accept(&mut self, wasi: &W) -> Result<(Stream<W>, SocketAddr), TransportError> {
        if self.phase != Phase::Listening {
            return Err(TransportError::InvalidArgument);
        }
        let (socket, input, output) = match wasi.accept(self.socket()?) {
            // It was gone before it was taken.
            Err(TransportError::ConnectionAborted | TransportError::ConnectionReset) => {
                return Err(TransportError::WouldBlock);
            }
            accepted => accepted?,
        };
        let mut accepted = Stream::of(socket, self.family);
        accepted.connected(input, output);
        let peer = accepted
            .peer_address(wasi)
            .map_err(|_| TransportError::WouldBlock)?;
        Ok((accepted, peer))
    }
}
