//! One rule of a policy.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::address::canonical;
use super::ports::Ports;
use super::syntax::{self, SyntaxError};

/// A protocol over IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Streams.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Protocol {
    /// The scheme that names it: `tcp` or `udp`.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    pub(super) fn from_scheme(scheme: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp]
            .into_iter()
            .find(|protocol| scheme.eq_ignore_ascii_case(protocol.scheme()))
    }
}

/// The scheme.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())
    }
}

/// The hosts that a rule covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// `*`: every address outside the special ranges.
    Any,
    /// One address, or a network in CIDR notation.
    Network(IpNet),
    /// A DNS name, in lower case; it stands for the addresses that it has when the rule is added to a policy.
    Name(String),
}

/// The form that rules are written in, with IPv6 addresses in brackets.
impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Name(name) => f.write_str(name),
            Self::Network(network) => {
                match network {
                    IpNet::V4(v4) => write!(f, "{}", v4.addr())?,
                    IpNet::V6(v6) => write!(f, "[{}]", v6.addr())?,
                }
                if network.prefix_len() < network.max_prefix_len() {
                    write!(f, "/{}", network.prefix_len())?;
                }
                Ok(())
            }
        }
    }
}

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
