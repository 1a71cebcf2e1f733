//! The canonical form of an address, which is what every rule is compared with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// An IPv6 form that carries an IPv4 address to which its packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Embedding {
    /// `::ffff:a.b.c.d` (RFC 4291).
    Mapped,
    /// `::a.b.c.d`, but not `::` and `::1` (RFC 4291, deprecated).
    Compatible,
    /// `::ffff:0:a.b.c.d` (RFC 2765, obsolete).
    Translated,
    /// `64:ff9b::a.b.c.d` (RFC 6052).
    Nat64,
    /// `2002:aabb:ccdd::/48` (RFC 3056).
    SixToFour,
    /// `2001::/32`, with the client's address inverted in the last four bytes (RFC 4380).
    Teredo,
}

impl Embedding {
    fn of(address: Ipv6Addr) -> Option<Self> {
        match address.segments() {
            [0, 0, 0, 0, 0, 0xffff, _, _] => Some(Self::Mapped),
            [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
            [0, 0, 0, 0, 0, 0, _, _] => Some(Self::Compatible),
            [0, 0, 0, 0, 0xffff, 0, _, _] => Some(Self::Translated),
            [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(Self::Nat64),
            [0x2002, ..] => Some(Self::SixToFour),
            [0x2001, 0, ..] => Some(Self::Teredo),
            _ => None,
        }
    }
}

/// The address that every rule is compared with: the IPv4 address if an
/// IPv6 one carries it, else the address itself.
#[must_use]
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [.., g, h] = v6.segments();
    let [_, b, c, ..] = v6.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match Embedding::of(v6) {
        None => address,
        Some(
            Embedding::Mapped | Embedding::Compatible | Embedding::Translated | Embedding::Nat64,
        ) => v4(g, h),
        Some(Embedding::SixToFour) => v4(b, c),
        Some(Embedding::Teredo) => v4(!g, !h),
    }
}

/// As [`canonical`]; scope and flow label are left out.
#[must_use]
pub(super) fn canonical_socket_address(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(canonical(address.ip()), address.port())
}

/// An address that is asked for: what rules are compared with, and, for deny rules, what
/// was written too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) canonical: SocketAddr,
    pub(super) written: SocketAddr,
}

impl From<SocketAddr> for Asked {
    fn from(written: SocketAddr) -> Asked {
        Asked {
            canonical: canonical_socket_address(written),
            written,
        }
    }
}

/// The network that a rule means: an IPv4-mapped one is the IPv4 one.
///
/// # Errors
///
/// The IPv4 address that is meant, if the network is within another
/// embedding form: a rule for it would cover more than it says.
pub(super) fn canonical_network(network: IpNet) -> Result<IpNet, IpAddr> {
    let IpNet::V6(v6) = network else {
        return Ok(network);
    };
    match Embedding::of(v6.addr()) {
        None => Ok(network),
        Some(Embedding::Mapped) if v6.prefix_len() >= 96 => {
            let length = v6.prefix_len() - 96;
            Ok(IpNet::new(canonical(v6.addr().into()), length).unwrap_or(network))
        }
        // `::/8` is not an address of that form, but a network around all of them.
        Some(Embedding::Compatible | Embedding::Translated | Embedding::Nat64)
            if v6.prefix_len() < 96 =>
        {
            Ok(network)
        }
        Some(Embedding::Mapped) => Ok(network),
        Some(Embedding::SixToFour) if v6.prefix_len() < 16 => Ok(network),
        Some(Embedding::Teredo) if v6.prefix_len() < 32 => Ok(network),
        Some(_) => Err(canonical(v6.addr().into())),
    }
}

/// Every spelling of an IPv4 network, since a cap-std pool compares addresses
/// as they are written. Teredo scatters a network over its whole range, so the
/// pool has all of it.
pub(super) fn spellings(network: Ipv4Net) -> impl Iterator<Item = IpNet> {
    let [a, b, c, d] = network.network().octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let length = network.prefix_len();
    let v6 = |segments: [u16; 8], length: u8| {
        let [a, b, c, d, e, f, g, h] = segments;
        Ipv6Net::new(Ipv6Addr::new(a, b, c, d, e, f, g, h), length).map(IpNet::V6)
    };
    [
        v6([0, 0, 0, 0, 0, 0xffff, high, low], 96 + length),
        v6([0, 0, 0, 0, 0, 0, high, low], 96 + length),
        v6([0, 0, 0, 0, 0xffff, 0, high, low], 96 + length),
        v6([0x64, 0xff9b, 0, 0, 0, 0, high, low], 96 + length),
        v6([0x2002, high, low, 0, 0, 0, 0, 0], 16 + length),
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
    ]
    .into_iter()
    .flatten()
    .chain([IpNet::V4(network)])
}
