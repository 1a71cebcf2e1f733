//! Completion routines: queued as data, run by the client in its own alertable
//! wait (WSPSend, Overlapped Socket I/O).

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{MessageFlags, Provider, RoutineModel, SocketId, Transport, WsaError};

/// `lpCompletionRoutine` with `lpThreadId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletionRoutine {
    /// The thread whose alertable wait runs it.
    pub thread_id: u32,
    /// The caller's own word, handed back as it is.
    pub context: u64,
}

/// One call of a completion routine, with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutineCall {
    /// The socket whose operation ended; no other routine of it is handed out
    /// before [`Provider::routine_returned`].
    pub socket: SocketId,
    /// `dwError`.
    pub error: Option<WsaError>,
    /// `cbTransferred`, in bytes.
    pub transferred: u32,
    /// `dwFlags`; empty for sends.
    pub flags: MessageFlags,
    /// The word given with the routine.
    pub context: u64,
}

/// Routines that wait to be run, oldest first for each thread.
#[derive(Debug, Default)]
pub(crate) struct Routines {
    queued: BTreeMap<u32, VecDeque<RoutineCall>>,
    /// Sockets with a routine running: routines of one socket never nest.
    running: BTreeSet<SocketId>,
}

impl Routines {
    /// Queued and running.
    pub(crate) fn len(&self) -> usize {
        let queued: usize = self.queued.values().map(VecDeque::len).sum();
        queued + self.running.len()
    }

    fn queue(&mut self, thread: u32, call: RoutineCall) {
        self.queued.entry(thread).or_default().push_back(call);
    }

    fn position(&self, thread: u32) -> Option<usize> {
        let queue = self.queued.get(&thread)?;
        queue
            .iter()
            .position(|call| !self.running.contains(&call.socket))
    }

    fn start(&mut self, thread: u32) -> Option<RoutineCall> {
        let position = self.position(thread)?;
        let queue = self.queued.get_mut(&thread)?;
        let call = queue.remove(position)?;
        if queue.is_empty() {
            self.queued.remove(&thread);
        }
        self.running.insert(call.socket);
        Some(call)
    }
}

impl<T: Transport> Provider<T> {
    pub(crate) fn queue_routine(&mut self, thread: u32, call: RoutineCall) {
        self.routines.queue(self.queue_of(thread), call);
    }

    /// Whether an alertable wait of `thread` has a routine to run.
    pub(crate) fn routine_ready(&self, thread: u32) -> bool {
        self.routines.position(self.queue_of(thread)).is_some()
    }

    /// If every thread may run every routine, there is one queue.
    fn queue_of(&self, thread: u32) -> u32 {
        match self.configuration.routines {
            RoutineModel::NamedThread => thread,
            RoutineModel::AnyThread => 0,
        }
    }

    /// The oldest routine of `thread` whose socket has no routine running, after
    /// taking what has finished. The client runs it, then calls
    /// [`Provider::routine_returned`].
    pub fn next_completion(&mut self, thread: u32) -> Option<RoutineCall> {
        self.pump_outstanding();
        self.routines.start(self.queue_of(thread))
    }

    /// Says that the routine of `socket` returned.
    pub fn routine_returned(&mut self, socket: SocketId) {
        self.routines.running.remove(&socket);
    }
}
