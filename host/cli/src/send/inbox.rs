//! The completions of one sending socket.

use anyhow::anyhow;
use futures::StreamExt;
use wsp::{Completion, Completions, MessageFlags, Notify, Provider, Socket};

/// How much is received at once to be thrown away.
const DISCARDED_AT_ONCE: u32 = 64 * 1024;

/// Completions of sends. What the peer sends is received and thrown away on the
/// side: unread, it would stop a peer that answers while it receives, and turn
/// the close into a reset that loses the end of what was sent.
pub(super) struct Inbox {
    completions: Completions,
    socket: Socket,
    /// The receive that is outstanding.
    receive: Option<u64>,
}

impl Inbox {
    pub(super) fn new(provider: &Provider, socket: &Socket) -> Self {
        Self {
            completions: provider.completions(),
            socket: socket.clone(),
            receive: None,
        }
    }

    /// Starts throwing away what the peer sends.
    pub(super) fn discard_received(&mut self) {
        let flags = MessageFlags::empty();
        // Where receiving is over, or fails, sending may go on all the same.
        let posted = self
            .socket
            .receive_overlapped(DISCARDED_AT_ONCE, flags, Notify::Poll);
        self.receive = posted.ok().map(|posted| posted.operation);
    }

    /// The completion of the next send. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> anyhow::Result<Completion> {
        loop {
            let completion = match self.completions.next().await {
                Some(completion) => completion?,
                None => return Err(anyhow!("the provider has ended")),
            };
            if self.receive != Some(completion.operation) {
                return Ok(completion);
            }
            self.receive = None;
            if completion.error.is_none() && completion.transferred > 0 {
                self.discard_received();
            }
        }
    }
}
