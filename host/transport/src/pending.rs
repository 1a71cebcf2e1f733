//! Pending sends: what an endpoint has still to send.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::burst::Burst;
use super::lane::{Ended, Lane, Pending};
use super::slices::consume;
use super::tracer::Traced;
use super::{Finished, SendOptions, TransportError};

/// The sends of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Sends {
    pub(super) lane: Lane<PendingSend>,
    /// Shut the direction down when the lane is empty.
    pub(super) end_after: bool,
    /// What of the lane waits for the program to look at something.
    pub(super) burst: Burst,
}

impl Lane<PendingSend> {
    /// What the send in that position, which is lent, has still to send and has sent, and
    /// how; none if it has ended.
    pub(super) fn lent(&self, position: u64) -> Option<(u64, u64, SendOptions)> {
        let send = self.get(position)?;
        match send.rest {
            Remaining::Lent(rest) => Some((rest, send.sent, send.options)),
            Remaining::Captured(_) => None,
        }
    }

    /// Whether the oldest is one that the driver sends.
    pub(super) fn is_captured(&self) -> bool {
        let front = self.front();
        front.is_some_and(|send| matches!(send.rest, Remaining::Captured(_)))
    }

    /// The oldest `count` sends have sent this many bytes together: says of each how many, and
    /// ends those that are done.
    pub(super) fn sent(
        &mut self,
        count: usize,
        mut bytes: u64,
        mut took: impl FnMut(Traced, u64),
    ) -> Ended {
        self.moved(bytes);
        let mut ended = Ended::default();
        for _ in 0..count {
            let rest = self.advance_front(|send| {
                let step = bytes.min(send.remaining());
                send.advance(step);
                took(send.traced, step);
                bytes -= step;
                send.remaining()
            });
            if rest != Some(0) {
                break;
            }
            self.end_front_into(&mut ended);
        }
        ended
    }
}

/// A send that has not ended.
#[derive(Debug)]
pub(super) struct PendingSend {
    pub(super) told: Told,
    pub(super) rest: Remaining,
    pub(super) options: SendOptions,
    pub(super) sent: u64,
    pub(super) traced: Traced,
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
pub(super) enum Remaining {
    /// The driver sends it.
    Captured(Captured),
    /// This many bytes, which remain in the guest's memory: the waiting call sends them.
    Lent(u64),
}

/// Parts of a send that are the host's.
#[derive(Debug)]
pub(super) struct Captured {
    /// The first one by itself, because most sends have no other.
    first: Option<Bytes>,
    others: VecDeque<Bytes>,
    bytes: u64,
}

impl From<Bytes> for Captured {
    fn from(whole: Bytes) -> Captured {
        Captured {
            bytes: whole.len() as u64,
            first: Some(whole),
            others: VecDeque::new(),
        }
    }
}

impl From<Vec<Bytes>> for Captured {
    fn from(parts: Vec<Bytes>) -> Captured {
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        let mut others = VecDeque::from(parts);
        Captured {
            first: others.pop_front(),
            others,
            bytes,
        }
    }
}

impl Captured {
    pub(super) fn parts(&self) -> impl Iterator<Item = &Bytes> {
        self.first.iter().chain(&self.others)
    }

    pub(super) fn count(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    fn advance(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        let parts = self.first.iter_mut().chain(&mut self.others);
        let empty = consume(parts, bytes);
        if empty > 0 {
            self.others.drain(..empty - 1);
            self.first = self.others.pop_front();
        }
    }
}

impl PendingSend {
    fn advance(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
        match &mut self.rest {
            Remaining::Captured(captured) => captured.advance(bytes),
            Remaining::Lent(rest) => *rest = rest.saturating_sub(bytes),
        }
    }
}

impl Pending for PendingSend {
    fn remaining(&self) -> u64 {
        match &self.rest {
            Remaining::Captured(captured) => captured.bytes,
            Remaining::Lent(bytes) => *bytes,
        }
    }

    /// A call that waits is told itself.
    fn end(self, error: Option<TransportError>) -> Option<Finished> {
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
            rest: Remaining::Captured(parts.into()),
            options: SendOptions {
                flags: SendFlags::empty(),
                to: None,
                follows: false,
            },
            sent: 0,
            traced: Traced::default(),
        }
    }

    #[test]
    fn what_is_queued_is_known_without_a_walk_whatever_happens() {
        let mut sends = Lane::default();
        for (operation, parts) in [["ab", "c"], ["", "de"], ["", ""], ["f", "gh"]]
            .iter()
            .enumerate()
        {
            sends.push(send(operation as u64, parts));
        }
        let walk =
            |sends: &Lane<PendingSend>| sends.iter().map(PendingSend::remaining).sum::<u64>();
        let numbers = |ended: Ended| -> Vec<(u64, u64)> {
            let ended = ended.into_iter();
            ended.map(|end| (end.operation, end.bytes)).collect()
        };
        assert_eq!((sends.queued_bytes(), walk(&sends)), (8, 8));
        assert_eq!(
            numbers(sends.sent(4, 5, |_, _| ())),
            [(0, 3), (1, 2), (2, 0)]
        );
        assert_eq!((sends.queued_bytes(), walk(&sends)), (3, 3));
        assert_eq!(numbers(sends.sent(1, 1, |_, _| ())), []);
        sends.push(send(9, &["ijk"]));
        assert_eq!((sends.queued_bytes(), walk(&sends)), (5, 5));
        let cancelled = Some(TransportError::Cancelled);
        assert_eq!(numbers(sends.end(3, cancelled)), [(3, 1)]);
        assert_eq!(numbers(sends.end(3, cancelled)), []);
        assert_eq!((sends.queued_bytes(), walk(&sends)), (3, 3));
        assert_eq!(numbers(sends.end_all(TransportError::Cancelled)), [(9, 0)]);
        assert_eq!((sends.queued_bytes(), sends.is_empty()), (0, true));
        assert_eq!(sends.total(), 6);
    }
}
