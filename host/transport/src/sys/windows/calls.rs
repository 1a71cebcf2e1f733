//! Sends and receives.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::SocketAddr;

use rustix::io::Errno;
use socket2::{MaybeUninitSlice, SockAddr, SockRef};
use windows_sys::Win32::Networking::WinSock::{MSG_DONTROUTE, MSG_OOB, MSG_PEEK};

use crate::slices::first;
use crate::socket::Socket;
use crate::sys::Message;
use crate::{DatagramInfo, ReceiveFlags, SendFlags};

/// The most bytes of a stream that one call is given. The system takes all of them as soon as
/// it has any room, and keeps them in its own memory, which nothing else would bound.
const MOST_AT_ONCE: u64 = 256 << 10;

/// Sends one part.
pub(crate) fn send(socket: &Socket, part: &[u8], flags: SendFlags) -> Result<u64, Errno> {
    send_vectored(socket, &[IoSlice::new(part)], flags)
}

/// Sends parts, as one datagram or as far as the stream has room.
pub(crate) fn send_vectored(
    socket: &Socket,
    parts: &[IoSlice<'_>],
    flags: SendFlags,
) -> Result<u64, Errno> {
    let flags = send_flags(flags)?;
    let parts = match socket {
        Socket::Tcp(_) => &first(parts, MOST_AT_ONCE)[..],
        Socket::Udp(_) => parts,
    };
    let sent = SockRef::from(socket).send_vectored_with_flags(parts, flags);
    sent.map(|bytes| bytes as u64).map_err(errno)
}

/// Sends parts as one datagram.
pub(crate) fn send_to(
    socket: &Socket,
    parts: &[IoSlice<'_>],
    to: &SocketAddr,
    flags: SendFlags,
) -> Result<u64, Errno> {
    let flags = send_flags(flags)?;
    let to = SockAddr::from(*to);
    let sent = SockRef::from(socket).send_to_vectored_with_flags(parts, &to, flags);
    sent.map(|bytes| bytes as u64).map_err(errno)
}

fn send_flags(flags: SendFlags) -> Result<i32, Errno> {
    if flags.contains(SendFlags::MORE) {
        return Err(Errno::OPNOTSUPP);
    }
    let mut system = 0;
    if flags.contains(SendFlags::DONT_ROUTE) {
        system |= MSG_DONTROUTE;
    }
    if flags.contains(SendFlags::URGENT) {
        system |= MSG_OOB;
    }
    Ok(system)
}

/// Receives what is there.
pub(crate) fn receive(
    socket: &Socket,
    space: &mut [u8],
    flags: ReceiveFlags,
) -> Result<Message, Errno> {
    let mut system = 0;
    if flags.contains(ReceiveFlags::URGENT) {
        system |= MSG_OOB;
    }
    if flags.contains(ReceiveFlags::PEEK) {
        system |= MSG_PEEK;
    }
    let length = space.len();
    let mut space = [MaybeUninitSlice::new(uninit(space))];
    let socket2 = SockRef::from(socket);
    let (bytes, truncated, source) = match socket {
        Socket::Tcp(_) => {
            let (bytes, flags) = socket2
                .recv_vectored_with_flags(&mut space, system)
                .map_err(errno)?;
            (bytes, flags.is_truncated(), None)
        }
        Socket::Udp(_) => {
            let (bytes, flags, source) = socket2
                .recv_from_vectored_with_flags(&mut space, system)
                .map_err(errno)?;
            (bytes, flags.is_truncated(), source.as_socket())
        }
    };
    Ok(Message {
        // What is longer than the buffer fills it; not every system says so.
        bytes: if truncated { length } else { bytes },
        truncated,
        source,
    })
}

/// The same bytes, as a system call takes them that only writes.
#[expect(
    unsafe_code,
    reason = "the standard library has no safe conversion yet"
)]
fn uninit(space: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (start, length) = (space.as_mut_ptr(), space.len());
    // SAFETY: a byte and one that may have no value have the same layout, and socket2
    // promises to write values only, so all of them still have one.
    unsafe { std::slice::from_raw_parts_mut(start.cast(), length) }
}

/// Receives a datagram with what the system was asked to tell beside it; nobody can ask.
pub(crate) fn receive_told(
    socket: &Socket,
    space: &mut [u8],
    flags: ReceiveFlags,
) -> Result<(Message, DatagramInfo), Errno> {
    Ok((receive(socket, space, flags)?, DatagramInfo::default()))
}

fn errno(error: io::Error) -> Errno {
    // Every error of socket2 comes from the system.
    Errno::from_io_error(&error).unwrap_or(Errno::INVAL)
}
