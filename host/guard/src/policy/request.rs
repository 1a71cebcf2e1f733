//! What the host asks a policy.

use std::fmt;
use std::net::SocketAddr;

use super::address::canonical_socket_address;
use super::hosts::Protocol;
use super::listed::Subject;
use super::name_pattern::canonical_name;

/// Something that needs the policy's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// A use of a socket.
    Socket {
        /// The protocol of the socket.
        protocol: Protocol,
        /// What is to be done with it.
        usage: Usage,
    },
    /// Asking the system for the addresses of a DNS name.
    Resolve {
        /// The name.
        name: String,
    },
}

/// What is to be done with a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Usage {
    /// Creating it.
    Create,
    /// Binding it to an address that the program names; port 0 lets the system choose.
    Bind(SocketAddr),
    /// Binding it to any address and port, as a connect or a datagram does if no bind came first.
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

impl Usage {
    /// The subject of the rules that it needs first of all.
    pub(super) fn subject(self) -> Subject {
        match self {
            Usage::Bind(_) | Usage::Listen(_) | Usage::Accept { .. } => Subject::Inbound,
            Usage::Create
            | Usage::ImplicitBind
            | Usage::Connect(_)
            | Usage::DatagramTo(_)
            | Usage::DatagramFrom { .. } => Subject::Outbound,
        }
    }
}

impl Request {
    /// A use of a socket.
    #[must_use]
    pub fn socket(protocol: Protocol, usage: Usage) -> Self {
        Self::Socket { protocol, usage }
    }

    /// Asking for the addresses of a DNS name.
    #[must_use]
    pub fn resolve(name: impl Into<String>) -> Self {
        Self::Resolve { name: name.into() }
    }

    /// A label for logs and counters, such as `connect`; it never changes.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "resolve",
            Self::Socket { usage, .. } => match usage {
                Usage::Create => "create",
                Usage::Bind(_) => "bind",
                Usage::ImplicitBind => "implicit-bind",
                Usage::Listen(_) => "listen",
                Usage::Connect(_) => "connect",
                Usage::Accept { .. } => "accept",
                Usage::DatagramTo(_) => "datagram-to",
                Usage::DatagramFrom { .. } => "datagram-from",
            },
        }
    }

    /// The protocol of the socket; none for a name.
    #[must_use]
    pub fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Socket { protocol, .. } => Some(*protocol),
            Self::Resolve { .. } => None,
        }
    }

    /// The address in question: the peer if there is one, else the local
    /// address; `None` if the request names none.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.peer().or_else(|| self.local())
    }

    /// The peer, if the request names one.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        let Self::Socket { usage, .. } = self else {
            return None;
        };
        match *usage {
            Usage::Create | Usage::ImplicitBind | Usage::Bind(_) | Usage::Listen(_) => None,
            Usage::Connect(peer)
            | Usage::DatagramTo(peer)
            | Usage::Accept { peer, .. }
            | Usage::DatagramFrom { peer, .. } => Some(peer),
        }
    }

    /// The local address, if the request names one.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        let Self::Socket { usage, .. } = self else {
            return None;
        };
        match *usage {
            Usage::Bind(local) | Usage::Listen(local) | Usage::Accept { local, .. } => Some(local),
            Usage::DatagramFrom { local, .. } => local,
            Usage::Create | Usage::ImplicitBind | Usage::Connect(_) | Usage::DatagramTo(_) => None,
        }
    }

    /// The request with canonical addresses and names.
    pub(super) fn canonical(&self) -> Self {
        let canonical = canonical_socket_address;
        match self {
            Self::Resolve { name } => Self::resolve(canonical_name(name)),
            Self::Socket { protocol, usage } => Self::Socket {
                protocol: *protocol,
                usage: match *usage {
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
                },
            },
        }
    }
}

/// What is to be done, as the beginning of a sentence.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usage) = match self {
            Self::Resolve { name } => return write!(f, "resolving the name {name:?}"),
            Self::Socket { protocol, usage } => (protocol, usage),
        };
        match usage {
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
