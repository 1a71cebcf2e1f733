//! Connections that an engine makes itself, for what a program asks of it in another way than
//! with sockets.

use std::fmt;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use super::Sockets;
use crate::policy::{OngoingUse, Policy, Protocol, Request, Usage};
use crate::quota::{Part, Permit, Refusal};
use crate::sync::lock;
use crate::witness::Closed;
use crate::{Ended, Guard, Holder};

/// Why a connection may not be made. Every one was reported to the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotConnect {
    /// No rule lets the program connect to the peer.
    #[error("no rule lets it connect there")]
    Denied,
    /// A quota is used up.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A TCP connection that may be made, to one peer. It counts as an open socket until it is
/// dropped, which tells the witness of its end. If a policy comes into force that does not
/// allow it, it is ended, and no byte moves any more.
pub struct Connection {
    allowed: Arc<Allowed>,
    permits: Option<[Permit; 2]>,
}

struct Allowed {
    guard: Arc<Guard>,
    peer: SocketAddr,
    ongoing: OngoingUse,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether a policy has ended it.
    ended: bool,
    /// Closes it at once, once it is made.
    close: Option<Box<dyn FnOnce() + Send>>,
    sender: Option<Waker>,
    receiver: Option<Waker>,
    sent: u64,
    received: u64,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.allowed.state);
        f.debug_struct("Connection")
            .field("peer", &self.allowed.peer)
            .field("ended", &state.ended)
            .field("sent", &state.sent)
            .field("received", &state.received)
            .finish_non_exhaustive()
    }
}

impl Sockets {
    /// Decides on a TCP connection to `peer`, and takes it from the quota: a socket, `memory`
    /// bytes of payload for what the engine buffers, and one of the connections of a second.
    ///
    /// # Errors
    ///
    /// [`CannotConnect::Denied`] if no rule lets the program connect there;
    /// [`CannotConnect::Refused`] if a quota is used up. Nothing was taken then.
    pub fn connect(&self, peer: SocketAddr, memory: usize) -> Result<Connection, CannotConnect> {
        if self.is_revoked() {
            return Err(CannotConnect::Denied);
        }
        let guard = self.guard();
        let connect = Request::socket(Protocol::Tcp, Usage::Connect(peer));
        let policy = guard.policy();
        let Some((_, ongoing)) = policy.decide_ongoing(&connect) else {
            return Err(CannotConnect::Denied);
        };
        let permits = [
            guard.take(Part::Socket)?.keep(),
            guard.take(Part::Payload(memory))?.keep(),
        ];
        guard.take_connect()?;
        guard.witness().socket_opened();
        guard.witness().connecting();
        let allowed = Arc::new(Allowed {
            guard: Arc::clone(guard),
            peer,
            ongoing,
            state: Mutex::default(),
        });
        // While the policy is held: another one finds it.
        let holder: Weak<dyn Holder> = Arc::<Allowed>::downgrade(&allowed);
        guard.hold(holder);
        drop(policy);
        Ok(Connection {
            allowed,
            permits: Some(permits),
        })
    }
}

impl Connection {
    /// What guards it.
    #[must_use]
    pub fn guard(&self) -> &Arc<Guard> {
        &self.allowed.guard
    }

    /// The only address that it may go to.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.allowed.peer
    }

    /// Waits until another policy has ended it.
    pub fn poll_ended(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.allowed.state);
        if state.ended {
            return Poll::Ready(());
        }
        state.sender = Some(context.waker().clone());
        Poll::Pending
    }

    /// It is made. `close` closes it at once, so that not even what the system has taken of it
    /// is sent any more; it is called if a policy ends it, by the thread that replaces the
    /// policy.
    ///
    /// # Errors
    ///
    /// [`CannotConnect::Denied`] if a policy has ended it already.
    pub fn made(&self, close: impl FnOnce() + Send + 'static) -> Result<(), CannotConnect> {
        let mut state = lock(&self.allowed.state);
        if state.ended {
            drop(state);
            close();
            return Err(CannotConnect::Denied);
        }
        state.close = Some(Box::new(close));
        Ok(())
    }

    /// Sends as `send` does, which says how many bytes the system took.
    ///
    /// # Errors
    ///
    /// Those of `send`; [`io::ErrorKind::ConnectionAborted`] if a policy has ended it.
    pub fn poll_send(
        &self,
        context: &mut Context<'_>,
        send: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.allowed.state);
        if state.ended {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let sent = send(context);
        match &sent {
            Poll::Pending => state.sender = Some(context.waker().clone()),
            Poll::Ready(Ok(bytes)) => {
                let bytes = length(*bytes);
                state.sent = state.sent.saturating_add(bytes);
                self.guard().witness().sent(bytes);
            }
            Poll::Ready(Err(_)) => {}
        }
        sent
    }

    /// Receives as `receive` does, which says how many bytes came.
    ///
    /// # Errors
    ///
    /// As those of [`Connection::poll_send`].
    pub fn poll_receive(
        &self,
        context: &mut Context<'_>,
        receive: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.allowed.state);
        if state.ended {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let received = receive(context);
        match &received {
            Poll::Pending => state.receiver = Some(context.waker().clone()),
            Poll::Ready(Ok(bytes)) => {
                let bytes = length(*bytes);
                state.received = state.received.saturating_add(bytes);
                self.guard().witness().received(bytes);
            }
            Poll::Ready(Err(_)) => {}
        }
        received
    }
}

impl Holder for Allowed {
    fn recheck(&self, policy: &Policy) -> Vec<Ended> {
        let Err(denial) = policy.still_allows(&self.ongoing) else {
            return Vec::new();
        };
        let mut state = lock(&self.state);
        if mem::replace(&mut state.ended, true) {
            return Vec::new();
        }
        if let Some(close) = state.close.take() {
            close();
        }
        let ended = Ended {
            denial,
            sent: state.sent,
            received: state.received,
        };
        let waiting = [state.sender.take(), state.receiver.take()];
        drop(state);
        waiting.into_iter().flatten().for_each(Waker::wake);
        vec![ended]
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // What is told of the end finds the quota free.
        drop(self.permits.take());
        let Allowed {
            guard, peer, state, ..
        } = &*self.allowed;
        guard.closed(Protocol::Tcp, || {
            let state = lock(state);
            Closed {
                peer: Some(*peer),
                local: None,
                sent: state.sent,
                received: state.received,
            }
        });
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
