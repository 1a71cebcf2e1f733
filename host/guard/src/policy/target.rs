//! One address to send to or to listen on, as a person writes it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use super::hosts::{Hosts, Protocol};
use super::ports;
use super::syntax;
use super::syntax_error::SyntaxError;

/// `tcp://HOST:PORT` or `udp://HOST:PORT`, where HOST is an IPv4 address, an
/// IPv6 address in brackets or a DNS name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    protocol: Protocol,
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(String),
}

impl Target {
    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The port; 0 is one that the system chooses, which makes sense for listening only.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host, if it is a name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Address(_) => None,
            Host::Name(name) => Some(name),
        }
    }

    /// The addresses that it stands for, in the resolver's order; at least one. May block.
    ///
    /// # Errors
    ///
    /// The resolver's error when a name has no address.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let name = match &self.host {
            Host::Address(address) => return Ok(vec![(*address, self.port).into()]),
            Host::Name(name) => name.as_str(),
        };
        let addresses: Vec<SocketAddr> = (name, self.port).to_socket_addrs()?.collect();
        if addresses.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            ));
        }
        Ok(addresses)
    }
}

impl FromStr for Target {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let (protocol, host, port) = syntax::split(text)?;
        let not_single = || SyntaxError::NotSingle {
            text: text.to_owned(),
        };
        let host = match syntax::bracketed_address(host) {
            // Any IPv6 address may be a target, also one that no rule may name.
            Some(address) => Host::Address(IpAddr::from(address).to_canonical()),
            None => match syntax::parse_hosts(host, text)? {
                Hosts::Name(name) => Host::Name(name),
                Hosts::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                    Host::Address(network.addr())
                }
                Hosts::Network(_) | Hosts::Any => return Err(not_single()),
            },
        };
        if port == "*" || port.contains([',', '-']) {
            return Err(not_single());
        }
        Ok(Self {
            protocol,
            host,
            port: ports::parse_port(port, text)?,
        })
    }
}

/// The grammar that `from_str` reads.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(address) => {
                write!(
                    f,
                    "{}://{}",
                    self.protocol,
                    SocketAddr::new(*address, self.port)
                )
            }
            Host::Name(name) => write!(f, "{}://{name}:{}", self.protocol, self.port),
        }
    }
}
