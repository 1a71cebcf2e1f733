//! What streams and datagrams share: operations that are pending, and how they end.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;

use wsp_core::{Finished, Interest, ReceiveFlags, TransportError};

use crate::limits::{Account, Charge};
use crate::memory::Room;
use crate::wasi::Wasi;

/// What an endpoint works with, which is the machine's.
pub(crate) struct Context<'a, W: Wasi> {
    pub(crate) wasi: &'a W,
    pub(crate) account: &'a Rc<Account>,
    pub(crate) finished: &'a mut VecDeque<Finished>,
}

impl<W: Wasi> Context<'_, W> {
    pub(crate) fn finish(&mut self, operation: u64, bytes: usize, error: Option<TransportError>) {
        self.finish_from(operation, bytes, error, None);
    }

    fn finish_from(
        &mut self,
        operation: u64,
        bytes: usize,
        error: Option<TransportError>,
        source: Option<SocketAddr>,
    ) {
        self.finished.push_back(Finished {
            operation,
            bytes: bytes as u64,
            error,
            source,
        });
    }
}

/// A receive that waits for its turn.
pub(crate) struct Receive {
    operation: u64,
    pub(crate) room: Room,
    pub(crate) flags: ReceiveFlags,
    _charge: Charge,
}

impl Receive {
    /// Ends it, with what it delivers.
    pub(crate) fn end<W: Wasi>(
        self,
        cx: &mut Context<'_, W>,
        bytes: Vec<u8>,
        error: Option<TransportError>,
        source: Option<SocketAddr>,
    ) {
        let length = bytes.len();
        self.room.end(bytes);
        cx.finish_from(self.operation, length, error, source);
    }
}

/// The receives of an endpoint, in the order in which they are served.
#[derive(Default)]
pub(crate) struct Receives(VecDeque<Receive>);

impl Receives {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Another one waits, for which `charge` was taken.
    pub(crate) fn push(
        &mut self,
        room: &Room,
        flags: ReceiveFlags,
        operation: u64,
        charge: Charge,
    ) {
        room.begin();
        self.0.push_back(Receive {
            operation,
            room: room.clone(),
            flags,
            _charge: charge,
        });
    }

    pub(crate) fn next(&mut self) -> Option<Receive> {
        self.0.pop_front()
    }

    /// The next one has nothing to receive yet.
    pub(crate) fn put_back(&mut self, receive: Receive) {
        self.0.push_front(receive);
    }

    pub(crate) fn cancel<W: Wasi>(&mut self, cx: &mut Context<'_, W>, operation: u64) -> bool {
        let receive = take(&mut self.0, |receive| receive.operation == operation);
        let found = receive.is_some();
        if let Some(receive) = receive {
            receive.end(cx, Vec::new(), Some(TransportError::Cancelled), None);
        }
        found
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|receive| receive.operation)
    }
}

/// Somebody who wants to know.
pub(crate) struct Watch {
    pub(crate) operation: u64,
    pub(crate) interest: Interest,
    _charge: Charge,
}

/// The watches of an endpoint.
#[derive(Default)]
pub(crate) struct Watches(Vec<Watch>);

impl Watches {
    pub(crate) fn start<W: Wasi>(
        &mut self,
        cx: &Context<'_, W>,
        interest: Interest,
        operation: u64,
    ) -> Result<(), TransportError> {
        let charge = cx.account.operation()?;
        self.0.push(Watch {
            operation,
            interest,
            _charge: charge,
        });
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn wants(&self, interests: &[Interest]) -> bool {
        self.0
            .iter()
            .any(|watch| interests.contains(&watch.interest))
    }

    /// Finishes those that have what they wait for.
    pub(crate) fn settle<W: Wasi>(
        &mut self,
        cx: &mut Context<'_, W>,
        mut holds: impl FnMut(&mut Context<'_, W>, Interest) -> bool,
    ) {
        self.0.retain(|watch| {
            let holds = holds(cx, watch.interest);
            if holds {
                cx.finish(watch.operation, 0, None);
            }
            !holds
        });
    }

    pub(crate) fn cancel<W: Wasi>(&mut self, cx: &mut Context<'_, W>, operation: u64) -> bool {
        let at = self.0.iter().position(|watch| watch.operation == operation);
        if let Some(at) = at {
            self.0.remove(at);
            cx.finish(operation, 0, Some(TransportError::Cancelled));
        }
        at.is_some()
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|watch| watch.operation)
    }
}

/// Takes the one that `is_it` out of a queue.
pub(crate) fn take<T>(queue: &mut VecDeque<T>, is_it: impl FnMut(&T) -> bool) -> Option<T> {
    let at = queue.iter().position(is_it)?;
    queue.remove(at)
}
