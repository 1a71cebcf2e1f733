//! Protocols, and the hosts that a rule covers.

use std::fmt;

use ipnet::IpNet;

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
    /// A DNS name, in lower case; it stands for the addresses that it had when it was resolved last.
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
