//! Bytes of a stream, on their way from one end to the other.

use std::io::IoSlice;

use wsp_transport::{Arrived, Direction, Readiness, SendFlags, TransportError};

use crate::chance::Chance;
use crate::connection::{Connection, End, Side};
use crate::events::{Bytes, Event};
use crate::state::{Role, State};

impl State {
    /// The end of a connection that a socket has.
    fn end_of(&mut self, number: u64) -> Result<(u64, Side, &mut End), TransportError> {
        let Role::Connected { connection, side } = self.socket(number)?.role else {
            return Err(TransportError::NotConnected);
        };
        let found = self.connections.get_mut(&connection);
        let end = found.ok_or(TransportError::NotConnected)?.end_mut(side);
        Ok((connection, side, end))
    }

    /// Takes as much of a stream as there is room for.
    pub(crate) fn send_stream(
        &mut self,
        number: u64,
        parts: &[IoSlice<'_>],
        flags: SendFlags,
    ) -> Result<usize, TransportError> {
        let (connection, side, end) = self.end_of(number)?;
        if let Some(error) = end.error.take() {
            return Err(error);
        }
        if end.is_dead || end.out.ends {
            return Err(TransportError::ConnectionReset);
        }
        let mut room = if end.is_established { end.room() } else { 0 };
        let total: usize = parts.iter().map(|part| part.len()).sum();
        if total > 0 && room == 0 {
            return Err(TransportError::WouldBlock);
        }
        let mut taken = 0;
        for part in parts {
            let fits = room.min(part.len());
            end.out.bytes.extend(part.iter().take(fits));
            (room, taken) = (room - fits, taken + fits);
        }
        if flags.contains(SendFlags::URGENT) && taken == total {
            end.out.urgent = Some(end.out.acknowledged + end.out.bytes.len() as u64);
        }
        self.pump(connection, side);
        Ok(taken)
    }

    /// Sends what the window of the other end has room for, and the end behind it.
    pub(crate) fn pump(&mut self, id: u64, side: Side) {
        while self.pump_once(id, side) {}
    }

    fn pump_once(&mut self, id: u64, side: Side) -> bool {
        let now = self.now();
        let (draws, config) = (&mut self.draws, &self.config);
        let Some(connection) = self.connections.get_mut(&id) else {
            return false;
        };
        let (is_local, is_lost) = (connection.is_local, connection.is_lost);
        let other = connection.end(side.other());
        let window = match other.is_closed || other.is_dead {
            // There is no window, and what comes there is answered by a reset.
            true => usize::MAX,
            false => other.inbox.capacity.saturating_sub(other.inbox.bytes.len()),
        };
        let end = connection.end_mut(side);
        if end.is_dead || !end.is_established || now < end.out.stands_until {
            return false;
        }
        let window = window.saturating_sub(end.out.in_flight);
        let mut length = end.out.unsent().min(window);
        let ends = end.out.unsent() == 0 && end.out.ends && !end.out.end_sent;
        if length == 0 && !ends {
            return false;
        }
        let delay = draws.delay(config.delay);
        let at = (now + if is_local { Default::default() } else { delay }).max(end.out.arrives);
        let to = side.other();
        if ends {
            end.out.end_sent = true;
            end.out.arrives = at;
            if !is_lost {
                self.queue.plan(at, Event::Ended { connection: id, to });
            }
            return false;
        }
        length = length.min(draws.size(Chance::Segments, config.segment));
        let sent = end.out.sent();
        if let Some((after, time)) = end.out.stall
            && sent + length as u64 > after
        {
            length = usize::try_from(after.saturating_sub(sent)).unwrap_or(length);
            if length == 0 {
                end.out.stall = None;
                end.out.stands_until = now + time;
                let goes_on = Event::GoesOn {
                    connection: id,
                    of: side,
                };
                self.queue.plan(now + time, goes_on);
                return false;
            }
        }
        let to_urgent = end.out.urgent.and_then(|urgent| urgent.checked_sub(sent));
        let to_urgent = to_urgent.and_then(|bytes| usize::try_from(bytes).ok());
        let urgent = to_urgent.is_some_and(|bytes| bytes <= length);
        if let (true, Some(bytes)) = (urgent, to_urgent) {
            length = bytes;
            end.out.urgent = None;
        }
        let unsent = end.out.bytes.iter().skip(end.out.in_flight);
        let bytes = Bytes(unsent.take(length).copied().collect());
        end.out.in_flight += length;
        end.out.arrives = at;
        if is_lost {
            self.plan_to_give_up(id, side);
        } else {
            let segment = Event::Segment {
                connection: id,
                to,
                bytes,
                urgent,
            };
            self.queue.plan(at, segment);
        }
        true
    }

    /// An end whose bytes nobody acknowledges gives up some time.
    fn plan_to_give_up(&mut self, id: u64, side: Side) {
        let patience = self.draws.time(Chance::Losses, self.config.faults.gives_up);
        if let Some(connection) = self.connections.get_mut(&id) {
            let end = connection.end_mut(side);
            if !std::mem::replace(&mut end.out.gives_up, true) {
                let gives_up = Event::GivesUp {
                    connection: id,
                    of: side,
                };
                self.plan(patience, gives_up);
            }
        }
    }

    pub(crate) fn gives_up(&mut self, id: u64, side: Side) {
        self.fail(id, side, TransportError::TimedOut);
    }

    /// Whether something comes through the connection.
    pub(crate) fn comes_through(&self, id: u64) -> bool {
        let connection = self.connections.get(&id);
        connection.is_some_and(|connection| !connection.is_lost)
    }

    /// Bytes reach an end.
    pub(crate) fn arrived(&mut self, id: u64, to: Side, bytes: &[u8], urgent: bool) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let is_local = connection.is_local;
        let arrived = connection.arrived.saturating_add(bytes.len() as u64);
        let reaches = |after: Option<u64>| after.is_some_and(|after| arrived > after);
        if reaches(connection.lost_after) {
            connection.is_lost = true;
        }
        if connection.is_lost {
            return self.plan_to_give_up(id, to.other());
        }
        if reaches(connection.reset_after) {
            for side in [Side::Client, Side::Server] {
                self.fail(id, side, TransportError::ConnectionReset);
            }
            return;
        }
        connection.arrived = arrived;
        let end = connection.end_mut(to);
        if end.is_closed || end.is_dead {
            return self.reset_other(id, to);
        }
        match bytes.split_last() {
            Some((last, before)) if urgent && !end.inbox.urgent_in_line => {
                end.inbox.urgent = Some(*last);
                end.inbox.take(before);
            }
            _ => end.inbox.take(bytes),
        }
        let delay = self.delay(is_local);
        let acknowledged = Event::Acknowledged {
            connection: id,
            to: to.other(),
            bytes: bytes.len(),
        };
        self.plan(delay, acknowledged);
        self.wake_end(id, to);
    }

    /// The end of a direction reaches an end.
    pub(crate) fn ended(&mut self, id: u64, to: Side) {
        if self.comes_through(id)
            && let Some(connection) = self.connections.get_mut(&id)
        {
            connection.end_mut(to).inbox.ended = true;
            self.wake_end(id, to);
        }
    }

    /// An end is told that bytes have arrived.
    pub(crate) fn acknowledged(&mut self, id: u64, to: Side, bytes: usize) {
        if !self.comes_through(id) {
            return self.plan_to_give_up(id, to);
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            let out = &mut connection.end_mut(to).out;
            let bytes = bytes.min(out.in_flight);
            out.bytes.drain(..bytes);
            out.in_flight -= bytes;
            out.acknowledged += bytes as u64;
            self.pump(id, to);
            self.wake_end(id, to);
            self.remove_if_over(id);
        }
    }

    /// Receives of a stream what is there.
    pub(crate) fn receive_stream(
        &mut self,
        number: u64,
        space: &mut [u8],
        peeks: bool,
    ) -> Result<Arrived, TransportError> {
        let (id, side, end) = self.end_of(number)?;
        let arrived = |bytes| Arrived {
            bytes,
            truncated: false,
            source: None,
        };
        if !end.inbox.bytes.is_empty() {
            let bytes = space.len().min(end.inbox.bytes.len());
            for (space, byte) in space.iter_mut().zip(&end.inbox.bytes) {
                *space = *byte;
            }
            if !peeks {
                end.inbox.bytes.drain(..bytes);
                self.tell_of_room(id, side);
            }
            return Ok(arrived(bytes));
        }
        if let Some(error) = end.error.take() {
            return Err(error);
        }
        match end.is_dead || end.inbox.ended || end.inbox.shut {
            true => Ok(arrived(0)),
            false => Err(TransportError::WouldBlock),
        }
    }

    /// The other end, which has more to send, is told of room.
    fn tell_of_room(&mut self, id: u64, side: Side) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let to = side.other();
        if connection.end(to).out.unsent() > 0 && !connection.is_lost {
            let is_local = connection.is_local;
            let delay = self.delay(is_local);
            self.plan(delay, Event::Received { connection: id, to });
        }
    }

    /// Receives the urgent byte.
    pub(crate) fn receive_urgent(
        &mut self,
        number: u64,
        space: &mut [u8],
        peeks: bool,
    ) -> Result<Arrived, TransportError> {
        let (_, _, end) = self.end_of(number)?;
        let byte = end.inbox.urgent.ok_or(TransportError::InvalidArgument)?;
        let bytes = match space.first_mut() {
            Some(first) => {
                *first = byte;
                1
            }
            None => 0,
        };
        if !peeks {
            end.inbox.urgent = None;
        }
        Ok(Arrived {
            bytes,
            truncated: false,
            source: None,
        })
    }

    /// Ends directions of a stream.
    pub(crate) fn shutdown(
        &mut self,
        number: u64,
        direction: Direction,
    ) -> Result<(), TransportError> {
        let (id, side, end) = self.end_of(number)?;
        if !end.is_established || end.is_dead {
            return Err(TransportError::NotConnected);
        }
        if direction != Direction::Send {
            end.inbox.shut = true;
        }
        if direction != Direction::Receive {
            end.out.ends = true;
            self.pump(id, side);
        }
        self.wake(number);
        Ok(())
    }

    /// How a stream stands.
    pub(crate) fn stream_readiness(&self, connection: u64, side: Side) -> Readiness {
        let Some(end) = self.connections.get(&connection).map(|one| one.end(side)) else {
            return Readiness::all() - Readiness::URGENT;
        };
        let mut ready = Readiness::empty();
        let ended = end.is_dead || end.inbox.ended || end.inbox.shut;
        ready.set(Readiness::READABLE, ended || !end.inbox.bytes.is_empty());
        let room = end.is_established && (end.room() > 0 || end.out.ends);
        ready.set(Readiness::WRITABLE, end.is_dead || room);
        ready.set(Readiness::URGENT, end.inbox.urgent.is_some());
        ready.set(Readiness::ENDED, end.is_dead || end.inbox.ended);
        ready.set(Readiness::FAILED, end.error.is_some());
        ready
    }

    /// The connection of a socket, and its side.
    pub(crate) fn connection_of(&self, number: u64) -> Option<(&Connection, Side)> {
        match self.sockets.get(&number)?.role {
            Role::Connected { connection, side } => {
                Some((self.connections.get(&connection)?, side))
            }
            _ => None,
        }
    }
}

impl crate::connection::Inbox {
    /// Keeps what has arrived, unless nobody will receive it.
    fn take(&mut self, bytes: &[u8]) {
        if !self.shut {
            self.bytes.extend(bytes);
        }
    }
}
