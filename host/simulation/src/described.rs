//! What the sockets of a host wait for, as sentences.

use crate::connection::{Connection, Side};
use crate::state::{Role, State};

impl State {
    /// A clause for each socket of a host that has something to do with another.
    pub(crate) fn waits(&self, host: usize) -> Vec<String> {
        let mut clauses = Vec::new();
        for socket in self.sockets.values().filter(|socket| socket.host == host) {
            match &socket.role {
                Role::Listening(backlog) => {
                    let port = socket.local.map_or(0, |local| local.port());
                    clauses.push(match backlog.ready.len() {
                        0 => format!("nobody connects to port {port}"),
                        1 => format!("1 connection to port {port} waits to be accepted"),
                        many => format!("{many} connections to port {port} wait to be accepted"),
                    });
                }
                Role::Connected { connection, side } => {
                    if let Some(connection) = self.connections.get(connection) {
                        clauses.push(self.wait_of(host, connection, *side));
                    }
                }
                Role::Datagrams(datagrams) if socket.local.is_some() => {
                    let port = socket.local.map_or(0, |local| local.port());
                    clauses.push(match datagrams.first() {
                        0 => format!("no datagram comes to port {port}"),
                        _ => format!("a datagram to port {port} waits to be received"),
                    });
                }
                Role::Fresh | Role::Datagrams(_) => {}
            }
        }
        clauses
    }

    fn wait_of(&self, host: usize, connection: &Connection, side: Side) -> String {
        let (end, other) = (connection.end(side), connection.end(side.other()));
        let peer = self.hosts.written(host, end.peer);
        let (unsent, unread) = (end.out.bytes.len(), end.inbox.bytes.len());
        let mut clauses = Vec::new();
        if connection.is_lost {
            clauses.push(format!("the connection to {peer} is lost"));
        } else if !end.is_established && !end.is_dead {
            clauses.push(format!("the attempt to connect to {peer} is not answered"));
        } else if unsent > 0 && other.inbox.bytes.len() >= other.inbox.capacity {
            clauses.push(format!(
                "{unsent} bytes are not sent to {peer}, whose receive buffer of {} bytes is full",
                other.inbox.capacity
            ));
        }
        if unread > 0 {
            clauses.push(format!("{unread} bytes of {peer} are not received"));
        }
        if clauses.is_empty() {
            clauses.push(match end.is_dead || end.inbox.ended {
                true => format!("the connection to {peer} has ended"),
                false => format!("nothing comes from {peer}"),
            });
        }
        clauses.join(", ")
    }
}
