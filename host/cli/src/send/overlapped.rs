//! Overlapped sends, several outstanding at once.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::anyhow;
use wsp::{Completion, Notify};

use super::Sending;
use crate::session;

/// Sends the payload with up to `depth` sends outstanding, each of which is indicated as
/// `notify` says, and waits for every completion. After the first error nothing more is
/// sent, and a reset of the connection aborts what is outstanding.
pub(super) async fn send(sending: Sending<'_>, notify: Notify, depth: usize) -> anyhow::Result<()> {
    let Sending {
        socket,
        inbox,
        payload,
        record,
        flags,
    } = sending;
    // The provider's numbers, with the send's place in the order and its beginning.
    let mut outstanding: HashMap<u64, (u64, Instant)> = HashMap::new();
    let mut posted_so_far = 0;
    let mut more = true;
    let mut outcome = Ok(());
    loop {
        let failure = tokio::select! {
            next = payload.next(), if more && outstanding.len() < depth => {
                let begin = Instant::now();
                match next {
                    None => {
                        more = false;
                        continue;
                    }
                    Some(Err(error)) => error,
                    Some(Ok(buffers)) => match socket.send_overlapped(buffers, flags, notify) {
                        Ok(posted) => {
                            posted_so_far += 1;
                            outstanding.insert(posted.operation, (posted_so_far, begin));
                            continue;
                        }
                        Err(error) => error.into(),
                    },
                }
            },
            completion = inbox.next(), if !outstanding.is_empty() => {
                let completion = completion?;
                // Anything else that completes is not a send.
                let Some((number, begin)) = outstanding.remove(&completion.operation) else {
                    continue;
                };
                let Completion { error, transferred, .. } = completion;
                record.completion(number, error, transferred.into(), begin.elapsed()).await?;
                match error {
                    None => continue,
                    Some(error) => anyhow!(error),
                }
            },
            else => return outcome,
        };
        more = false;
        if outcome.is_ok() {
            outcome = Err(failure);
            session::reset(socket);
        }
    }
}
