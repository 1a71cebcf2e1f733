//! The completions of one sending socket.

use anyhow::{Result, anyhow};
use bytes::Bytes;
use futures::StreamExt;
use wsp::{Completion, Completions, Error, MessageFlags, Notify, Provider, Socket};

use crate::output::Printer;

/// Room of one receive: as much as the longest datagram.
const CAPACITY: u32 = 64 * 1024;

/// Completions of sends. What the peer sends is received on the side, and printed
/// or discarded: unread, it would stop a peer that answers while it receives, and
/// turn the close into a reset that loses the end of what was sent.
pub(super) struct Inbox {
    completions: Completions,
    socket: Socket,
    /// The receive that is outstanding.
    receive: Option<u64>,
    /// How the peer's direction ended.
    ended: Option<Result<(), Error>>,
    /// Whether anything was received, also an empty datagram.
    received: bool,
    /// Whether that was since this was last asked.
    heard: bool,
    /// Where the answer goes.
    printer: Option<Printer>,
    /// What was received and is not with the printer yet.
    unprinted: Option<Bytes>,
}

impl Inbox {
    /// An inbox that prints what the peer sends, or discards it.
    pub(super) fn new(provider: &Provider, socket: &Socket, print: bool) -> Result<Self> {
        Ok(Self {
            completions: provider.completions(),
            socket: socket.clone(),
            receive: None,
            ended: None,
            received: false,
            heard: false,
            printer: print.then(Printer::new).transpose()?,
            unprinted: None,
        })
    }

    /// Starts to receive what the peer sends.
    pub(super) fn receive(&mut self) {
        let flags = MessageFlags::empty();
        // If receiving is over, or fails, sending may still go on.
        let posted = self
            .socket
            .receive_overlapped(CAPACITY, flags, Notify::Poll);
        match posted {
            Ok(posted) => self.receive = Some(posted.operation),
            Err(error) => self.ended = Some(Err(error)),
        }
    }

    /// The completion of the next send. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Completion> {
        loop {
            if let Some(completion) = self.step().await? {
                return Ok(completion);
            }
        }
    }

    /// Waits until the peer has ended its direction of a stream.
    ///
    /// # Errors
    ///
    /// When the connection was lost instead.
    pub(super) async fn end_of_peer(&mut self) -> Result<()> {
        while self.ended.is_none() || self.unprinted.is_some() {
            self.step().await?;
        }
        self.ended.take().unwrap_or(Ok(())).map_err(Into::into)
    }

    /// Waits until a datagram was received.
    ///
    /// # Errors
    ///
    /// When receiving failed.
    pub(super) async fn datagram(&mut self) -> Result<()> {
        while !self.received || self.unprinted.is_some() {
            if let Some(ended) = self.ended.take() {
                ended?;
            }
            self.step().await?;
        }
        Ok(())
    }

    /// Whether anything was received since this was asked last, or is still being printed.
    pub(super) fn heard(&mut self) -> bool {
        std::mem::take(&mut self.heard) || self.unprinted.is_some()
    }

    /// Waits until everything is printed.
    pub(super) async fn finish(self) -> Result<()> {
        match self.printer {
            Some(printer) => printer.finish().await,
            None => Ok(()),
        }
    }

    /// Hands on what was received, or takes the next completion: the one of a send,
    /// or none of a receive. Dropping the future loses nothing.
    async fn step(&mut self) -> Result<Option<Completion>> {
        if self.unprinted.is_some() {
            if let Some(printer) = &mut self.printer {
                printer.print(&mut self.unprinted).await?;
            }
            self.unprinted = None;
            // Only then the next, so that a peer is not read faster than it is printed.
            self.receive();
            return Ok(None);
        }
        let completion = match self.completions.next().await {
            Some(completion) => completion?,
            None => return Err(anyhow!("the provider has ended")),
        };
        if self.receive != Some(completion.operation) {
            return Ok(Some(completion));
        }
        self.receive = None;
        match (completion.error, completion.data) {
            (Some(error), _) => self.ended = Some(Err(error.into())),
            (None, Some(data)) if !data.is_empty() => {
                self.received = true;
                self.heard = true;
                self.unprinted = Some(data);
            }
            (None, _) => {
                self.received = true;
                self.ended = Some(Ok(()));
            }
        }
        Ok(None)
    }
}
