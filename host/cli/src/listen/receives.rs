//! Overlapped receives of several sockets, each with several posted at once.

use std::collections::{HashMap, VecDeque};

use anyhow::anyhow;
use bytes::Bytes;
use futures::StreamExt;
use wsp::{Completion, Completions, MessageFlags, Notify, Provider, Socket};

/// Receives of one socket that are posted at once.
pub(super) const DEPTH: usize = 4;

/// Room of one receive: as much as the longest datagram.
const CAPACITY: u32 = 64 * 1024;

/// The receives of all sockets of one provider.
pub(super) struct Receives {
    completions: Completions,
    next: u64,
    lanes: HashMap<Id, Lane>,
    /// The sockets that the operations belong to.
    operations: HashMap<u64, Id>,
}

/// A socket among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(u64);

/// The receives of one socket, in the order that they were posted.
struct Lane {
    socket: Socket,
    posted: VecDeque<u64>,
    finished: HashMap<u64, Completion>,
}

impl Receives {
    pub(super) fn new(provider: &Provider) -> Self {
        Self {
            completions: provider.completions(),
            next: 0,
            lanes: HashMap::new(),
            operations: HashMap::new(),
        }
    }

    /// Takes a socket in.
    pub(super) fn add(&mut self, socket: Socket) -> Id {
        self.next += 1;
        let id = Id(self.next);
        let lane = Lane {
            socket,
            posted: VecDeque::new(),
            finished: HashMap::new(),
        };
        self.lanes.insert(id, lane);
        id
    }

    /// Gives a socket back; what it has not handed out is gone.
    pub(super) fn remove(&mut self, id: Id) -> Option<Socket> {
        self.operations.retain(|_, of| *of != id);
        Some(self.lanes.remove(&id)?.socket)
    }

    /// Posts receives until there are `depth` of them.
    pub(super) fn post(&mut self, id: Id, depth: usize) -> Result<(), wsp::Error> {
        let Some(lane) = self.lanes.get_mut(&id) else {
            return Ok(());
        };
        while lane.posted.len() < depth {
            let flags = MessageFlags::empty();
            let posted = lane
                .socket
                .receive_overlapped(CAPACITY, flags, Notify::Event)?;
            lane.posted.push_back(posted.operation);
            self.operations.insert(posted.operation, id);
        }
        Ok(())
    }

    /// Waits until a receive has finished, and returns whose. Completions of sockets
    /// that were given back, which their close aborted, are dropped. Dropping the
    /// future loses nothing.
    pub(super) async fn finished(&mut self) -> anyhow::Result<Id> {
        loop {
            let completion = match self.completions.next().await {
                Some(completion) => completion?,
                None => return Err(anyhow!("the provider has ended")),
            };
            let Some(id) = self.operations.remove(&completion.operation) else {
                continue;
            };
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.finished.insert(completion.operation, completion);
                return Ok(id);
            }
        }
    }

    /// What arrived next, as far as that is known: nothing at the end of a stream.
    pub(super) fn take(&mut self, id: Id) -> Option<Result<Bytes, wsp::Error>> {
        let lane = self.lanes.get_mut(&id)?;
        let completion = lane.finished.remove(lane.posted.front()?)?;
        lane.posted.pop_front();
        Some(match completion.error {
            Some(error) => Err(error.into()),
            None => Ok(completion.data.unwrap_or_default()),
        })
    }
}
