//! Datagrams.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::time::Duration;

use wsp_transport::{Arrived, Connecting, Readiness, TransportError};

use crate::chance::Chance;
use crate::events::{Bytes, Event};
use crate::state::{Role, State};

/// What a datagram takes of a buffer at least, in bytes: small and empty ones are bounded too.
const SMALLEST: usize = 64;

/// The datagrams of a socket.
#[derive(Debug, Default)]
pub(crate) struct Datagrams {
    pub(crate) peer: Option<SocketAddr>,
    received: VecDeque<(SocketAddr, Vec<u8>)>,
    /// What the received ones take of the buffer.
    bytes: usize,
    /// What those on their way take.
    on_the_way: usize,
}

impl Datagrams {
    /// How long the next one is.
    pub(crate) fn first(&self) -> usize {
        self.received.front().map_or(0, |(_, bytes)| bytes.len())
    }

    pub(crate) fn readiness(&self, room: usize) -> Readiness {
        let mut ready = Readiness::empty();
        ready.set(Readiness::READABLE, !self.received.is_empty());
        ready.set(Readiness::WRITABLE, self.on_the_way < room);
        ready
    }
}

impl State {
    pub(crate) fn connect_datagrams(
        &mut self,
        number: u64,
        peer: SocketAddr,
    ) -> Result<Connecting, TransportError> {
        let local = self.bind_towards(number, peer.ip())?;
        let socket = self.socket_mut(number)?;
        socket.local = Some(local);
        if let Role::Datagrams(datagrams) = &mut socket.role {
            datagrams.peer = Some(peer);
        }
        Ok(Connecting::Done)
    }

    pub(crate) fn send_datagram(
        &mut self,
        number: u64,
        parts: &[IoSlice<'_>],
        to: Option<SocketAddr>,
    ) -> Result<usize, TransportError> {
        let socket = self.socket(number)?;
        let (host, (room, _)) = (socket.host, socket.buffers);
        let Role::Datagrams(datagrams) = &socket.role else {
            return Err(TransportError::NotConnected);
        };
        let to = to.or(datagrams.peer).ok_or(TransportError::NotConnected)?;
        if !datagrams.readiness(room).contains(Readiness::WRITABLE) {
            return Err(TransportError::WouldBlock);
        }
        let from = match socket.local {
            Some(local) if !local.ip().is_unspecified() => local,
            _ => {
                // One that has every address stays so.
                let towards = self.bind_towards(number, to.ip())?;
                let socket = self.socket_mut(number)?;
                if let Some(local) = &mut socket.local {
                    local.set_ip(crate::state::unspecified(socket.family));
                }
                towards
            }
        };
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let length = bytes.len();
        let there = self.hosts.at(host, to.ip());
        let is_local = there == Some(host);
        let faults = self.config.faults.clone();
        let is_lost = self
            .draws
            .happens(Chance::DatagramsLost, faults.datagram_lost);
        let is_late = self
            .draws
            .happens(Chance::DatagramsLate, faults.datagram_late);
        let late = self.draws.time(Chance::DatagramsLate, faults.late);
        let later = if is_late && !is_local {
            late
        } else {
            Duration::ZERO
        };
        let delay = self.delay(is_local).saturating_add(later);
        if let Role::Datagrams(datagrams) = &mut self.socket_mut(number)?.role {
            datagrams.on_the_way += length.max(SMALLEST);
        }
        let datagram = Event::Datagram {
            sender: number,
            from,
            to,
            host: there.filter(|_| is_local || !is_lost),
            bytes: Bytes(bytes),
        };
        self.plan(delay, datagram);
        Ok(length)
    }

    pub(crate) fn datagram_arrived(
        &mut self,
        sender: u64,
        (from, to): (SocketAddr, SocketAddr),
        host: Option<usize>,
        bytes: Vec<u8>,
    ) {
        let takes = bytes.len().max(SMALLEST);
        if let Some(socket) = self.sockets.get_mut(&sender)
            && let Role::Datagrams(datagrams) = &mut socket.role
        {
            datagrams.on_the_way = datagrams.on_the_way.saturating_sub(takes);
            self.wake(sender);
        }
        let Some(receiver) = host.and_then(|host| self.receiver_of(host, from, to)) else {
            return;
        };
        if let Some(socket) = self.sockets.get_mut(&receiver)
            && let Role::Datagrams(datagrams) = &mut socket.role
        {
            let (_, room) = socket.buffers;
            if datagrams.bytes == 0 || datagrams.bytes + takes <= room {
                datagrams.bytes += takes;
                datagrams.received.push_back((from, bytes));
                self.wake(receiver);
            }
        }
    }

    /// Whose datagram it is: of a socket that is connected to the sender, or else of another.
    fn receiver_of(&self, host: usize, from: SocketAddr, to: SocketAddr) -> Option<u64> {
        let receives = |connected: bool| {
            let found = self.sockets.iter().find(|(_, socket)| {
                let Role::Datagrams(datagrams) = &socket.role else {
                    return false;
                };
                let peer = match connected {
                    true => datagrams.peer == Some(from),
                    false => datagrams.peer.is_none(),
                };
                socket.host == host
                    && peer
                    && socket.local.is_some_and(|local| {
                        local.port() == to.port()
                            && local.is_ipv4() == to.is_ipv4()
                            && (local.ip().is_unspecified() || local.ip() == to.ip())
                    })
            });
            found.map(|(number, _)| *number)
        };
        receives(true).or_else(|| receives(false))
    }

    pub(crate) fn receive_datagram(
        &mut self,
        number: u64,
        space: &mut [u8],
        peeks: bool,
    ) -> Result<Arrived, TransportError> {
        let Role::Datagrams(datagrams) = &mut self.socket_mut(number)?.role else {
            return Err(TransportError::NotConnected);
        };
        let front = datagrams.received.front();
        let (source, datagram) = front.ok_or(TransportError::WouldBlock)?;
        for (space, byte) in space.iter_mut().zip(datagram) {
            *space = *byte;
        }
        let arrived = Arrived {
            bytes: space.len().min(datagram.len()),
            truncated: datagram.len() > space.len(),
            source: Some(*source),
        };
        if !peeks {
            datagrams.bytes = datagrams.bytes.saturating_sub(datagram.len().max(SMALLEST));
            datagrams.received.pop_front();
        }
        Ok(arrived)
    }
}
