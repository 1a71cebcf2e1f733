//! Closed connections with bytes that the peer's system has not acknowledged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};

use tokio::runtime::Handle;

use super::any_socket::AnySocket;
use super::backoff::Backoff;
use wsp_guard::quota::{HostPermit, Limits};
use wsp_guard::sync::lock;

/// However few bytes and sockets the quota allows, so many may linger.
const FEWEST_BYTES: u64 = 1 << 20;
/// See [`FEWEST_BYTES`].
const FEWEST_SOCKETS: usize = 16;

/// The connections of one instance that were closed before everything was acknowledged.
/// The kernel would keep their bytes for minutes, whatever the quota: here they are
/// counted, and beyond the bounds the one that was closed first is reset. When the
/// instance is gone, the kernel goes on with what is left, which is within the bounds.
#[derive(Debug)]
pub(crate) struct Lingering {
    closed: Mutex<Closed>,
    most_bytes: u64,
    most_sockets: usize,
    runtime: Handle,
}

#[derive(Debug, Default)]
struct Closed {
    /// In the order in which they were closed.
    sockets: VecDeque<One>,
    /// No less than the bytes of all of them.
    bytes: u64,
    /// Whether a task looks at them.
    watched: bool,
}

#[derive(Debug)]
struct One {
    socket: AnySocket,
    /// What was not acknowledged at the last look.
    bytes: u64,
    /// The descriptor is one of the host's until it is closed.
    _permit: HostPermit,
}

impl Lingering {
    pub(crate) fn new(limits: &Limits, runtime: Handle) -> Lingering {
        Lingering {
            closed: Mutex::default(),
            most_bytes: FEWEST_BYTES.max(limits.payload_bytes as u64),
            most_sockets: FEWEST_SOCKETS.max(limits.sockets),
            runtime,
        }
    }

    /// Takes a closed connection with so many bytes.
    pub(super) fn keep(self: &Arc<Lingering>, socket: AnySocket, bytes: u64, permit: HostPermit) {
        let mut closed = lock(&self.closed);
        closed.bytes = closed.bytes.saturating_add(bytes);
        closed.sockets.push_back(One {
            socket,
            bytes,
            _permit: permit,
        });
        if self.exceeds(&closed) {
            closed.look();
        }
        while self.exceeds(&closed) {
            closed.reset_first();
        }
        if !std::mem::replace(&mut closed.watched, true) {
            let watched = watch(Arc::downgrade(self));
            self.runtime.spawn(watched);
        }
    }

    /// One may have more bytes than all may have together: its buffer is the kernel's.
    fn exceeds(&self, closed: &Closed) -> bool {
        let count = closed.sockets.len();
        count > self.most_sockets || (count > 1 && closed.bytes > self.most_bytes)
    }

    /// Lets go of those that the peer has acknowledged. True if some are left.
    fn look(&self) -> bool {
        let mut closed = lock(&self.closed);
        closed.look();
        closed.watched = !closed.sockets.is_empty();
        closed.watched
    }
}

impl Closed {
    fn look(&mut self) {
        self.sockets.retain_mut(|one| {
            one.bytes = one.socket.in_kernel().unwrap_or(0);
            one.bytes > 0
        });
        self.bytes = self.sockets.iter().map(|one| one.bytes).sum();
    }

    fn reset_first(&mut self) {
        if let Some(one) = self.sockets.pop_front() {
            self.bytes = self.bytes.saturating_sub(one.bytes);
            // If it cannot be set, the kernel keeps the bytes for a while.
            one.socket.abort_on_close(true);
        }
    }
}

/// Looks at them from time to time, which the kernel does not announce.
async fn watch(lingering: Weak<Lingering>) {
    let mut backoff = Backoff::default();
    loop {
        tokio::time::sleep(backoff.next_look()).await;
        let left = lingering
            .upgrade()
            .is_some_and(|lingering| lingering.look());
        if !left {
            return;
        }
    }
}
