//! Overlapped receives, several posted at once.

use std::collections::{HashMap, VecDeque};

use anyhow::anyhow;
use bytes::Bytes;
use futures::StreamExt;
use wsp::{Completion, Completions, MessageFlags, Notify, Socket};

/// Receives that are posted at once.
const POSTED: usize = 4;

/// Room of one receive: as much as the longest datagram.
const CAPACITY: u32 = 64 * 1024;

/// The receives of one socket, in the order that they were posted.
pub(super) struct Receives {
    socket: Socket,
    posted: VecDeque<u64>,
    finished: HashMap<u64, Completion>,
}

impl Receives {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            posted: VecDeque::new(),
            finished: HashMap::new(),
        }
    }

    /// What arrived next: nothing at the end of a stream. Completions of other
    /// sockets, which are those that a close aborted, are dropped.
    pub(super) async fn next(&mut self, completions: &mut Completions) -> anyhow::Result<Bytes> {
        while self.posted.len() < POSTED {
            let flags = MessageFlags::empty();
            let posted = self
                .socket
                .receive_overlapped(CAPACITY, flags, Notify::Event)?;
            self.posted.push_back(posted.operation);
        }
        loop {
            let oldest = self
                .posted
                .front()
                .and_then(|oldest| self.finished.remove(oldest));
            if let Some(completion) = oldest {
                self.posted.pop_front();
                return match completion.error {
                    Some(error) => Err(error.into()),
                    None => Ok(completion.data.unwrap_or_default()),
                };
            }
            match completions.next().await {
                Some(completion) => {
                    let completion = completion?;
                    if self.posted.contains(&completion.operation) {
                        self.finished.insert(completion.operation, completion);
                    }
                }
                None => return Err(anyhow!("the provider has ended")),
            }
        }
    }
}
