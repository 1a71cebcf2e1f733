//! What the system tells beside a datagram, if options ask for it.

use std::net::IpAddr;

/// What the system told beside a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramInfo {
    /// The address that it was sent to.
    pub destination: Option<IpAddr>,
    /// The number of the interface that it came through; 0 if there is no destination.
    pub through: u32,
    /// The hop limit that it had left.
    pub hop_limit: Option<u8>,
}
