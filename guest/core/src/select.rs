//! WSPSelect.

use alloc::vec::Vec;

use crate::{
    Provider, Readiness, SocketId, Transport, WsaError, operation::Watched, socket::Socket,
    wait::WaitEnd,
};

/// What [`Provider::select`] found: positions in the lists that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectedSockets {
    /// A receive or an accept would not wait, or the connection has ended.
    pub read: Vec<u32>,
    /// A send would not wait, or a connection attempt has succeeded.
    pub write: Vec<u32>,
    /// Urgent data has arrived, or a connection attempt has failed.
    pub except: Vec<u32>,
}

impl SelectedSockets {
    fn is_empty(&self) -> bool {
        self.read.is_empty() && self.write.is_empty() && self.except.is_empty()
    }
}

impl<T: Transport> Provider<T> {
    /// WSPSelect: blocks until one of the sockets is ready. A `timeout_ms` of
    /// `None` waits without limit, 0 only looks; nothing is ready after a time-out.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` for no sockets at all; `WSAENOTSOCK`; `WSAENOBUFS` where there
    /// is no room for another watch; `WSAEWOULDBLOCK` if the transport never blocks.
    pub fn select(
        &mut self,
        read: &[SocketId],
        write: &[SocketId],
        except: &[SocketId],
        timeout_ms: Option<u32>,
    ) -> Result<SelectedSockets, WsaError> {
        if read.is_empty() && write.is_empty() && except.is_empty() {
            return Err(WsaError::Inval);
        }
        for s in read.iter().chain(write).chain(except) {
            self.open_socket(*s)?;
        }
        let lists = [
            (read, Watched::Readable),
            (write, Watched::Writable),
            (except, Watched::Urgent),
        ];
        let end = self.wait_until(timeout_ms, None, |provider| {
            for s in read.iter().chain(write).chain(except) {
                provider.look_at_attempt(*s);
            }
            let selected = SelectedSockets {
                read: provider.ready_among(read, Watched::Readable),
                write: provider.ready_among(write, Watched::Writable),
                except: provider.ready_among(except, Watched::Urgent),
            };
            if !selected.is_empty() {
                return Ok(Some(selected));
            }
            if timeout_ms != Some(0) {
                for (sockets, watched) in lists {
                    provider.watch_among(sockets, watched)?;
                }
            }
            Ok(None)
        })?;
        Ok(match end {
            WaitEnd::Found(selected) => selected,
            WaitEnd::IoCompletion | WaitEnd::TimedOut => SelectedSockets::default(),
        })
    }

    fn ready_among(&mut self, sockets: &[SocketId], watched: Watched) -> Vec<u32> {
        let ready = (0..).zip(sockets);
        ready
            .filter(|(_, s)| self.selects(**s, watched))
            .map(|(position, _)| position)
            .collect()
    }

    fn selects(&mut self, s: SocketId, watched: Watched) -> bool {
        let Some(socket) = self.sockets.get(s) else {
            return false;
        };
        if watched == Watched::Urgent && socket.attempt_failed {
            return true;
        }
        if !socket.can_be_polled() {
            return false;
        }
        if socket.failure.is_some() {
            return watched != Watched::Urgent;
        }
        let ready = self.transport.ready(&socket.endpoint);
        let ended = Readiness::ENDED | Readiness::FAILED;
        match watched {
            Watched::Readable => ready.intersects(Readiness::READABLE | ended),
            Watched::Writable => ready.intersects(Readiness::WRITABLE | Readiness::FAILED),
            Watched::Urgent => ready.contains(Readiness::URGENT),
            Watched::Drained => false,
        }
    }

    fn watch_among(&mut self, sockets: &[SocketId], watched: Watched) -> Result<(), WsaError> {
        for s in sockets {
            let Some(socket) = self.sockets.get(*s) else {
                continue;
            };
            // The end of a connection attempt is waited for already, and no urgent data
            // come after the end of a stream.
            let watchable = socket.can_be_polled()
                && (watched != Watched::Urgent
                    || (socket.is_connected() && !has_ended(&mut self.transport, socket)));
            if watchable {
                self.watch(*s, watched).map_err(|_| WsaError::NoBufs)?;
            }
        }
        Ok(())
    }
}

fn has_ended<T: Transport>(transport: &mut T, socket: &Socket<T::Endpoint>) -> bool {
    let ready = transport.ready(&socket.endpoint);
    ready.contains(Readiness::ENDED)
}
