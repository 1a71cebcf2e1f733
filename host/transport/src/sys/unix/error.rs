//! What the system's errors mean.

use rustix::io::Errno;

use crate::TransportError;

/// What an error means that only these systems have.
pub(crate) fn meaning(errno: Errno) -> Option<TransportError> {
    Some(match errno {
        Errno::PERM => TransportError::AccessDenied,
        // A stream whose peer is gone answers EPIPE once the reset was reported.
        Errno::PIPE => TransportError::ConnectionReset,
        Errno::NOMEM => TransportError::OutOfBuffers,
        Errno::NFILE => TransportError::TooManyEndpoints,
        // Of an interface.
        Errno::NODEV => TransportError::AddressNotAvailable,
        _ => return None,
    })
}

/// Whether it is what ICMP said of a datagram that was sent earlier.
pub(crate) fn is_about_another_datagram(errno: Errno) -> bool {
    matches!(errno, Errno::CONNREFUSED | Errno::HOSTUNREACH)
}
