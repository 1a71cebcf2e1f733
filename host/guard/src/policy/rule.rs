//! One rule of a policy.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use super::address::canonical;
use super::hosts::{Hosts, Protocol};
use super::ports::Ports;
use super::syntax;
use super::syntax_error::SyntaxError;

/// What may be reached: `tcp://HOST:PORTS` or `udp://HOST:PORTS`.
///
/// HOST is an IPv4 address, an IPv6 address in brackets, a network in CIDR
/// notation (`10.0.0.0/8`, `[fd00::]/8`), a DNS name, or `*`. PORTS is a list of
/// ports and ranges (`80`, `80,443`, `8000-8099,9000`) or `*`. Port 0, alone and
/// for inbound rules only, is a port that the system chooses.
///
/// ```
/// let rule: wsp_guard::policy::Rule = "tcp://10.0.0.0/8:80,8000-8099".parse()?;
/// assert_eq!(rule.to_string(), "tcp://10.0.0.0/8:80,8000-8099");
/// # Ok::<(), wsp_guard::policy::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The protocol.
    pub protocol: Protocol,
    /// The hosts.
    pub hosts: Hosts,
    /// The ports.
    pub ports: Ports,
}

impl Rule {
    /// The rule that covers exactly this address.
    #[must_use]
    pub fn exact(protocol: Protocol, address: SocketAddr) -> Self {
        Self {
            protocol,
            hosts: Hosts::Network(canonical(address.ip()).into()),
            ports: Ports::one(address.port()),
        }
    }
}

impl FromStr for Rule {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let (protocol, host, ports) = syntax::split(text)?;
        Ok(Self {
            protocol,
            hosts: syntax::parse_hosts(host, text)?,
            ports: Ports::parse(ports, text)?,
        })
    }
}

/// The grammar that `from_str` reads.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.protocol, self.hosts, self.ports)
    }
}
