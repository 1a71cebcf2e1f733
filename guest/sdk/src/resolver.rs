//! The addresses of names.

use std::net::{IpAddr, Ipv6Addr};

pub use crate::bindings::winsock::spi::resolver::ResolveError;
use crate::bindings::winsock::spi::{resolver, types::IpAddress};

/// `getaddrinfo`: the addresses of a DNS name, as the host finds them. It blocks.
/// Resolving grants nothing: what may be reached is decided when something connects to it.
///
/// # Errors
///
/// [`ResolveError::Acces`] if the policy forbids the name, [`ResolveError::Inval`]
/// for what is not a DNS name (an address as text, or more than 254 bytes), and
/// [`ResolveError::HostNotFound`] if it has no address.
pub fn resolve_name(name: &str) -> Result<Vec<IpAddr>, ResolveError> {
    let addresses = resolver::resolve_name(name)?.into_iter();
    Ok(addresses.map(IpAddr::from).collect())
}

impl From<IpAddress> for IpAddr {
    fn from(address: IpAddress) -> IpAddr {
        match address {
            IpAddress::Inet((a, b, c, d)) => IpAddr::from([a, b, c, d]),
            IpAddress::Inet6((a, b, c, d, e, f, g, h)) => {
                IpAddr::from(Ipv6Addr::new(a, b, c, d, e, f, g, h))
            }
        }
    }
}

// `name` is the generated one's own method, for the case.
impl ResolveError {
    /// The constant's name, such as `"WSAHOST_NOT_FOUND"`.
    #[must_use]
    pub const fn winsock_name(self) -> &'static str {
        match self {
            ResolveError::Acces => "WSAEACCES",
            ResolveError::Inval => "WSAEINVAL",
            ResolveError::HostNotFound => "WSAHOST_NOT_FOUND",
        }
    }

    /// The number that Winsock gives this code.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            ResolveError::Acces => 10013,
            ResolveError::Inval => 10022,
            ResolveError::HostNotFound => 11001,
        }
    }
}
