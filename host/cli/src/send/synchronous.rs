//! Synchronous sends: each one is over before the next begins.

use std::time::Instant;

use anyhow::bail;
use wsp::Error;

use super::Sending;

/// Sends the payload, one send after the other.
pub(super) async fn send(sending: Sending<'_>) -> anyhow::Result<()> {
    let Sending {
        socket,
        inbox,
        payload,
        record,
        flags,
    } = sending;
    let mut operation = 0;
    while let Some(buffers) = payload.next().await {
        let buffers = buffers?;
        operation += 1;
        let begin = Instant::now();
        let sent = tokio::select! {
            sent = socket.send_all(buffers, flags) => sent,
            // It only ever returns when the provider fails: there are no overlapped sends.
            completion = inbox.next() => bail!("unexpected completion {:?}", completion?),
        };
        match sent {
            Ok(transferred) => {
                let completion = record.completion(operation, None, transferred, begin.elapsed());
                completion.await?;
            }
            Err(Error::Winsock(error)) => {
                let completion = record.completion(operation, Some(error), 0, begin.elapsed());
                completion.await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
