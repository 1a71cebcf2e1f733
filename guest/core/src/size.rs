//! Numbers of bytes.

use crate::{AddressFamily, SocketType};

/// `lpNumberOfBytes…` is 32 bits wide; the host accepts no transfer beyond that.
pub(crate) fn count(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The longest datagram, in bytes: 65,535 less the UDP header, and over IPv4 less the IPv4
/// header too, which the length counts. `None` for streams.
pub(crate) fn maximum_message_size(family: AddressFamily, kind: SocketType) -> Option<u32> {
    match (kind, family) {
        (SocketType::Stream, _) => None,
        (SocketType::Datagram, AddressFamily::Inet) => Some(65_507),
        (SocketType::Datagram, AddressFamily::Inet6) => Some(65_527),
    }
}
