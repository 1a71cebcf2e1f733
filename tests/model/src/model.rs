//! What the documents say must happen, in the simplest terms: whole lists,
//! walked through, and no reaction to anything but the calls themselves.
//!
//! A comment `2.2` and the like names the rule in question: 2.2 the ordered
//! checks, 2.3 the transfer, 3.1 overlapped operations, 3.2 completion routines,
//! 3.3 WSPGetOverlappedResult, 3.4 network events, 3.5 close, 3.6 shutdown, 3.7 lost connections.

mod network_events;
mod peers;
mod receive;
mod send;

use std::collections::VecDeque;

use wsp_core::{
    Linger, OverlappedStatus, ShutdownHow, WSS_OPERATION_IN_PROGRESS, Waited, WsaError,
};

use crate::{
    STEP, Token,
    operation::{Setting, Stage},
};

use network_events::Selection;
pub use send::{Sending, Sent};

/// Who is told when an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    Nobody,
    Event(usize),
    Routine { thread: u8, context: u64 },
}

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An overlapped operation, which indicates.
    Client { structure: usize },
    /// What a blocking call waits for.
    Call,
    /// What a nonblocking send consumed beyond the room there was.
    Kept,
}

/// An accepted operation.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    pub s: usize,
    pub role: Role,
    pub indication: Indication,
    /// The error and the bytes, once it has ended.
    pub end: Option<(Option<WsaError>, u32)>,
    /// Its routine was run.
    pub indicated: bool,
    /// A receive of no bytes that has ended, of which the provider was not told yet.
    unseen: bool,
}

/// An overlapped structure.
#[derive(Clone, Copy, Debug)]
pub struct Structure {
    pub event: Option<usize>,
    /// The accepted operation that used it last.
    pub latest: Option<usize>,
    pub dropped: bool,
}

/// An event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event {
    pub set: bool,
    pub dropped: bool,
    /// Set by an end that the provider was not asked about yet.
    pub late: bool,
    /// Network events may have set it.
    pub uncertain: bool,
}

/// A socket.
#[derive(Debug)]
pub struct Socket {
    pub datagram: bool,
    pub overlapped: bool,
    pub nonblocking: bool,
    pub stage: Stage,
    pub open: bool,
    pub send_shut_down: bool,
    pub receive_shut_down: bool,
    pub lost: Option<WsaError>,
    pub linger: Option<u16>,
    /// In steps; 0 is none.
    pub send_timeout: u64,
    pub receive_timeout: u64,
    pub dont_route: bool,
    pub routine_runs: bool,
    /// Everything that was handed over, and how much of it the peer has read.
    pub stream: Vec<Token>,
    pub messages: Vec<Vec<Token>>,
    pub read: usize,
    assembling: Vec<Token>,
    /// Sends that wait for room, oldest first.
    waiting: VecDeque<Waiting>,
    /// The peer sees the end, once everything is closed.
    pub ended: bool,
    incoming: usize,
    peer_ended: bool,
    receives: VecDeque<(usize, usize)>,
    pub selection: Selection,
}

#[derive(Debug)]
struct Waiting {
    operation: usize,
    tokens: Vec<Token>,
    /// How many of them were handed over.
    handed: usize,
    /// The datagram goes on with the next send.
    more: bool,
}

/// Why a wait inside a call ended.
enum Stopped {
    Ended(Option<WsaError>, u32),
    TimedOut,
    CannotBlock,
}

/// The state of everything.
pub struct Model {
    setting: Setting,
    now: u64,
    pub sockets: Vec<Socket>,
    pub accepted: Vec<Accepted>,
    pub structures: Vec<Structure>,
    pub events: Vec<Event>,
    fails_later: Option<(usize, usize, WsaError)>,
    /// What happens now is not seen by the provider before it is asked.
    outside: bool,
}

impl Model {
    pub fn new(setting: Setting) -> Model {
        Model {
            setting,
            now: 0,
            sockets: Vec::new(),
            accepted: Vec::new(),
            structures: Vec::new(),
            events: Vec::new(),
            fails_later: None,
            outside: false,
        }
    }

    /// A new socket, taken as far as `stage`.
    pub fn open(&mut self, datagram: bool, overlapped: bool, stage: Stage) {
        self.sockets.push(Socket {
            datagram,
            overlapped,
            nonblocking: false,
            stage,
            open: true,
            send_shut_down: false,
            receive_shut_down: false,
            lost: None,
            linger: None,
            send_timeout: 0,
            receive_timeout: 0,
            dont_route: false,
            routine_runs: false,
            stream: Vec::new(),
            messages: Vec::new(),
            read: 0,
            assembling: Vec::new(),
            waiting: VecDeque::new(),
            ended: false,
            incoming: 0,
            peer_ended: false,
            receives: VecDeque::new(),
            selection: Selection::default(),
        });
    }

    fn accept(&mut self, s: usize, role: Role, indication: Indication) -> usize {
        let operation = self.accepted.len();
        self.accepted.push(Accepted {
            s,
            role,
            indication,
            end: None,
            indicated: false,
            unseen: false,
        });
        if let Role::Client { structure } = role {
            self.structures[structure].latest = Some(operation);
        }
        // 3.1, rule 3: the event is reset on acceptance.
        if let Indication::Event(event) = indication {
            self.reset_event(event);
        }
        operation
    }

    /// 3.1: the fields, then exactly one indication.
    fn end(&mut self, operation: usize, error: Option<WsaError>, bytes: usize) {
        let accepted = &mut self.accepted[operation];
        assert!(accepted.end.is_none(), "the model ends an operation twice");
        accepted.end = Some((error, u32::try_from(bytes).unwrap()));
        if let Indication::Event(event) = accepted.indication {
            let event = &mut self.events[event];
            event.set = true;
            event.late |= self.outside;
        }
    }

    /// 2.1: which operations indicate what.
    fn indication(&self, structure: usize, routine: Option<(u8, u64)>) -> Indication {
        match (routine, self.structures[structure].event) {
            (Some((thread, context)), _) => Indication::Routine { thread, context },
            (None, Some(event)) if !self.events[event].dropped => Indication::Event(event),
            (None, _) => Indication::Nobody,
        }
    }

    /// Sends and receives that are pending.
    fn pending(&self) -> usize {
        let of = |socket: &Socket| socket.waiting.len() + socket.receives.len() - socket.awaiting();
        self.sockets.iter().map(of).sum()
    }

    pub fn set_event(&mut self, event: usize) {
        self.events[event].set = true;
    }

    pub fn reset_event(&mut self, event: usize) {
        let state = &mut self.events[event];
        state.set = false;
        state.uncertain = false;
        self.network_event_reset(event);
    }

    /// The provider has seen everything that happened.
    pub fn seen(&mut self) {
        for event in &mut self.events {
            event.late = false;
        }
        for accepted in &mut self.accepted {
            accepted.unseen = false;
        }
    }

    /// Whether something may have come for a receive of no bytes, and the
    /// provider was not told yet. It cannot tell later that this was before the
    /// connection failed.
    pub fn something_unseen(&self) -> bool {
        let awaits = |socket: &Socket| socket.receives.iter().any(|(_, room)| *room == 0);
        self.accepted.iter().any(|accepted| accepted.unseen) || self.sockets.iter().any(awaits)
    }

    /// Whether it may show that the provider sees only later what happens while somebody
    /// waits: what came for a receive of no bytes, and that a closed socket has sent what was
    /// kept aside, before its connection failed.
    pub fn tells_when_it_is_seen(&self) -> bool {
        let closed = |s: usize| !self.sockets[s].open;
        self.something_unseen() || self.fails_later.is_some_and(|(_, s, _)| closed(s))
    }

    fn signalled(&self, event: usize) -> bool {
        self.events[event].set && !self.events[event].dropped
    }

    /// 3.2: the routines that an alertable wait of `thread` may run next.
    pub fn ready(&self, thread: u8) -> Vec<usize> {
        let all = self.setting.any_thread;
        let may_run = |accepted: &Accepted| {
            accepted.end.is_some()
                && !accepted.indicated
                && !self.sockets[accepted.s].routine_runs
                && matches!(accepted.indication, Indication::Routine { thread: of, .. } if all || of == thread)
        };
        (0..self.accepted.len())
            .filter(|operation| may_run(&self.accepted[*operation]))
            .collect()
    }

    /// SleepEx and WSAWaitForMultipleEvents: what they may answer.
    pub fn wait(
        &mut self,
        events: &[usize],
        all: bool,
        steps: u64,
        alertable: Option<u8>,
    ) -> Vec<Result<Waited, WsaError>> {
        let deadline = self.now + steps * STEP;
        loop {
            let mut answers = Vec::new();
            let set = |event: &usize| self.signalled(*event);
            if all && !events.is_empty() && events.iter().all(set) {
                answers.push(Ok(Waited::Signalled(0)));
            }
            if !all && let Some(index) = events.iter().position(set) {
                answers.push(Ok(Waited::Signalled(u32::try_from(index).unwrap())));
            }
            if alertable.is_some_and(|thread| !self.ready(thread).is_empty()) {
                answers.push(Ok(Waited::IoCompletion));
            }
            if !answers.is_empty() {
                return answers;
            }
            if self.now >= deadline {
                return vec![Ok(Waited::TimedOut)];
            }
            if self.setting.cannot_block {
                return vec![Err(WsaError::WouldBlock)];
            }
            self.step(false);
        }
    }

    /// Waits as a blocking call does.
    fn wait_for(&mut self, operation: usize, timeout_steps: u64) -> Stopped {
        let deadline = (timeout_steps > 0).then(|| self.now + timeout_steps * STEP);
        loop {
            if let Some((error, bytes)) = self.accepted[operation].end {
                return Stopped::Ended(error, bytes);
            }
            if self.setting.cannot_block {
                return Stopped::CannotBlock;
            }
            if deadline.is_some_and(|deadline| self.now >= deadline) {
                return Stopped::TimedOut;
            }
            self.step(deadline.is_none());
        }
    }

    /// 3.3.
    pub fn result(&mut self, s: usize, structure: usize, wait: bool) -> Result<u32, WsaError> {
        loop {
            if !self.sockets[s].open {
                return Err(WsaError::NotSock);
            }
            let Some(latest) = self.structures[structure].latest else {
                return Ok(0);
            };
            let accepted = self.accepted[latest];
            match (accepted.end, accepted.indication) {
                (Some((None, bytes)), _) => return Ok(bytes),
                (Some((Some(error), _)), _) => return Err(error),
                (None, _) if !wait => return Err(WsaError::IoIncomplete),
                (None, Indication::Routine { .. }) => return Err(WsaError::Inval),
                (None, Indication::Event(event)) if !self.events[event].dropped => {}
                (None, _) => return Err(WsaError::InvalidHandle),
            }
            if self.setting.cannot_block {
                return Err(WsaError::WouldBlock);
            }
            self.step(true);
        }
    }

    /// The fields of the structure, by the contract for providers without file handles (3.3).
    pub fn status(&self, structure: usize) -> OverlappedStatus {
        let latest = self.structures[structure].latest;
        match latest.map(|latest| self.accepted[latest].end) {
            None => OverlappedStatus::default(),
            Some(None) => OverlappedStatus {
                internal: WSS_OPERATION_IN_PROGRESS,
                ..OverlappedStatus::default()
            },
            Some(Some((error, bytes))) => OverlappedStatus {
                internal: 0,
                internal_high: bytes,
                offset: 0,
                offset_high: error.map_or(0, WsaError::number),
            },
        }
    }

    /// CancelIoEx.
    pub fn cancel(&mut self, s: usize, structure: Option<usize>) -> Result<u32, WsaError> {
        if !self.sockets[s].open {
            return Err(WsaError::NotSock);
        }
        let ended = self.abort(s, |role| match role {
            Role::Client { structure: of } => structure.is_none_or(|wanted| wanted == of),
            Role::Call | Role::Kept => false,
        });
        self.advance(s);
        Ok(ended)
    }

    /// Ends pending operations of a socket with WSA_OPERATION_ABORTED; what was
    /// handed over of them stays handed over.
    fn abort(&mut self, s: usize, which: impl Fn(Role) -> bool) -> u32 {
        let socket = &mut self.sockets[s];
        let mut ended = Vec::new();
        for waiting in std::mem::take(&mut socket.waiting) {
            if which(self.accepted[waiting.operation].role) {
                ended.push((waiting.operation, waiting.handed));
            } else {
                socket.waiting.push_back(waiting);
            }
        }
        for receive in std::mem::take(&mut socket.receives) {
            if which(self.accepted[receive.0].role) {
                ended.push((receive.0, 0));
            } else {
                socket.receives.push_back(receive);
            }
        }
        for (operation, bytes) in &ended {
            self.end(*operation, Some(WsaError::OperationAborted), *bytes);
        }
        u32::try_from(ended.len()).unwrap()
    }

    /// 3.5.
    pub fn close(&mut self, s: usize) -> Result<(), WsaError> {
        let socket = &self.sockets[s];
        if !socket.open {
            return Err(WsaError::NotSock);
        }
        let connected = !socket.datagram && socket.stage == Stage::Connected;
        let reset = match socket.linger {
            Some(0) if connected && socket.lost.is_none() => true,
            Some(seconds) if connected && socket.unsent() > 0 => {
                if socket.nonblocking || self.setting.cannot_block {
                    return Err(WsaError::WouldBlock);
                }
                let deadline = self.now + u64::from(seconds) * 1000;
                while self.sockets[s].unsent() > 0 && self.now < deadline {
                    self.step(false);
                }
                self.sockets[s].unsent() > 0
            }
            _ => false,
        };
        self.release(s, reset);
        Ok(())
    }

    /// The socket is gone: its operations are aborted, what was sent arrives or is lost.
    pub fn release(&mut self, s: usize, reset: bool) {
        if !self.sockets[s].open {
            return;
        }
        self.abort(s, |role| reset || role != Role::Kept);
        let socket = &mut self.sockets[s];
        socket.open = false;
        socket.selection = Selection::default();
        socket.ended = !reset && socket.lost.is_none();
        if reset {
            socket.stream.truncate(socket.read);
        }
    }

    /// 3.6. The second answer is as good where the connection is lost.
    pub fn shutdown(&mut self, s: usize) -> (Result<(), WsaError>, Option<WsaError>) {
        let socket = &self.sockets[s];
        if !socket.open {
            return (Err(WsaError::NotSock), None);
        }
        if !socket.datagram && socket.stage != Stage::Connected {
            return (Err(WsaError::NotConn), None);
        }
        (Ok(()), socket.lost.map(|_| WsaError::NotConn))
    }

    /// WSPShutdown succeeded.
    pub fn is_shut_down(&mut self, s: usize, how: ShutdownHow) {
        let socket = &mut self.sockets[s];
        socket.send_shut_down |= how != ShutdownHow::Receive;
        socket.receive_shut_down |= how != ShutdownHow::Send;
    }

    /// SO_LINGER.
    pub fn set_linger(&mut self, s: usize, linger: Linger) -> Result<(), WsaError> {
        let socket = &mut self.sockets[s];
        match (socket.open, socket.datagram) {
            (false, _) => Err(WsaError::NotSock),
            (true, true) => Err(WsaError::NoProtoOpt),
            (true, false) => {
                socket.linger = linger.0;
                Ok(())
            }
        }
    }

    /// FIONBIO.
    pub fn set_nonblocking(&mut self, s: usize, nonblocking: bool) -> Result<(), WsaError> {
        let socket = &mut self.sockets[s];
        if !socket.open {
            return Err(WsaError::NotSock);
        }
        if !nonblocking && socket.selection.event.is_some() {
            return Err(WsaError::Inval);
        }
        socket.nonblocking = nonblocking;
        Ok(())
    }

    /// WSPSelect, only looking: whether it is ready for reading and for writing.
    pub fn looks_ready(&self, s: usize) -> Result<(bool, bool), WsaError> {
        let socket = &self.sockets[s];
        if !socket.open {
            return Err(WsaError::NotSock);
        }
        if !socket.datagram && socket.stage != Stage::Connected {
            return Ok((false, false));
        }
        let lost = socket.lost.is_some();
        let readable = socket.incoming > 0 || socket.peer_ended || lost;
        Ok((readable, lost || socket.has_room(self.setting)))
    }
}

impl Socket {
    /// Bytes that the peer has not read.
    fn unsent(&self) -> usize {
        let waiting = |waiting: &Waiting| waiting.tokens.len() - waiting.handed;
        let waiting: usize = self.waiting.iter().map(waiting).sum();
        if self.datagram {
            return waiting;
        }
        self.stream.len() - self.read + waiting
    }

    /// Receives of no bytes that come first: they are not the transport's to keep,
    /// which only watches until there is something.
    fn awaiting(&self) -> usize {
        let empty = |(_, room): &&(usize, usize)| *room == 0;
        self.receives.iter().take_while(empty).count()
    }

    /// A send of one byte would not wait.
    fn has_room(&self, setting: Setting) -> bool {
        self.waiting.is_empty() && self.room(setting) > 0
    }

    /// Bytes, or datagrams, that can be handed over.
    fn room(&self, setting: Setting) -> usize {
        if self.datagram {
            setting.datagrams - (self.messages.len() - self.read)
        } else {
            setting.capacity - (self.stream.len() - self.read)
        }
    }
}
