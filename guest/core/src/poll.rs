//! WSAPoll: which sockets are ready, in one list, with what each is asked for.

use alloc::vec::Vec;

use crate::{
    Provider, Readiness, SocketId, Transport, WsaError,
    operation::Watched,
    socket::{Socket, State, StreamState},
    wait::WaitEnd,
};

bitflags::bitflags! {
    /// What WSAPoll asks and answers.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct PollEvents: u8 {
        /// `POLLRDNORM`: a receive would find data, or an accept a connection.
        const READ = 1;
        /// `POLLRDBAND`: urgent data has arrived.
        const URGENT = 2;
        /// `POLLWRNORM`: a send would not wait.
        const WRITE = 4;
        /// `POLLERR`, never asked: the connection, or the attempt, has failed.
        const ERROR = 8;
        /// `POLLHUP`, never asked: the peer has ended the connection, or there is none any more.
        const HANG_UP = 16;
    }
}

impl PollEvents {
    /// What a connection that has failed answers.
    const FAILED: PollEvents = PollEvents::WRITE
        .union(PollEvents::ERROR)
        .union(PollEvents::HANG_UP);
    /// What is answered without being asked.
    const ALWAYS: PollEvents = PollEvents::ERROR.union(PollEvents::HANG_UP);
}

impl<T: Transport> Provider<T> {
    /// WSAPoll: blocks until one of the sockets has what it is asked for, or has failed or
    /// ended. A `timeout_ms` of `None` waits without limit, 0 only looks. The answer has one
    /// entry for each socket, in their order; all are empty after a time-out.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` for no sockets at all, and for `ERROR` and `HANG_UP` where something is
    /// asked; `WSAENOTSOCK`; `WSAENOBUFS` if there is no room for another watch;
    /// `WSAEWOULDBLOCK` if the transport never blocks.
    pub fn poll(
        &mut self,
        sockets: &[(SocketId, PollEvents)],
        timeout_ms: Option<u32>,
    ) -> Result<Vec<PollEvents>, WsaError> {
        if sockets.is_empty() {
            return Err(WsaError::Inval);
        }
        for (s, asked) in sockets {
            self.open_socket(*s)?;
            if asked.intersects(PollEvents::ALWAYS) {
                return Err(WsaError::Inval);
            }
        }
        let end = self.wait_until(timeout_ms, None, |provider| {
            for (s, _) in sockets {
                provider.look_at_attempt(*s);
            }
            let found: Vec<PollEvents> = sockets
                .iter()
                .map(|(s, asked)| provider.polled(*s) & (*asked | PollEvents::ALWAYS))
                .collect();
            if found.iter().any(|found| !found.is_empty()) {
                return Ok(Some(found));
            }
            if timeout_ms != Some(0) {
                for (s, asked) in sockets {
                    provider.watch_polled(*s, *asked)?;
                }
            }
            Ok(None)
        })?;
        Ok(match end {
            WaitEnd::Found(found) => found,
            WaitEnd::IoCompletion | WaitEnd::TimedOut => {
                sockets.iter().map(|_| PollEvents::empty()).collect()
            }
        })
    }

    /// All that holds for a socket now.
    fn polled(&mut self, s: SocketId) -> PollEvents {
        self.look_at_attempt(s);
        let Some(socket) = self.sockets.get(s) else {
            return PollEvents::empty();
        };
        if socket.attempt_failed || socket.failure.is_some() {
            return PollEvents::FAILED;
        }
        if !socket.can_be_polled() {
            return PollEvents::empty();
        }
        let ready = self.transport.ready(&socket.endpoint);
        if ready.contains(Readiness::FAILED) {
            return PollEvents::FAILED;
        }
        let mut found = PollEvents::empty();
        if socket.state == State::Stream(StreamState::Listening) {
            found.set(PollEvents::READ, ready.contains(Readiness::READABLE));
            return found;
        }
        let ended = ready.contains(Readiness::ENDED);
        let unread = ready.contains(Readiness::READABLE)
            && (!ended || self.transport.available(&socket.endpoint).unwrap_or(0) > 0);
        found.set(PollEvents::READ, unread && !socket.receive_shut_down);
        found.set(PollEvents::URGENT, ready.contains(Readiness::URGENT));
        found.set(PollEvents::WRITE, ready.contains(Readiness::WRITABLE));
        // A socket that receives no more looks as if its peer had ended.
        found.set(PollEvents::HANG_UP, ended && !socket.receive_shut_down);
        found
    }

    /// Watches for what a socket is asked, and for the end and the failure of its connection.
    fn watch_polled(&mut self, s: SocketId, asked: PollEvents) -> Result<(), WsaError> {
        let Some(socket) = self.sockets.get(s) else {
            return Ok(());
        };
        if !socket.can_be_polled() {
            // The end of a connection attempt is waited for already.
            return Ok(());
        }
        let connected = socket.is_connected();
        // With data that nobody asks for, only the end and the failure are left to watch for,
        // which end a watch for urgent data.
        let ready = self.transport.ready(&socket.endpoint);
        let unread = ready.contains(Readiness::READABLE);
        let ended = ready.contains(Readiness::ENDED);
        let wanted = [
            (
                asked.contains(PollEvents::READ) || (connected && !unread),
                Watched::Readable,
            ),
            (asked.contains(PollEvents::WRITE), Watched::Writable),
            (connected && !ended, Watched::Urgent),
        ];
        for (wanted, watched) in wanted {
            if wanted {
                self.watch(s, watched).map_err(|_| WsaError::NoBufs)?;
            }
        }
        Ok(())
    }
}

impl<E> Socket<E> {
    /// A datagram socket can send before it is bound.
    pub(crate) fn can_be_polled(&self) -> bool {
        self.can_be_ready() || matches!(self.state, State::Datagram { .. })
    }
}
