//! What the system's errors mean.

use rustix::io::Errno;

use crate::TransportError;

/// What an error means that only this system has.
pub(crate) fn meaning(errno: Errno) -> Option<TransportError> {
    Some(match errno {
        // The direction has ended, which other systems call a reset connection.
        Errno::SHUTDOWN | Errno::DISCON => TransportError::ConnectionReset,
        Errno::CANCELED => TransportError::ConnectionAborted,
        _ => return None,
    })
}

/// Whether it is what ICMP said of a datagram that was sent earlier: that its port or host
/// was not reached, or that it was forwarded too often.
pub(crate) fn is_about_another_datagram(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::CONNRESET | Errno::NETRESET | Errno::CONNREFUSED | Errno::HOSTUNREACH
    )
}
