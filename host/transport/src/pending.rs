//! Pending sends: what an endpoint has still to send.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::SendOptions;
use super::skip::consume;
use super::{Finished, TransportError};

/// The sends of one endpoint.
#[derive(Debug, Default)]
pub(super) struct SendSide {
    /// Pending sends by their position, oldest first; only the first may be partly sent.
    queue: BTreeMap<u64, PendingSend>,
    /// The position of the next one.
    next: u64,
    /// What all of them have still to send, in bytes.
    queued: u64,
    /// Shut the direction down when the queue is empty.
    pub(super) end_after: bool,
    /// Bytes that the system took.
    pub(super) total: u64,
}

impl SendSide {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn queued_bytes(&self) -> u64 {
        self.queued
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &PendingSend> {
        self.queue.values()
    }

    pub(super) fn front(&self) -> Option<&PendingSend> {
        self.queue.values().next()
    }

    /// What the send in that position, which is lent, has still to send and has sent, and
    /// how; none if it has ended.
    pub(super) fn lent(&self, position: u64) -> Option<(u64, u64, SendOptions)> {
        let send = self.queue.get(&position)?;
        match send.rest {
            Rest::Lent(rest) => Some((rest, send.sent, send.options)),
            Rest::Captured(_) => None,
        }
    }

    /// Whether the oldest is one that the driver sends.
    pub(super) fn is_captured(&self) -> bool {
        matches!(
            self.front(),
            Some(PendingSend {
                rest: Rest::Captured(_),
                ..
            })
        )
    }

    /// The position where [`SendSide::push`] will put the next one.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn push(&mut self, send: PendingSend) {
        self.queued += send.remaining();
        self.queue.insert(self.next, send);
        self.next += 1;
    }

    pub(super) fn pop_front(&mut self) -> Option<PendingSend> {
        let (_, send) = self.queue.pop_first()?;
        self.queued -= send.remaining();
        Some(send)
    }

    pub(super) fn remove(&mut self, position: u64) -> Option<PendingSend> {
        let send = self.queue.remove(&position)?;
        self.queued -= send.remaining();
        Some(send)
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = PendingSend> + use<> {
        self.queued = 0;
        std::mem::take(&mut self.queue).into_values()
    }

    /// The oldest `count` sends have sent so many bytes: those that have ended with it.
    pub(super) fn take_sent(&mut self, count: usize, mut bytes: u64) -> Vec<PendingSend> {
        let mut ended = Vec::new();
        for _ in 0..count {
            let Some(mut first) = self.queue.first_entry() else {
                break;
            };
            let send = first.get_mut();
            let step = bytes.min(send.remaining());
            send.advance(step);
            bytes -= step;
            self.queued -= step;
            if send.remaining() > 0 {
                break;
            }
            ended.push(first.remove());
        }
        ended
    }
}

/// A send that has not ended.
#[derive(Debug)]
pub(super) struct PendingSend {
    pub(super) told: Told,
    pub(super) rest: Rest,
    pub(super) options: SendOptions,
    pub(super) sent: u64,
}

/// Who is told how a send has ended.
#[derive(Debug)]
pub(super) enum Told {
    /// The provider, by the number of the operation.
    Provider(u64),
    /// The call that waits for it.
    Caller(oneshot::Sender<End>),
}

/// How a send ended that a call waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Bytes sent, also if it failed.
    pub(super) bytes: u64,
    pub(super) error: Option<TransportError>,
}

impl End {
    /// What a call that waits was told. A send that is gone without a word is a fault of this
    /// crate's.
    pub(super) fn of(told: Result<End, oneshot::error::RecvError>) -> End {
        told.unwrap_or(End {
            bytes: 0,
            error: Some(TransportError::Other),
        })
    }
}

/// What a pending send has still to send.
#[derive(Debug)]
pub(super) enum Rest {
    /// The driver sends it.
    Captured(Captured),
    /// This many bytes, which remain in the guest's memory: the waiting call sends them.
    Lent(u64),
}

/// Parts of a send that are the host's.
#[derive(Debug)]
pub(super) struct Captured {
    pub(super) parts: VecDeque<Bytes>,
    bytes: u64,
}

impl From<Vec<Bytes>> for Captured {
    fn from(parts: Vec<Bytes>) -> Captured {
        Captured {
            bytes: parts.iter().map(|part| part.len() as u64).sum(),
            parts: parts.into(),
        }
    }
}

impl PendingSend {
    pub(super) fn remaining(&self) -> u64 {
        match &self.rest {
            Rest::Captured(captured) => captured.bytes,
            Rest::Lent(bytes) => *bytes,
        }
    }

    fn advance(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
        match &mut self.rest {
            Rest::Captured(captured) => {
                captured.bytes = captured.bytes.saturating_sub(bytes);
                let empty = consume(captured.parts.iter_mut(), bytes);
                captured.parts.drain(..empty);
            }
            Rest::Lent(rest) => *rest = rest.saturating_sub(bytes),
        }
    }

    /// Ends it. A call that waits is told; what the provider is to be told is returned.
    pub(super) fn end(self, error: Option<TransportError>) -> Option<Finished> {
        let bytes = self.sent;
        match self.told {
            Told::Provider(operation) => Some(Finished {
                operation,
                bytes,
                error,
                source: None,
            }),
            Told::Caller(caller) => {
                // Gone if its program ended meanwhile.
                let _ = caller.send(End { bytes, error });
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SendFlags;
    use super::*;

    fn send(operation: u64, parts: &[&'static str]) -> PendingSend {
        let parts: Vec<Bytes> = parts.iter().map(|part| Bytes::from(*part)).collect();
        PendingSend {
            told: Told::Provider(operation),
            rest: Rest::Captured(parts.into()),
            options: SendOptions {
                flags: SendFlags::empty(),
                to: None,
            },
            sent: 0,
        }
    }

    #[test]
    fn what_is_queued_is_known_without_a_walk_whatever_happens() {
        let mut sends = SendSide::default();
        for (operation, parts) in [["ab", "c"], ["", "de"], ["", ""], ["f", "gh"]]
            .iter()
            .enumerate()
        {
            sends.push(send(operation as u64, parts));
        }
        let walk = |sends: &SendSide| sends.iter().map(PendingSend::remaining).sum::<u64>();
        assert_eq!((sends.queued_bytes(), walk(&sends)), (8, 8));
        let ended = sends.take_sent(4, 5);
        let ended = ended.into_iter().filter_map(|send| send.end(None));
        let ended: Vec<u64> = ended.map(|finished| finished.operation).collect();
        assert_eq!(ended, [0, 1, 2]);
        assert_eq!((sends.queued_bytes(), walk(&sends)), (3, 3));
        assert_eq!(sends.take_sent(1, 1).len(), 0);
        sends.push(send(9, &["ijk"]));
        assert_eq!((sends.queued_bytes(), walk(&sends)), (5, 5));
        assert!(sends.remove(3).is_some_and(|send| send.sent == 1));
        assert_eq!((sends.queued_bytes(), walk(&sends)), (3, 3));
        assert_eq!(sends.take_all().count(), 1);
        assert_eq!((sends.queued_bytes(), sends.is_empty()), (0, true));
    }
}
