//! Connections that take turns: the one that has something to say is listened to
//! until its end, while the others wait with what they sent in the system.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use futures::FutureExt;
use tokio::time::Instant;
use wsp::{Provider, Socket, WsaError};

use super::receives::{DEPTH, Id, Receives};
use super::sink::Sink;
use crate::session;

/// Connections that are open at once; more wait to be accepted.
const OPEN: usize = 64;

/// The connections of one listener.
pub(super) struct Turns<'a> {
    listener: &'a Socket,
    receives: Receives,
    sink: &'a mut Sink,
    idle: Option<Duration>,
    /// Whether the first connection is the only one.
    once: bool,
    /// Connections that have not said anything, the oldest first.
    silent: VecDeque<Connection>,
    /// Connections that have, in that order. Only the first is received from.
    ready: VecDeque<Connection>,
    /// Connections that had their turn.
    pub(super) served: u64,
}

struct Connection {
    id: Id,
    peer: SocketAddr,
    /// Since when nothing was heard of it.
    silent_since: Instant,
}

/// What happened.
enum Event {
    Accepted(Socket, SocketAddr),
    Received(Id),
    Silence,
}

impl<'a> Turns<'a> {
    pub(super) fn new(
        provider: &Provider,
        listener: &'a Socket,
        sink: &'a mut Sink,
        idle: Option<Duration>,
        once: bool,
    ) -> Self {
        Self {
            listener,
            receives: Receives::new(provider),
            sink,
            idle,
            once,
            silent: VecDeque::new(),
            ready: VecDeque::new(),
            served: 0,
        }
    }

    /// Serves one connection after the other: the first one only, or for ever.
    ///
    /// # Errors
    ///
    /// When the listener, the provider or the sink fails; with `once` also when
    /// the connection does.
    pub(super) async fn serve(&mut self) -> Result<()> {
        loop {
            match self.event().await? {
                Event::Accepted(connection, peer) => self.accepted(connection, peer)?,
                Event::Received(id) => self.received(id),
                Event::Silence => self.end_silent()?,
            }
            while self.serve_first().await? {
                if self.once {
                    return Ok(());
                }
            }
        }
    }

    /// Hands on what the connection that has its turn has sent so far.
    pub(super) async fn drain(&mut self) -> Result<()> {
        while let Some(Ok(id)) = self.receives.finished().now_or_never() {
            self.received(id);
        }
        if let Some(Connection { id, .. }) = self.ready.front() {
            while let Some(Ok(data)) = self.receives.take(*id) {
                self.sink.write(data).await?;
            }
        }
        Ok(())
    }

    /// Resets every connection, so that no sender takes what it sent for received.
    pub(super) fn reset(&mut self) {
        for connection in self.silent.drain(..).chain(self.ready.drain(..)) {
            if let Some(socket) = self.receives.remove(connection.id) {
                session::reset(&socket);
            }
        }
    }

    async fn event(&mut self) -> Result<Event> {
        let open = self.silent.len() + self.ready.len();
        let room = if self.once {
            self.served == 0 && open == 0
        } else {
            open < OPEN
        };
        let deadline = self.deadline();
        // What was received counts before the time, which may have passed while
        // the sink was busy.
        tokio::select! {
            biased;
            failure = self.sink.failure() => Err(failure),
            received = self.receives.finished() => Ok(Event::Received(received?)),
            accepted = self.listener.accept(), if room => {
                let (connection, peer) = accepted?;
                Ok(Event::Accepted(connection, peer))
            }
            () = silence(deadline) => Ok(Event::Silence),
        }
    }

    fn accepted(&mut self, connection: Socket, peer: SocketAddr) -> Result<()> {
        tracing::info!(%peer, "accepted");
        if self.once {
            // Another one would never have its turn.
            self.listener.close()?;
        }
        let id = self.receives.add(connection);
        let silent_since = Instant::now();
        self.silent.push_back(Connection {
            id,
            peer,
            silent_since,
        });
        if let Err(error) = self.receives.post(id, 1) {
            self.silent.pop_back();
            return self.failed(id, peer, error.into());
        }
        Ok(())
    }

    /// A connection that was silent waits for its turn from now on.
    fn received(&mut self, id: Id) {
        let waiting = self.silent.iter().position(|silent| silent.id == id);
        self.ready
            .extend(waiting.and_then(|position| self.silent.remove(position)));
    }

    /// Writes what has arrived from the connection that has its turn. True when
    /// that was its end.
    async fn serve_first(&mut self) -> Result<bool> {
        loop {
            let Some(Connection { id, peer, .. }) = self.ready.front() else {
                return Ok(false);
            };
            let (id, peer) = (*id, *peer);
            let Some(received) = self.receives.take(id) else {
                return Ok(false);
            };
            let posted = self.receives.post(id, DEPTH);
            match received {
                Ok(data) if data.is_empty() => {
                    // Only then the end, on which the sender may wait.
                    self.sink.publish().await?;
                    self.ready.pop_front();
                    self.served += 1;
                    if let Some(socket) = self.receives.remove(id) {
                        socket.close()?;
                    }
                    return Ok(true);
                }
                Ok(data) => self.sink.write(data).await?,
                Err(error) => {
                    self.ready.pop_front();
                    self.served += 1;
                    self.failed(id, peer, error.into())?;
                    continue;
                }
            }
            if let Some(first) = self.ready.front_mut() {
                first.silent_since = Instant::now();
            }
            if let Err(error) = posted {
                self.ready.pop_front();
                self.served += 1;
                self.failed(id, peer, error.into())?;
            }
        }
    }

    /// When the next connection has been silent for too long.
    fn deadline(&self) -> Option<Instant> {
        let oldest = self.silent.front().into_iter().chain(self.ready.front());
        let since = oldest.map(|connection| connection.silent_since).min()?;
        since.checked_add(self.idle?)
    }

    /// Ends what has been silent for too long.
    fn end_silent(&mut self) -> Result<()> {
        let Some(idle) = self.idle else {
            return Ok(());
        };
        let is_late = |first: &mut Connection| first.silent_since.elapsed() >= idle;
        let late = self.silent.pop_front_if(is_late);
        let Some(Connection { id, peer, .. }) = late.or_else(|| self.ready.pop_front_if(is_late))
        else {
            return Ok(());
        };
        let silent = format!("it sent nothing for {idle:?}, which is the limit of --idle");
        let error = anyhow!(WsaError::TimedOut).context(silent);
        self.failed(id, peer, error)
    }

    /// Resets a connection that failed.
    fn failed(&mut self, id: Id, peer: SocketAddr, error: anyhow::Error) -> Result<()> {
        if let Some(socket) = self.receives.remove(id) {
            session::reset(&socket);
        }
        if self.once || !super::is_winsock(&error) {
            return Err(error).with_context(|| format!("the connection from {peer} failed"));
        }
        tracing::warn!(%peer, "the connection failed: {error:#}");
        Ok(())
    }
}

async fn silence(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
