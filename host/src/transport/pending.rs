//! Pending sends: what an endpoint has still to send.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::completions::Ended;
use super::gather::How;
use super::{Finished, TransportError};
use crate::memory::consume;
use crate::quota::Permit;

/// The sends of one endpoint.
#[derive(Debug, Default)]
pub(super) struct SendSide {
    /// Pending sends, oldest first; only the first may be partly sent.
    pub(super) queue: VecDeque<PendingSend>,
    /// The task that drives the queue, while there is one.
    pub(super) pump: Option<AbortHandle>,
    /// Shut the direction down when the queue is empty.
    pub(super) end_after: bool,
    /// Bytes that the system took.
    pub(super) total: u64,
    /// Told when the queue becomes empty.
    pub(super) emptied: Arc<Notify>,
}

impl SendSide {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn queued_bytes(&self) -> u64 {
        self.queue.iter().map(PendingSend::remaining).sum()
    }

    /// Tells the oldest `count` sends that the system took so many bytes of theirs, and
    /// takes out those that have ended with it.
    pub(super) fn take_sent(&mut self, count: usize, mut bytes: u64) -> Vec<Ended> {
        let mut ended = 0;
        for send in self.queue.iter_mut().take(count) {
            let step = bytes.min(send.remaining());
            send.advance(step);
            bytes -= step;
            if send.remaining() > 0 {
                break;
            }
            ended += 1;
        }
        self.queue
            .drain(..ended)
            .map(|send| send.ended(None))
            .collect()
    }
}

/// A send that the host goes on with.
#[derive(Debug)]
pub(super) struct PendingSend {
    pub(super) operation: u64,
    pub(super) rest: Rest,
    pub(super) how: How,
    pub(super) sent: u64,
    /// What it holds of the quotas, until it ends.
    pub(super) permit: Permit,
}

/// What a pending send has still to send.
#[derive(Debug)]
pub(super) enum Rest {
    /// The pump sends it.
    Captured(VecDeque<Bytes>),
    /// So many bytes, which lie where they lay: whoever waits sends them.
    InPlace(u64),
}

impl PendingSend {
    pub(super) fn remaining(&self) -> u64 {
        match &self.rest {
            Rest::Captured(parts) => parts.iter().map(|part| part.len() as u64).sum(),
            Rest::InPlace(bytes) => *bytes,
        }
    }

    pub(super) fn is_in_place(&self, operation: u64) -> bool {
        self.operation == operation && matches!(self.rest, Rest::InPlace(_))
    }

    pub(super) fn advance(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
        let parts = match &mut self.rest {
            Rest::Captured(parts) => parts,
            Rest::InPlace(rest) => {
                *rest = rest.saturating_sub(bytes);
                return;
            }
        };
        let empty = consume(parts.iter_mut(), bytes);
        parts.drain(..empty);
    }

    pub(super) fn ended(self, error: Option<TransportError>) -> Ended {
        let finished = Finished {
            operation: self.operation,
            bytes: self.sent,
            error,
            source: None,
        };
        Ended::new(finished, self.permit)
    }
}
