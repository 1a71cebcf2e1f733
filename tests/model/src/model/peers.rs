//! What peers and time do.

use wsp_core::WsaError;

use super::{Model, Waiting};
use crate::STEP;

impl Model {
    /// The peer reads up to `most` bytes or datagrams.
    pub fn peer_reads(&mut self, s: usize, most: usize) {
        let socket = &mut self.sockets[s];
        let there = if socket.datagram {
            socket.messages.len()
        } else {
            socket.stream.len()
        };
        socket.read = there.min(socket.read.saturating_add(most));
        self.advance(s);
    }

    /// The peer sends, where the connection is still there.
    pub fn peer_sends(&mut self, s: usize, bytes: usize) {
        let socket = &mut self.sockets[s];
        if socket.open && socket.lost.is_none() && !socket.peer_ended {
            socket.incoming += bytes;
            self.advance(s);
        }
    }

    /// The peer ends its direction.
    pub fn peer_ends(&mut self, s: usize) {
        self.sockets[s].peer_ended = true;
        self.advance(s);
    }

    /// 3.7: everything pending ends with the code of the loss, and what the peer
    /// has not read is gone.
    pub fn fails(&mut self, s: usize, code: WsaError) {
        let socket = &mut self.sockets[s];
        if socket.lost.is_some() || (!socket.open && socket.waiting.is_empty()) {
            return;
        }
        socket.lost = Some(code);
        socket.stream.truncate(socket.read);
        socket.incoming = 0;
        if !socket.open {
            socket.ended = false;
        }
        let sends = std::mem::take(&mut socket.waiting);
        let receives = std::mem::take(&mut socket.receives);
        for send in sends {
            self.end(send.operation, Some(code), send.handed);
        }
        for (operation, _) in receives {
            self.end(operation, Some(code), 0);
        }
        self.note(s);
    }

    /// The connection fails after so many steps of waiting.
    pub fn fails_later(&mut self, steps: usize, s: usize, code: WsaError) {
        self.fails_later = Some((steps, s, code));
    }

    /// Something happens that the provider is not told.
    pub fn outside<R>(&mut self, happens: impl FnOnce(&mut Model) -> R) -> R {
        self.outside = true;
        let answer = happens(self);
        self.outside = false;
        answer
    }

    /// One step of time while somebody waits.
    pub(super) fn step(&mut self, forced: bool) {
        self.now += STEP;
        match self.fails_later.take() {
            Some((0, s, code)) => self.fails(s, code),
            Some((steps, s, code)) => self.fails_later = Some((steps - 1, s, code)),
            None => {}
        }
        let pace = self.setting.pace.max(usize::from(forced));
        for s in 0..self.sockets.len() {
            self.peer_reads(s, pace);
            if forced && !self.sockets[s].receives.is_empty() {
                self.peer_sends(s, 1);
            }
        }
    }

    /// Hands over what there is room for, strictly in order, and serves receives.
    pub(super) fn advance(&mut self, s: usize) {
        while let Some(mut first) = self.sockets[s].waiting.pop_front() {
            if self.hand_over(s, &mut first) {
                self.end(first.operation, None, first.handed);
            } else {
                self.sockets[s].waiting.push_front(first);
                break;
            }
        }
        let socket = &mut self.sockets[s];
        let mut served = Vec::new();
        // One of no bytes ends too early if nothing can be watched.
        let early = !self.setting.watches;
        while let Some((operation, room)) = socket.receives.front().copied()
            && (socket.incoming > 0 || socket.peer_ended || (early && room == 0))
        {
            socket.receives.pop_front();
            let bytes = room.min(socket.incoming);
            socket.incoming -= bytes;
            served.push((operation, bytes, room));
        }
        for (operation, bytes, room) in served {
            self.end(operation, None, bytes);
            self.accepted[operation].unseen = self.outside && room == 0;
        }
        self.note(s);
    }

    /// Whether all of it was handed over.
    pub(super) fn hand_over(&mut self, s: usize, send: &mut Waiting) -> bool {
        let setting = self.setting;
        let socket = &mut self.sockets[s];
        if socket.datagram {
            if !send.more && socket.room(setting) == 0 {
                return false;
            }
            socket.assembling.extend(&send.tokens);
            send.handed = send.tokens.len();
            if !send.more {
                let message = std::mem::take(&mut socket.assembling);
                socket.messages.push(message);
            }
            return true;
        }
        let rest = &send.tokens[send.handed..];
        let now = rest.len().min(socket.room(setting));
        socket.stream.extend(&rest[..now]);
        send.handed += now;
        send.handed == send.tokens.len()
    }
}
