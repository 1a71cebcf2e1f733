//! WSPRecv on streams.

use wsp_core::WsaError;

use super::{Model, Role, Stopped};
use crate::operation::Stage;

impl Model {
    /// Without flags, into `room` bytes. `WSA_IO_PENDING` where it goes on.
    pub fn receive(
        &mut self,
        s: usize,
        room: usize,
        structure: Option<usize>,
        routine: Option<(u8, u64)>,
    ) -> Result<u32, WsaError> {
        let socket = &self.sockets[s];
        if !socket.open {
            return Err(WsaError::NotSock);
        }
        if socket.receive_shut_down {
            return Err(WsaError::ShutDown);
        }
        if socket.stage != Stage::Connected {
            return Err(WsaError::NotConn);
        }
        if let Some(lost) = socket.lost {
            return Err(lost);
        }
        let received = self.checked_receive(s, room, structure, routine);
        self.enable_read(s);
        received
    }

    fn checked_receive(
        &mut self,
        s: usize,
        room: usize,
        structure: Option<usize>,
        routine: Option<(u8, u64)>,
    ) -> Result<u32, WsaError> {
        let socket = &self.sockets[s];
        let structure = structure.filter(|_| socket.overlapped);
        let there = socket.incoming > 0 || socket.peer_ended;
        // The first receive, of no bytes, is a watch and not a receive.
        let watch = room == 0 && socket.awaiting() == socket.receives.len();
        let full = !there
            && match watch {
                true => !self.setting.watches,
                false => self.pending() >= self.setting.limit,
            };
        let (role, indication) = match structure {
            Some(structure) => (
                Role::Client { structure },
                self.indication(structure, routine),
            ),
            None if socket.nonblocking && !there => return Err(WsaError::WouldBlock),
            None => (Role::Call, super::Indication::Nobody),
        };
        if full {
            return Err(WsaError::WouldBlock);
        }
        let operation = self.accept(s, role, indication);
        self.sockets[s].receives.push_back((operation, room));
        self.advance(s);
        match (self.accepted[operation].end, role) {
            (Some((_, bytes)), _) => Ok(bytes),
            (None, Role::Client { .. }) => Err(WsaError::IoPending),
            (None, _) => match self.wait_for(operation, self.sockets[s].receive_timeout) {
                Stopped::Ended(None, bytes) => Ok(bytes),
                Stopped::Ended(Some(error), _) => Err(error),
                Stopped::TimedOut => {
                    self.abort(s, |role| role == Role::Call);
                    Err(WsaError::TimedOut)
                }
                Stopped::CannotBlock => {
                    self.abort(s, |role| role == Role::Call);
                    Err(WsaError::WouldBlock)
                }
            },
        }
    }
}
