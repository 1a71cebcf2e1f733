//! Making connections, and ending them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use wsp_transport::{AddressFamily, Connecting, TransportError};

use crate::chance::Chance;
use crate::connection::{Connection, End, Side};
use crate::events::Event;
use crate::state::{Backlog, Role, State, unspecified};

/// How often an attempt is repeated whose listener has no room: after one second, two, four and
/// so on.
const MOST_TRIES: u32 = 6;

/// The backlog of a program that leaves it to the network, and the longest.
const BACKLOG: usize = 128;
const LONGEST_BACKLOG: usize = 4096;

impl State {
    /// Begins an attempt to connect a stream.
    pub(crate) fn connect(
        &mut self,
        number: u64,
        mut peer: SocketAddr,
    ) -> Result<Connecting, TransportError> {
        let socket = self.socket(number)?;
        let (host, buffers) = (socket.host, socket.buffers);
        let is_v4 = socket.family == AddressFamily::Inet;
        let urgent_in_line = socket.is_on(wsp_transport::EndpointOption::OobInline);
        if !matches!(socket.role, Role::Fresh) || peer.is_ipv4() != is_v4 {
            return Err(TransportError::InvalidArgument);
        }
        let local = self.bind_towards(number, peer.ip())?;
        if peer.ip().is_unspecified() {
            peer.set_ip(local.ip());
        }
        let is_local = self.hosts.at(host, peer.ip()) == Some(host);
        let mut client = End::new(Some(number), (local, peer), buffers);
        client.inbox.urgent_in_line = urgent_in_line;
        // Nobody has it until a listener takes it.
        let mut server = End::new(None, (peer, local), (0, 0));
        (server.is_closed, server.is_dead) = (true, true);
        let mut connection = Connection::new(client, server, is_local);
        let refusal = self.draw_faults(&mut connection);
        let id = self.number();
        self.connections.insert(id, connection);
        let socket = self.socket_mut(number)?;
        socket.local = Some(local);
        socket.role = Role::Connected {
            connection: id,
            side: Side::Client,
        };
        let delay = self.delay(is_local);
        match refusal {
            None => self.plan(
                delay,
                Event::Attempt {
                    connection: id,
                    tries: 1,
                },
            ),
            error => {
                let back = self.delay(is_local);
                let answered = Event::Answered {
                    connection: id,
                    error,
                };
                self.plan(delay + back, answered);
            }
        }
        Ok(Connecting::UnderWay)
    }

    /// What goes wrong with a connection, if anything does; why it is not made at all.
    fn draw_faults(&mut self, connection: &mut Connection) -> Option<TransportError> {
        let faults = self.config.faults.clone();
        let draws = &mut self.draws;
        let is_refused = draws.happens(Chance::Refused, faults.refused);
        let is_unreachable = draws.happens(Chance::Unreachable, faults.unreachable);
        let reset = draws.fault_after(Chance::Resets, faults.reset, faults.after);
        let lost = draws.fault_after(Chance::Losses, faults.lost, faults.after);
        let stalls = [Side::Client, Side::Server].map(|side| {
            let after = draws.fault_after(Chance::Stalls, faults.stall, faults.after);
            let time = draws.time(Chance::Stalls, faults.stalled);
            (side, after.map(|after| (after, time)))
        });
        if connection.is_local {
            return None;
        }
        connection.reset_after = reset;
        connection.lost_after = lost;
        for (side, stall) in stalls {
            connection.end_mut(side).out.stall = stall;
        }
        if is_unreachable {
            return Some(TransportError::HostUnreachable);
        }
        is_refused.then_some(TransportError::ConnectionRefused)
    }

    /// An attempt reaches the other host.
    pub(crate) fn attempted(&mut self, id: u64, tries: u32) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let is_local = connection.is_local;
        let client = connection.end(Side::Client);
        let peer = client.peer;
        let Some(from) = client.socket.and_then(|socket| self.sockets.get(&socket)) else {
            return self.remove_if_over(id);
        };
        let there = self.hosts.at(from.host, peer.ip());
        let listener = there.map(|host| self.listener_of(host, peer));
        let refusal = match listener {
            None => TransportError::HostUnreachable,
            Some(None) => TransportError::ConnectionRefused,
            Some(Some(listener)) => match self.takes(listener) {
                true => return self.establish(id, listener),
                false if tries < MOST_TRIES => {
                    let again = Duration::from_secs(1 << (tries - 1));
                    let tries = tries + 1;
                    return self.plan(
                        again,
                        Event::Attempt {
                            connection: id,
                            tries,
                        },
                    );
                }
                false => TransportError::TimedOut,
            },
        };
        let delay = self.delay(is_local);
        let error = Some(refusal);
        self.plan(
            delay,
            Event::Answered {
                connection: id,
                error,
            },
        );
    }

    /// Who listens there: the one with that very address, or else one with every address.
    fn listener_of(&self, host: usize, address: SocketAddr) -> Option<u64> {
        let listens = |any: bool| {
            let found = self.sockets.iter().find(|(_, socket)| {
                socket.host == host
                    && matches!(socket.role, Role::Listening(_))
                    && socket.local.is_some_and(|local| {
                        local.port() == address.port()
                            && local.is_ipv4() == address.is_ipv4()
                            && match any {
                                true => local.ip().is_unspecified(),
                                false => local.ip() == address.ip(),
                            }
                    })
            });
            found.map(|(number, _)| *number)
        };
        listens(false).or_else(|| listens(true))
    }

    /// Whether the backlog of a listener has room.
    fn takes(&self, listener: u64) -> bool {
        self.sockets
            .get(&listener)
            .is_some_and(|socket| match &socket.role {
                Role::Listening(backlog) => {
                    backlog.ready.len() + backlog.arriving.len() < backlog.most
                }
                _ => false,
            })
    }

    /// A listener takes an attempt.
    fn establish(&mut self, id: u64, listener: u64) {
        let (there, back) = {
            let is_local = self.connections.get(&id).is_some_and(|one| one.is_local);
            (self.delay(is_local), self.delay(is_local))
        };
        let send = self.draws.size(Chance::Buffers, self.config.send_buffer);
        let receive = self.draws.size(Chance::Buffers, self.config.receive_buffer);
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.listener = Some(listener);
        let server = connection.end_mut(Side::Server);
        (server.is_closed, server.is_dead) = (false, false);
        server.is_established = true;
        (server.out.capacity, server.inbox.capacity) = (send, receive);
        server.out.arrives = now + there;
        // What the client sends comes behind its last word on the attempt.
        connection.end_mut(Side::Client).out.arrives = now + there + back;
        if let Some(socket) = self.sockets.get_mut(&listener)
            && let Role::Listening(backlog) = &mut socket.role
        {
            backlog.arriving.push(id);
        }
        let error = None;
        self.plan(
            there,
            Event::Answered {
                connection: id,
                error,
            },
        );
        self.plan(there + back, Event::Acceptable { connection: id });
    }

    /// The answer to an attempt reaches who made it.
    pub(crate) fn answered(&mut self, id: u64, error: Option<TransportError>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let client = connection.end_mut(Side::Client);
        match error {
            Some(error) => self.fail(id, Side::Client, error),
            None if !client.is_closed => {
                client.is_established = true;
                self.wake_end(id, Side::Client);
            }
            None => {}
        }
    }

    /// A connection can be accepted.
    pub(crate) fn acceptable(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let failed = connection.end(Side::Server).is_dead;
        let Some(listener) = connection.listener else {
            return;
        };
        if let Some(socket) = self.sockets.get_mut(&listener)
            && let Role::Listening(backlog) = &mut socket.role
        {
            backlog.arriving.retain(|arriving| *arriving != id);
            if failed {
                return self.abandon(id);
            }
            backlog.ready.push_back(id);
            self.wake(listener);
        }
    }

    /// Takes connections.
    pub(crate) fn listen(&mut self, number: u64, backlog: u32) -> Result<(), TransportError> {
        let most = match backlog as usize {
            0 => BACKLOG,
            backlog => backlog.min(LONGEST_BACKLOG),
        };
        let socket = self.socket_mut(number)?;
        match &mut socket.role {
            Role::Listening(backlog) => backlog.most = most,
            Role::Fresh => {
                socket.role = Role::Listening(Backlog {
                    most,
                    ready: VecDeque::new(),
                    arriving: Vec::new(),
                });
            }
            Role::Connected { .. } => return Err(TransportError::InvalidArgument),
            Role::Datagrams(_) => return Err(TransportError::NotSupported),
        }
        Ok(())
    }

    /// Takes one connection: its socket, and who made it.
    pub(crate) fn accept(&mut self, number: u64) -> Result<(u64, SocketAddr), TransportError> {
        loop {
            let socket = self.socket_mut(number)?;
            let options = socket.options.clone();
            let (host, family, protocol) = (socket.host, socket.family, socket.protocol);
            let Role::Listening(backlog) = &mut socket.role else {
                return Err(TransportError::InvalidArgument);
            };
            let Some(id) = backlog.ready.pop_front() else {
                return Err(TransportError::WouldBlock);
            };
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            if connection.end(Side::Server).is_dead {
                self.abandon(id);
                continue;
            }
            let accepted = self.create(host, family, protocol)?;
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            connection.listener = None;
            let end = connection.end_mut(Side::Server);
            end.socket = Some(accepted);
            let (local, peer) = (end.local, end.peer);
            let buffers = (end.out.capacity, end.inbox.capacity);
            let socket = self.socket_mut(accepted)?;
            socket.local = Some(local);
            socket.buffers = buffers;
            socket.options = options;
            socket.role = Role::Connected {
                connection: id,
                side: Side::Server,
            };
            let in_line = socket.is_on(wsp_transport::EndpointOption::OobInline);
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.end_mut(Side::Server).inbox.urgent_in_line = in_line;
            }
            return Ok((accepted, peer));
        }
    }

    /// A connection of a backlog that nobody will accept.
    fn abandon(&mut self, id: u64) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.listener = None;
            connection.end_mut(Side::Server).is_closed = true;
            self.remove_if_over(id);
        }
    }

    /// How an attempt has ended.
    pub(crate) fn attempt(&mut self, number: u64) -> Option<Result<(), TransportError>> {
        let Role::Connected { connection, side } = self.sockets.get(&number)?.role else {
            return None;
        };
        let end = self.connections.get_mut(&connection)?.end_mut(side);
        match (end.is_dead, end.is_established) {
            (true, _) => Some(Err(end
                .error
                .take()
                .unwrap_or(TransportError::ConnectionReset))),
            (false, true) => Some(Ok(())),
            (false, false) => None,
        }
    }

    /// Takes a datagram socket's peer away, or a stream's connection.
    pub(crate) fn disconnect(&mut self, number: u64) -> Result<(), TransportError> {
        let socket = self.socket_mut(number)?;
        match &mut socket.role {
            Role::Datagrams(datagrams) => datagrams.peer = None,
            Role::Connected { connection, side } => {
                let (connection, side) = (*connection, *side);
                socket.role = Role::Fresh;
                socket.local = None;
                self.close_end(connection, side, true);
                self.wake(number);
            }
            Role::Fresh | Role::Listening(_) => {}
        }
        Ok(())
    }

    /// Closes a socket.
    pub(crate) fn close(&mut self, number: u64) {
        let Some(socket) = self.sockets.remove(&number) else {
            return;
        };
        match socket.role {
            Role::Fresh | Role::Datagrams(_) => {}
            Role::Connected { connection, side } => {
                self.close_end(connection, side, socket.aborts);
            }
            Role::Listening(backlog) => {
                for connection in backlog.ready.into_iter().chain(backlog.arriving) {
                    self.close_end(connection, Side::Server, true);
                }
            }
        }
    }

    /// An end that no program has any more: gracefully, or with a reset, as it also comes if
    /// the program has not received everything.
    fn close_end(&mut self, id: u64, side: Side, aborts: bool) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let end = connection.end_mut(side);
        end.socket = None;
        end.is_closed = true;
        let resets = aborts || !end.inbox.bytes.is_empty() || !end.is_established;
        if end.is_dead || !resets {
            end.out.ends = true;
            self.pump(id, side);
        } else {
            end.fails(TransportError::Cancelled);
            self.reset_other(id, side);
        }
        self.remove_if_over(id);
    }

    /// Tells the other end that the connection is reset.
    pub(crate) fn reset_other(&mut self, id: u64, side: Side) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        if connection.end(side.other()).is_dead {
            return;
        }
        let (is_local, arrives) = (connection.is_local, connection.end(side).out.arrives);
        let delay = self.delay(is_local);
        let at = self.now().saturating_add(delay).max(arrives);
        let to = side.other();
        self.queue.plan(at, Event::Reset { connection: id, to });
    }

    /// An end fails.
    pub(crate) fn fail(&mut self, id: u64, side: Side, error: TransportError) {
        if let Some(connection) = self.connections.get_mut(&id) {
            let end = connection.end_mut(side);
            if !end.is_dead {
                end.fails(error);
                self.wake_end(id, side);
            }
            self.remove_if_over(id);
        }
    }

    /// Forgets a connection of which nothing is left.
    pub(crate) fn remove_if_over(&mut self, id: u64) {
        if self.connections.get(&id).is_some_and(Connection::is_over) {
            self.connections.remove(&id);
        }
    }

    /// The local address of a socket, with port 0 if it has none.
    pub(crate) fn local_address(&self, number: u64) -> SocketAddr {
        let socket = self.sockets.get(&number);
        let family = socket.map_or(AddressFamily::Inet, |socket| socket.family);
        let local = socket.and_then(|socket| socket.local);
        local.unwrap_or_else(|| SocketAddr::new(unspecified(family), 0))
    }

    /// Whom a socket is connected to.
    pub(crate) fn peer_address(&self, number: u64) -> Option<SocketAddr> {
        match &self.sockets.get(&number)?.role {
            Role::Datagrams(datagrams) => datagrams.peer,
            Role::Connected { connection, side } => {
                let end = self.connections.get(connection)?.end(*side);
                (end.is_established && !end.is_dead).then_some(end.peer)
            }
            Role::Fresh | Role::Listening(_) => None,
        }
    }
}
