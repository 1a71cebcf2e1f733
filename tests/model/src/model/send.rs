//! WSPSend and WSPSendTo.

use wsp_core::{MessageFlags, WsaError};

use super::{Indication, Model, Role, Stopped, Waiting};
use crate::{LONGEST, Token, operation::Stage};

/// The arguments of a call.
pub struct Sending<'a> {
    pub s: usize,
    /// The number of buffers.
    pub count: usize,
    /// What they hold, gathered.
    pub data: &'a [u8],
    pub flags: MessageFlags,
    /// An address was given.
    pub to: bool,
    pub structure: Option<usize>,
    /// The thread and the context of the routine.
    pub routine: Option<(u8, u64)>,
    /// What the transport lacks at this moment.
    pub lacks: Option<WsaError>,
}

/// What a call must answer.
pub struct Sent {
    pub answer: Result<u32, WsaError>,
    /// An error that is as good, where no document says which comes first.
    pub or: Option<WsaError>,
}

impl From<Result<u32, WsaError>> for Sent {
    fn from(answer: Result<u32, WsaError>) -> Sent {
        Sent { answer, or: None }
    }
}

impl Model {
    pub fn send(&mut self, call: &Sending<'_>) -> Sent {
        if let Err(error) = self.check_send(call) {
            return Err(error).into();
        }
        let socket = &self.sockets[call.s];
        let sent = match call.structure.filter(|_| socket.overlapped) {
            Some(structure) => self.send_overlapped(call, structure).into(),
            None if socket.nonblocking => {
                let sent = self.send_nonblocking(call);
                if sent.answer == Err(WsaError::WouldBlock) {
                    self.enable_write(call.s);
                }
                sent
            }
            None => self.send_blocking(call).into(),
        };
        // 2.8: a datagram socket that was not bound is now.
        let socket = &mut self.sockets[call.s];
        if socket.datagram
            && socket.stage == Stage::Fresh
            && matches!(sent.answer, Ok(_) | Err(WsaError::IoPending))
        {
            socket.stage = Stage::Bound;
            self.note(call.s);
        }
        sent
    }

    /// 2.2, in its order.
    fn check_send(&self, call: &Sending<'_>) -> Result<(), WsaError> {
        let socket = &self.sockets[call.s];
        let stream = !socket.datagram;
        if !socket.open {
            return Err(WsaError::NotSock);
        }
        if call.count == 0 {
            return Err(WsaError::Inval);
        }
        let known = MessageFlags::OOB | MessageFlags::DONT_ROUTE | MessageFlags::PARTIAL;
        let partial = call.flags.contains(MessageFlags::PARTIAL);
        if !known.contains(call.flags)
            || (call.flags.contains(MessageFlags::OOB) && !stream)
            || (partial && (stream || !self.setting.partial_messages))
        {
            return Err(WsaError::OpNotSupp);
        }
        if socket.send_shut_down {
            return Err(WsaError::ShutDown);
        }
        let connected = socket.stage == Stage::Connected;
        if !connected && (stream || !call.to) {
            return Err(WsaError::NotConn);
        }
        if let Some(lost) = socket.lost {
            return Err(lost);
        }
        if socket.datagram && call.data.len() > LONGEST {
            return Err(WsaError::MsgSize);
        }
        Ok(())
    }

    fn waiting(&self, call: &Sending<'_>, operation: usize) -> Waiting {
        let dont_route =
            call.flags.contains(MessageFlags::DONT_ROUTE) || self.sockets[call.s].dont_route;
        let bits = u8::from(call.flags.contains(MessageFlags::OOB)) | (u8::from(dont_route) << 1);
        let tokens: Vec<Token> = call.data.iter().map(|byte| (*byte, bits)).collect();
        Waiting {
            operation,
            tokens,
            handed: 0,
            more: call.flags.contains(MessageFlags::PARTIAL),
        }
    }

    /// Queues it behind whatever is pending already.
    fn queue(&mut self, call: &Sending<'_>, role: Role, indication: Indication) -> usize {
        let operation = self.accept(call.s, role, indication);
        let waiting = self.waiting(call, operation);
        self.sockets[call.s].waiting.push_back(waiting);
        self.advance(call.s);
        operation
    }

    /// 2.2, steps 12c and 12d: what is lacking to begin something that may go on.
    fn lacking(&self, call: &Sending<'_>) -> Result<(), WsaError> {
        if self.pending() >= self.setting.limit {
            return Err(WsaError::WouldBlock);
        }
        call.lacks.map_or(Ok(()), Err)
    }

    fn send_overlapped(&mut self, call: &Sending<'_>, structure: usize) -> Result<u32, WsaError> {
        self.lacking(call)?;
        let indication = self.indication(structure, call.routine);
        let operation = self.queue(call, Role::Client { structure }, indication);
        match self.accepted[operation].end {
            Some((_, bytes)) => Ok(bytes),
            None => Err(WsaError::IoPending),
        }
    }

    /// 2.3: what fits, and never before what is pending. A datagram fits or does
    /// not. Where everything is consumed, any room will do.
    fn send_nonblocking(&mut self, call: &Sending<'_>) -> Sent {
        let stream = !self.sockets[call.s].datagram;
        let no_room = !self.sockets[call.s].waiting.is_empty()
            || (!call.data.is_empty() && stream && self.sockets[call.s].room(self.setting) == 0);
        let all = self.setting.consume_all && stream && !call.data.is_empty();
        if no_room && all {
            return Sent {
                answer: Err(WsaError::WouldBlock),
                or: call.lacks,
            };
        }
        if all && self.pending() >= self.setting.limit {
            return Err(WsaError::WouldBlock).into();
        }
        if let Some(lacks) = call.lacks {
            return Sent {
                answer: Err(lacks),
                or: no_room.then_some(WsaError::WouldBlock),
            };
        }
        if no_room {
            return Err(WsaError::WouldBlock).into();
        }
        if all {
            self.queue(call, Role::Kept, Indication::Nobody);
            return Ok(u32::try_from(call.data.len()).unwrap()).into();
        }
        let mut waiting = self.waiting(call, usize::MAX);
        let all = self.hand_over(call.s, &mut waiting);
        self.note(call.s);
        if !all && waiting.handed == 0 {
            return Err(WsaError::WouldBlock).into();
        }
        Ok(u32::try_from(waiting.handed).unwrap()).into()
    }

    /// 2.3: everything, or an error; SO_SNDTIMEO bounds the wait. Where nobody can
    /// wait it is a nonblocking send.
    fn send_blocking(&mut self, call: &Sending<'_>) -> Result<u32, WsaError> {
        self.lacking(call)?;
        let operation = self.queue(call, Role::Call, Indication::Nobody);
        match self.wait_for(operation, self.sockets[call.s].send_timeout) {
            Stopped::Ended(None, bytes) => Ok(bytes),
            Stopped::Ended(Some(error), _) => Err(error),
            Stopped::TimedOut => {
                self.abort(call.s, |role| role == Role::Call);
                Err(WsaError::TimedOut)
            }
            Stopped::CannotBlock => {
                self.abort(call.s, |role| role == Role::Call);
                match self.accepted[operation].end {
                    Some((_, handed)) if handed > 0 => Ok(handed),
                    _ => Err(WsaError::WouldBlock),
                }
            }
        }
    }
}
