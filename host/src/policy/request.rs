//! What the host asks a policy.

use std::fmt;
use std::net::SocketAddr;

use super::rule::Protocol;

/// A use of a socket that needs the policy's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The protocol of the socket.
    pub protocol: Protocol,
    /// What is to be done with it.
    pub usage: Usage,
}

/// What is to be done with a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Creating it.
    Create,
    /// Binding it to an address that the program names; port 0 lets the system choose.
    Bind(SocketAddr),
    /// Binding it to any address and port, as a connect or a datagram does where no bind came first.
    ImplicitBind,
    /// Listening on the address that it is bound to.
    Listen(SocketAddr),
    /// Connecting, or setting the default peer of a datagram socket.
    Connect(SocketAddr),
    /// Taking a connection.
    Accept {
        /// The address that the listening socket is bound to.
        local: SocketAddr,
        /// Who connected.
        peer: SocketAddr,
    },
    /// Sending a datagram to an address.
    DatagramTo(SocketAddr),
    /// Receiving a datagram.
    DatagramFrom {
        /// The address that the socket is bound to.
        local: Option<SocketAddr>,
        /// Who sent it.
        peer: SocketAddr,
    },
}

impl Request {
    /// The request with canonical addresses.
    pub(super) fn canonical(&self) -> Self {
        let usage = match self.usage {
            Usage::Create => Usage::Create,
            Usage::ImplicitBind => Usage::ImplicitBind,
            Usage::Bind(local) => Usage::Bind(canonical(local)),
            Usage::Listen(local) => Usage::Listen(canonical(local)),
            Usage::Connect(peer) => Usage::Connect(canonical(peer)),
            Usage::DatagramTo(peer) => Usage::DatagramTo(canonical(peer)),
            Usage::Accept { local, peer } => Usage::Accept {
                local: canonical(local),
                peer: canonical(peer),
            },
            Usage::DatagramFrom { local, peer } => Usage::DatagramFrom {
                local: local.map(canonical),
                peer: canonical(peer),
            },
        };
        Self {
            protocol: self.protocol,
            usage,
        }
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// What is to be done, as the beginning of a sentence.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.protocol.scheme();
        match self.usage {
            Usage::Create => write!(f, "creating a {scheme} socket"),
            Usage::Bind(local) => write!(f, "binding to {scheme}://{local}"),
            Usage::ImplicitBind => write!(f, "binding a {scheme} socket to an unused port"),
            Usage::Listen(local) => write!(f, "listening on {scheme}://{local}"),
            Usage::Connect(peer) => write!(f, "connecting to {scheme}://{peer}"),
            Usage::Accept { local, peer } => {
                write!(f, "accepting {scheme}://{peer} on {scheme}://{local}")
            }
            Usage::DatagramTo(peer) => write!(f, "sending a datagram to {scheme}://{peer}"),
            Usage::DatagramFrom { peer, .. } => {
                write!(f, "receiving a datagram from {scheme}://{peer}")
            }
        }
    }
}
