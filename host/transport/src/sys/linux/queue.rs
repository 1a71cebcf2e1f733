//! What a socket has still to send.

use crate::socket::Socket;

/// Bytes in the kernel's send queue that the peer has not acknowledged; 0 of a socket that
/// has no such queue.
#[expect(unsafe_code, reason = "rustix has no safe function for SIOCOUTQ")]
pub(crate) fn in_kernel(socket: &Socket) -> u64 {
    /// `SIOCOUTQ`, which is `TIOCOUTQ` on every architecture of Linux.
    const SIOCOUTQ: rustix::ioctl::Opcode = linux_raw_sys::ioctl::TIOCOUTQ as rustix::ioctl::Opcode;
    // SAFETY: SIOCOUTQ writes one C int, as tcp(7) says.
    let bytes: rustix::io::Result<std::ffi::c_int> = unsafe {
        rustix::ioctl::ioctl(
            socket,
            rustix::ioctl::Getter::<SIOCOUTQ, std::ffi::c_int>::new(),
        )
    };
    bytes
        .ok()
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or(0)
}
