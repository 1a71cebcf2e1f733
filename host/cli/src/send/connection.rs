//! How a sending connection ends: orderly where everything arrived, and with a
//! reset where not.

use std::time::Duration;

use anyhow::{Result, bail};
use wsp::policy::Protocol;
use wsp::{Error, ShutdownHow, Socket, SocketOption, WsaError};

use super::inbox::Inbox;
use crate::session;

/// The longest pause between two looks at whether the peer's system has everything.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The socket, and how far it is.
pub(super) struct Connection {
    protocol: Protocol,
    /// Whether the peer's answer is part of the job.
    reply: bool,
    socket: Option<Socket>,
    /// Everything was sent, and the end after it.
    half_closed: bool,
}

impl Connection {
    /// A connection that is not there yet.
    pub(super) fn new(protocol: Protocol, reply: bool) -> Self {
        Self {
            protocol,
            reply,
            socket: None,
            half_closed: false,
        }
    }

    /// Takes note of the socket.
    pub(super) fn established(&mut self, socket: &Socket) {
        self.socket = Some(socket.clone());
    }

    /// Ends the sending direction, waits for the peer's end, and closes the socket
    /// once the peer's system has everything. Closed before its end, the socket would
    /// answer a peer that answers with a reset, and the peer lose what it had not read.
    ///
    /// # Errors
    ///
    /// When the connection is lost.
    pub(super) async fn finish(&mut self, inbox: &mut Inbox) -> Result<()> {
        let Some(socket) = &self.socket else {
            return Ok(());
        };
        if self.protocol == Protocol::Udp {
            if self.reply {
                inbox.datagram().await?;
            }
            return Ok(socket.close()?);
        }
        socket.shutdown(ShutdownHow::Send)?;
        self.half_closed = true;
        inbox.end_of_peer().await?;
        let mut pause = Duration::from_millis(1);
        while !close_if_delivered(socket)? {
            // Where the peer ended before it was reset, no receive tells of the reset.
            if let Some(Err(error)) = socket.ended()? {
                return Err(error.into());
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = LONGEST_PAUSE.min(pause * 2),
                completion = inbox.next() => bail!("unexpected completion {:?}", completion?),
            }
        }
        Ok(())
    }

    /// Ends whatever is left of the connection after this outcome, and returns what
    /// has become of the send.
    pub(super) fn end(self, outcome: Result<()>) -> Result<Delivery> {
        let Err(error) = outcome else {
            return Ok(Delivery::Complete);
        };
        let Some(socket) = self.socket else {
            return Err(error);
        };
        let is_late = matches!(error.downcast_ref(), Some(WsaError::TimedOut));
        if is_late
            && self.half_closed
            && !self.reply
            && matches!(close_if_delivered(&socket), Ok(true))
        {
            return Ok(Delivery::PeerGoesOn);
        }
        session::reset(&socket);
        Err(error)
    }
}

/// What became of a send that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Everything arrived, and the peer ended the connection.
    Complete,
    /// The peer's system has everything, but the peer did not end the connection in time.
    PeerGoesOn,
}

/// Closes the socket if the peer's system has everything. A close that would have
/// to wait says so instead.
fn close_if_delivered(socket: &Socket) -> Result<bool, Error> {
    socket.set_option(SocketOption::SoLinger(Some(u16::MAX)))?;
    match socket.close() {
        Err(Error::Winsock(WsaError::WouldBlock)) => Ok(false),
        closed => closed.map(|()| true),
    }
}
