//! Hosts, their addresses and their ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use wsp_transport::{AddressFamily, Protocol, TransportError};

use crate::state::{Role, State};

/// The ports that sockets get which ask for none.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 49_152..=65_535;

/// The hosts of a network.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Vec<HostState>);

#[derive(Debug)]
struct HostState {
    name: String,
    addresses: Vec<IpAddr>,
    /// The port that is tried next.
    port: u16,
}

/// A host cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// There is one of that name.
    #[error("there is a host {0:?} already: give each one a name of its own")]
    NameInUse(String),
    /// There is one with that address.
    #[error("a host has the address {0} already: give each one addresses of its own")]
    AddressInUse(IpAddr),
    /// No host can have it.
    #[error("no host can have the address {0}: take one of a network, as in 10.0.0.1")]
    NoAddress(IpAddr),
}

impl Hosts {
    pub(crate) fn add(&mut self, name: &str, addresses: &[IpAddr]) -> Result<usize, HostError> {
        if self
            .0
            .iter()
            .any(|host| host.name.eq_ignore_ascii_case(name))
        {
            return Err(HostError::NameInUse(name.to_owned()));
        }
        for address in addresses {
            if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
                return Err(HostError::NoAddress(*address));
            }
            if self.0.iter().any(|host| host.addresses.contains(address)) {
                return Err(HostError::AddressInUse(*address));
            }
        }
        self.0.push(HostState {
            name: name.to_owned(),
            addresses: addresses.to_vec(),
            port: *EPHEMERAL.start(),
        });
        Ok(self.0.len() - 1)
    }

    /// The addresses of a name.
    pub(crate) fn named(&self, name: &str) -> &[IpAddr] {
        let name = name.strip_suffix('.').unwrap_or(name);
        let host = self
            .0
            .iter()
            .find(|host| host.name.eq_ignore_ascii_case(name));
        host.map_or(&[], |host| &host.addresses)
    }

    /// The name of a host.
    pub(crate) fn name(&self, host: usize) -> &str {
        self.0.get(host).map_or("", |host| &host.name)
    }

    /// The host that `from` reaches at an address.
    pub(crate) fn at(&self, from: usize, address: IpAddr) -> Option<usize> {
        if address.is_loopback() || address.is_unspecified() {
            return Some(from);
        }
        self.0
            .iter()
            .position(|host| host.addresses.contains(&address))
    }

    /// An address with the name of its host, for people.
    pub(crate) fn written(&self, from: usize, address: SocketAddr) -> String {
        match self.at(from, address.ip()) {
            Some(host) if host != from => format!("{}:{}", self.name(host), address.port()),
            _ => address.to_string(),
        }
    }

    fn has(&self, host: usize, address: IpAddr) -> bool {
        self.at(host, address) == Some(host)
    }

    /// The address that a host has towards a peer.
    fn towards(&self, host: usize, peer: IpAddr) -> Option<IpAddr> {
        if peer.is_loopback() || peer.is_unspecified() {
            return Some(match peer {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let mut addresses = self.0.get(host)?.addresses.iter();
        addresses
            .find(|address| address.is_ipv4() == peer.is_ipv4())
            .copied()
    }
}

impl State {
    /// Gives a socket a local address.
    pub(crate) fn bind(
        &mut self,
        number: u64,
        mut local: SocketAddr,
        shares: bool,
    ) -> Result<(), TransportError> {
        let socket = self.socket(number)?;
        let (host, family, protocol) = (socket.host, socket.family, socket.protocol);
        if socket.local.is_some() || local.is_ipv4() != (family == AddressFamily::Inet) {
            return Err(TransportError::InvalidArgument);
        }
        if !self.hosts.has(host, local.ip()) {
            return Err(TransportError::AddressNotAvailable);
        }
        if local.port() == 0 {
            local.set_port(self.free_port(host, protocol)?);
        } else if self.is_in_use(host, protocol, local, shares) {
            return Err(TransportError::AddressInUse);
        }
        let socket = self.socket_mut(number)?;
        socket.local = Some(local);
        socket.shares = shares;
        Ok(())
    }

    /// Gives a socket that has none a local address towards a peer.
    pub(crate) fn bind_towards(
        &mut self,
        number: u64,
        peer: IpAddr,
    ) -> Result<SocketAddr, TransportError> {
        let socket = self.socket(number)?;
        let (host, protocol, bound) = (socket.host, socket.protocol, socket.local);
        let towards = self.hosts.towards(host, peer);
        let towards = towards.ok_or(TransportError::NetworkUnreachable)?;
        let local = match bound {
            Some(local) if local.ip().is_unspecified() => SocketAddr::new(towards, local.port()),
            Some(local) => local,
            None => SocketAddr::new(towards, self.free_port(host, protocol)?),
        };
        if bound.is_none() {
            self.socket_mut(number)?.local = Some(local);
        }
        Ok(local)
    }

    fn free_port(&mut self, host: usize, protocol: Protocol) -> Result<u16, TransportError> {
        for _ in EPHEMERAL {
            let state = self.hosts.0.get_mut(host).ok_or(TransportError::Other)?;
            let port = state.port;
            state.port = port.checked_add(1).unwrap_or(*EPHEMERAL.start());
            let taken = self.sockets.values().any(|socket| {
                socket.host == host
                    && socket.protocol == protocol
                    && socket.local.is_some_and(|local| local.port() == port)
            });
            if !taken {
                return Ok(port);
            }
        }
        Err(TransportError::AddressInUse)
    }

    /// Whether a socket has the address that no connection has.
    fn is_in_use(&self, host: usize, protocol: Protocol, local: SocketAddr, shares: bool) -> bool {
        self.sockets.values().any(|socket| {
            let overlaps = socket.local.is_some_and(|other| {
                let any = other.ip().is_unspecified() || local.ip().is_unspecified();
                other.port() == local.port()
                    && other.is_ipv4() == local.is_ipv4()
                    && (any || other.ip() == local.ip())
            });
            let keeps = match socket.role {
                Role::Connected { .. } => false,
                Role::Listening(_) => true,
                Role::Fresh | Role::Datagrams(_) => !(shares && socket.shares),
            };
            socket.host == host && socket.protocol == protocol && overlaps && keeps
        })
    }
}
