//! What the system's errors mean to the provider.

use std::io;

use rustix::io::Errno;

use super::{TransportError, sys};
use wsp_guard::quota::{QuotaKind, Refusal};

/// The one mapping from quotas.
impl From<Refusal> for TransportError {
    fn from(refusal: Refusal) -> TransportError {
        match refusal.kind {
            QuotaKind::Sockets => TransportError::TooManyEndpoints,
            QuotaKind::Operations => TransportError::TooManyOperations,
            QuotaKind::BytesPerSecond => TransportError::WouldBlock,
            // Bytes, parts and connection attempts.
            _ => TransportError::OutOfBuffers,
        }
    }
}

/// The one mapping from the numbers of the system: `errno`, or the codes of Winsock, which
/// have the same names here.
pub(super) fn from_errno(errno: Errno) -> TransportError {
    match errno {
        Errno::ACCESS => TransportError::AccessDenied,
        Errno::ADDRINUSE => TransportError::AddressInUse,
        Errno::ADDRNOTAVAIL => TransportError::AddressNotAvailable,
        Errno::CONNABORTED => TransportError::ConnectionAborted,
        Errno::CONNREFUSED => TransportError::ConnectionRefused,
        Errno::CONNRESET => TransportError::ConnectionReset,
        Errno::HOSTUNREACH | Errno::HOSTDOWN => TransportError::HostUnreachable,
        Errno::INVAL | Errno::AFNOSUPPORT | Errno::ISCONN | Errno::ALREADY => {
            TransportError::InvalidArgument
        }
        Errno::NETRESET => TransportError::KeepAliveFailed,
        Errno::MSGSIZE => TransportError::MessageTooLarge,
        Errno::NETDOWN => TransportError::NetworkDown,
        Errno::NETUNREACH => TransportError::NetworkUnreachable,
        Errno::NOTCONN | Errno::DESTADDRREQ => TransportError::NotConnected,
        Errno::OPNOTSUPP | Errno::NOPROTOOPT | Errno::PROTONOSUPPORT => {
            TransportError::NotSupported
        }
        Errno::NOBUFS => TransportError::OutOfBuffers,
        Errno::TIMEDOUT => TransportError::TimedOut,
        Errno::MFILE => TransportError::TooManyEndpoints,
        Errno::AGAIN => TransportError::WouldBlock,
        other => sys::meaning(other).unwrap_or_else(|| {
            // A guest may be able to cause it at will, so it must not fill the log.
            tracing::debug!(target: "wsp::transport", errno = ?other, "unexpected system error");
            TransportError::Other
        }),
    }
}

/// As [`from_errno`], for errors that come through the standard library.
pub(super) fn from_io(error: &io::Error) -> TransportError {
    match Errno::from_io_error(error) {
        Some(errno) => from_errno(errno),
        // The pool's own refusal has no errno.
        None if error.kind() == io::ErrorKind::PermissionDenied => TransportError::AccessDenied,
        None => {
            tracing::debug!(target: "wsp::transport", %error, "unexpected error");
            TransportError::Other
        }
    }
}
