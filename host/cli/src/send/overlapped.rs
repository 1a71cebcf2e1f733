//! Overlapped sends, several outstanding at once.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::anyhow;
use wsp::{MessageFlags, Notify, Socket};

use super::inbox::Inbox;
use super::payload::Payload;
use super::record::Record;

/// Sends the payload with up to `depth` sends outstanding, and waits for every
/// completion. After the first error nothing more is sent, and what is
/// outstanding is aborted by closing the socket.
pub(super) async fn send(
    socket: &Socket,
    inbox: &mut Inbox,
    payload: &mut Payload,
    record: &mut Record,
    flags: MessageFlags,
    notify: Notify,
    depth: usize,
) -> anyhow::Result<()> {
    let mut outstanding: HashMap<u64, Instant> = HashMap::new();
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
                            outstanding.insert(posted.operation, begin);
                            continue;
                        }
                        Err(error) => error.into(),
                    },
                }
            },
            completion = inbox.next(), if !outstanding.is_empty() => {
                let completion = completion?;
                let begin = outstanding.remove(&completion.operation);
                let elapsed = begin.map(|begin| begin.elapsed()).unwrap_or_default();
                record.completion(completion.operation, completion.error, completion.transferred.into(), elapsed)?;
                match completion.error {
                    None => continue,
                    Some(error) => anyhow!(error),
                }
            },
            else => return outcome,
        };
        more = false;
        if outcome.is_ok() {
            outcome = Err(failure);
            socket.close()?;
        }
    }
}
