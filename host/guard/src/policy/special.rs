//! Addresses that no wildcard covers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A kind of address that only a rule of its own covers, because reaching it
/// means more than reaching the internet (IANA's special-purpose registries,
/// and the addresses where clouds hand out credentials).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpecialRange {
    /// The machine itself.
    Loopback,
    /// Private networks (RFC 1918).
    Private,
    /// The shared space behind carrier-grade NAT (RFC 6598).
    CarrierNat,
    /// IPv6's private networks (RFC 4193), and the older site-local ones.
    UniqueLocal,
    /// The network segment.
    LinkLocal,
    /// `0.0.0.0` and `::`, and the rest of "this network".
    Unspecified,
    /// Groups.
    Multicast,
    /// Everyone on the segment.
    Broadcast,
    /// Addresses for examples and benchmarks.
    Documentation,
    /// Where clouds hand out machine metadata and credentials.
    Metadata,
    /// Reserved by IANA, or not assigned to anyone.
    Reserved,
}

impl SpecialRange {
    /// Its name, as it appears in sentences.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::CarrierNat => "carrier-grade NAT",
            Self::UniqueLocal => "unique-local",
            Self::LinkLocal => "link-local",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Metadata => "cloud metadata",
            Self::Reserved => "reserved",
        }
    }

    /// The article that goes before its name.
    pub(super) fn article(self) -> &'static str {
        match self {
            Self::Unspecified => "an",
            _ => "a",
        }
    }

    /// Every network of the ranges, smaller ones after those that they are in.
    pub fn networks() -> impl Iterator<Item = (IpNet, Self)> {
        let v4 = V4.iter().map(|(net, range)| (IpNet::V4(*net), *range));
        v4.chain(V6.iter().map(|(net, range)| (IpNet::V6(*net), *range)))
    }

    /// The range that `address` is in, and its network: the smallest one if ranges are nested.
    pub(crate) fn of(address: IpAddr) -> Option<(Self, IpNet)> {
        Self::networks()
            .filter(|(net, _)| net.contains(&address))
            .max_by_key(|(net, _)| net.prefix_len())
            .map(|(net, range)| (range, net))
    }
}

impl fmt::Display for SpecialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(address: [u16; 8], length: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = address;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

const V4: &[(Ipv4Net, SpecialRange)] = &[
    (v4(0, 0, 0, 0, 8), SpecialRange::Unspecified),
    (v4(10, 0, 0, 0, 8), SpecialRange::Private),
    (v4(100, 64, 0, 0, 10), SpecialRange::CarrierNat),
    // Alibaba Cloud.
    (v4(100, 100, 100, 200, 32), SpecialRange::Metadata),
    (v4(127, 0, 0, 0, 8), SpecialRange::Loopback),
    // Azure.
    (v4(168, 63, 129, 16, 32), SpecialRange::Metadata),
    (v4(169, 254, 0, 0, 16), SpecialRange::LinkLocal),
    // Tencent Cloud.
    (v4(169, 254, 0, 23, 32), SpecialRange::Metadata),
    // Scaleway.
    (v4(169, 254, 42, 42, 32), SpecialRange::Metadata),
    // AWS, and most others.
    (v4(169, 254, 169, 254, 32), SpecialRange::Metadata),
    // The containers and pods of AWS.
    (v4(169, 254, 170, 2, 32), SpecialRange::Metadata),
    (v4(169, 254, 170, 23, 32), SpecialRange::Metadata),
    (v4(172, 16, 0, 0, 12), SpecialRange::Private),
    (v4(192, 0, 0, 0, 24), SpecialRange::Reserved),
    // Oracle Cloud.
    (v4(192, 0, 0, 192, 32), SpecialRange::Metadata),
    (v4(192, 0, 2, 0, 24), SpecialRange::Documentation),
    // Relays of 6to4, which are gone (RFC 7526).
    (v4(192, 88, 99, 0, 24), SpecialRange::Reserved),
    (v4(192, 168, 0, 0, 16), SpecialRange::Private),
    (v4(198, 18, 0, 0, 15), SpecialRange::Documentation),
    (v4(198, 51, 100, 0, 24), SpecialRange::Documentation),
    (v4(203, 0, 113, 0, 24), SpecialRange::Documentation),
    (v4(224, 0, 0, 0, 4), SpecialRange::Multicast),
    (v4(240, 0, 0, 0, 4), SpecialRange::Reserved),
    (v4(255, 255, 255, 255, 32), SpecialRange::Broadcast),
];

// Addresses that carry an IPv4 address never get here: they are decided on as IPv4.
const V6: &[(Ipv6Net, SpecialRange)] = &[
    // What is not global unicast, 2000::/3, is reserved unless listed below.
    (v6([0; 8], 3), SpecialRange::Reserved),
    (v6([0; 8], 128), SpecialRange::Unspecified),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), SpecialRange::Loopback),
    // Protocols (RFC 2928): benchmarks, overlays and the like.
    (
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        SpecialRange::Reserved,
    ),
    (
        v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48),
        SpecialRange::Documentation,
    ),
    (
        v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        SpecialRange::Documentation,
    ),
    (
        v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        SpecialRange::Documentation,
    ),
    (v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2), SpecialRange::Reserved),
    (v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1), SpecialRange::Reserved),
    (
        v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
        SpecialRange::UniqueLocal,
    ),
    // Scaleway.
    (
        v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128),
        SpecialRange::Metadata,
    ),
    // Oracle Cloud.
    (
        v6([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128),
        SpecialRange::Metadata,
    ),
    // AWS, and its pods.
    (
        v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128),
        SpecialRange::Metadata,
    ),
    (
        v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128),
        SpecialRange::Metadata,
    ),
    // Google Cloud.
    (
        v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),
        SpecialRange::Metadata,
    ),
    (
        v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
        SpecialRange::LinkLocal,
    ),
    // OpenStack.
    (
        v6([0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128),
        SpecialRange::Metadata,
    ),
    (
        v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
        SpecialRange::UniqueLocal,
    ),
    (
        v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
        SpecialRange::Multicast,
    ),
];
