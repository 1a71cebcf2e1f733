//! How a sending connection ends: orderly if everything arrived, and otherwise with a
//! reset.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;
use wsp::policy::Protocol;
use wsp::{Error, Provider, ShutdownHow, Socket, SocketOption, WsaError};

use super::inbox::Inbox;
use crate::session;

/// The longest pause between two checks whether the peer's system has everything.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The socket, and how far it is.
pub(super) struct Connection {
    protocol: Protocol,
    /// Whether the peer's answer is part of the job.
    reply: bool,
    /// How long the peer may be silent once it has everything.
    idle: Option<Duration>,
    socket: Option<(Provider, Socket)>,
    /// Everything was sent, and the end after it.
    half_closed: bool,
}

impl Connection {
    /// A connection that is not there yet.
    pub(super) fn new(protocol: Protocol, reply: bool, idle: Option<Duration>) -> Self {
        Self {
            protocol,
            reply,
            idle,
            socket: None,
            half_closed: false,
        }
    }

    /// Takes note of the socket. Until everything is sent, its end is a reset, however this
    /// process ends: what the peer has by then is a part.
    ///
    /// # Errors
    ///
    /// When the socket is closed already.
    pub(super) fn established(&mut self, provider: &Provider, socket: &Socket) -> Result<()> {
        self.socket = Some((provider.clone(), socket.clone()));
        if self.protocol == Protocol::Tcp {
            socket.set_option(SocketOption::SoLinger(Some(0)))?;
        }
        Ok(())
    }

    /// Ends the sending direction, waits for the peer's end, and closes the socket
    /// once the peer's system has everything. Closed before its end, the socket would
    /// answer a peer that answers with a reset, and the peer lose what it had not read.
    ///
    /// # Errors
    ///
    /// When the connection is lost, and WSAETIMEDOUT when a peer whose answer is
    /// wanted is silent for too long.
    pub(super) async fn finish(&mut self, inbox: &mut Inbox) -> Result<Delivery> {
        let Some((provider, socket)) = &self.socket else {
            return Ok(Delivery::Complete);
        };
        if self.protocol == Protocol::Udp {
            if self.reply {
                inbox.datagram().await?;
            }
            socket.close()?;
            return Ok(Delivery::Complete);
        }
        socket.shutdown(ShutdownHow::Send)?;
        socket.set_option(SocketOption::SoLinger(None))?;
        self.half_closed = true;
        let mut delivery = Delivery::Complete;
        // When the peer last did something: answer, or take what was sent.
        let mut active = Instant::now();
        loop {
            tokio::select! {
                ended = inbox.end_of_peer() => {
                    ended?;
                    break;
                }
                () = tokio::time::sleep(LONGEST_PAUSE) => {}
            }
            if inbox.heard() || provider.unacknowledged() > 0 {
                active = Instant::now();
            } else if self.idle.is_some_and(|idle| active.elapsed() >= idle) {
                if self.reply {
                    return Err(WsaError::TimedOut.into());
                }
                delivery = Delivery::PeerGoesOn;
                break;
            }
        }
        let mut pause = Duration::from_millis(1);
        while !close_if_delivered(socket)? {
            // If the peer ended before it was reset, no receive reports the reset.
            if let Some(Err(error)) = socket.ended()? {
                return Err(error.into());
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = LONGEST_PAUSE.min(pause * 2),
                completion = inbox.next() => bail!("unexpected completion {:?}", completion?),
            }
        }
        Ok(delivery)
    }

    /// Ends whatever is left of the connection after this outcome, and returns what
    /// has become of the send.
    pub(super) fn end(self, outcome: Result<Delivery>) -> Result<Delivery> {
        let error = match outcome {
            Ok(delivery) => return Ok(delivery),
            Err(error) => error,
        };
        let Some((_, socket)) = self.socket else {
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
