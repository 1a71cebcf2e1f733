//! One gather and the system calls that it takes.

use std::cell::RefCell;
use std::io::IoSlice;
use std::net::SocketAddr;

use rustix::io::Errno;

use super::endpoint::Endpoint;
use super::slices::Slices;
use super::slices::first;
use super::{AddressFamily, Protocol, SendFlags, SendOptions, sys};

/// The most parts that one system call takes (IOV_MAX).
pub(super) const MAXIMUM_SLICES: usize = 1024;

/// The fewest parts that are joined.
const MANY_PARTS: usize = 32;

/// The longest part, on the average, that is copied rather than described to the
/// system, in bytes.
const SMALL_PART: usize = 1024;

/// The longest gather that is joined, in bytes.
const LONGEST_JOINED: usize = 256 << 10;

impl Endpoint {
    /// One gather, as far as the kernel takes it now; always one system call
    /// up to [`MAXIMUM_SLICES`] parts.
    pub(super) fn send_gather(
        &self,
        slices: &[IoSlice<'_>],
        total: u64,
        options: SendOptions,
    ) -> Result<u64, Errno> {
        if self.protocol == Protocol::Udp {
            return self.send_datagram(slices, options).map(|()| total);
        }
        if options.flags.contains(SendFlags::URGENT) {
            return self.send_urgent(slices, total, options.flags);
        }
        self.send_stream(slices, options.flags)
    }

    /// As [`Endpoint::send_gather`], the first `length` bytes of a stream's gather.
    pub(super) fn send_first(
        &self,
        slices: &[IoSlice<'_>],
        length: u64,
        options: SendOptions,
    ) -> Result<u64, Errno> {
        let slices = first(slices, length);
        self.send_stream(&slices, options.flags - SendFlags::URGENT)
    }

    fn send_stream(&self, slices: &[IoSlice<'_>], flags: SendFlags) -> Result<u64, Errno> {
        let mut sent = 0;
        for chunk in slices.chunks(MAXIMUM_SLICES) {
            let length: u64 = chunk.iter().map(|slice| slice.len() as u64).sum();
            match self.send_message(chunk, flags, None) {
                Ok(bytes) => {
                    sent += bytes;
                    if bytes < length {
                        break;
                    }
                }
                Err(_) if sent > 0 => break,
                Err(errno) => return Err(errno),
            }
        }
        Ok(sent)
    }

    /// Only the last byte of a call is urgent, so it goes by itself once the rest
    /// is out: a short write must not mark another byte.
    fn send_urgent(
        &self,
        slices: &[IoSlice<'_>],
        total: u64,
        flags: SendFlags,
    ) -> Result<u64, Errno> {
        let Some((last_slice, before)) = slices.split_last() else {
            return Ok(0);
        };
        let Some((last_byte, start)) = last_slice.split_last() else {
            return Ok(0);
        };
        let plain = flags - SendFlags::URGENT;
        let mut sent = 0;
        if total > 1 {
            let mut rest: Slices<'_> = before.iter().map(|slice| IoSlice::new(slice)).collect();
            if !start.is_empty() {
                rest.push(IoSlice::new(start));
            }
            sent = self.send_stream(&rest, plain)?;
            if sent < total - 1 {
                return Ok(sent);
            }
        }
        match self.send_message(&[IoSlice::new(&[*last_byte])], flags, None) {
            Ok(byte) => Ok(sent + byte),
            Err(_) if sent > 0 => Ok(sent),
            Err(errno) => Err(errno),
        }
    }

    fn send_datagram(&self, slices: &[IoSlice<'_>], options: SendOptions) -> Result<(), Errno> {
        // Datagrams have no urgent bytes.
        let flags = options.flags - SendFlags::URGENT;
        let send = || {
            if slices.len() > MAXIMUM_SLICES {
                // A datagram goes out in one call or not at all.
                return joined(slices, |whole| {
                    self.send_message(&[whole], flags, options.to)
                });
            }
            self.send_message(slices, flags, options.to)
        };
        match send() {
            // What ICMP said of an earlier datagram is no error of this one.
            Err(errno) if sys::is_about_another_datagram(errno) => send(),
            other => other,
        }
        .map(|_| ())
    }

    fn send_message(
        &self,
        slices: &[IoSlice<'_>],
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<u64, Errno> {
        self.shared.system_call();
        #[cfg(feature = "fault-injection")]
        self.shared.faults.take()?;
        #[cfg(feature = "laboratory")]
        if self.shared.discard {
            return Ok(slices.iter().map(|slice| slice.len() as u64).sum());
        }
        match (&to, slices) {
            (Some(to), _) => self.socket.send_to(slices, to, flags),
            (None, [one]) => self.socket.send(one, flags),
            (None, many) if are_small(many) => {
                joined(many, |whole| self.socket.send(&whole, flags))
            }
            (None, _) => self.socket.send_vectored(slices, flags),
        }
    }
}

thread_local! {
    /// Where small parts are joined: a guest can make it no longer than [`LONGEST_JOINED`].
    static JOINED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Whether there are so many small parts that the system takes them sooner joined.
fn are_small(slices: &[IoSlice<'_>]) -> bool {
    let count = slices.len();
    let total: usize = slices.iter().map(|slice| slice.len()).sum();
    count >= MANY_PARTS && total <= LONGEST_JOINED && total / count <= SMALL_PART
}

/// Calls `send` with a copy of the parts in one piece.
pub(super) fn joined<R>(slices: &[IoSlice<'_>], send: impl FnOnce(IoSlice<'_>) -> R) -> R {
    JOINED.with_borrow_mut(|whole| {
        whole.clear();
        // For the longest at once, so that it stays where it is.
        whole.reserve(LONGEST_JOINED);
        for slice in slices {
            whole.extend_from_slice(slice);
        }
        send(IoSlice::new(whole))
    })
}

/// 65,535 bytes less the UDP header and, where that counts, the IPv4 header. The
/// system has the last word.
pub(super) fn longest_datagram(family: AddressFamily) -> u64 {
    match family {
        AddressFamily::Inet => 65_507,
        AddressFamily::Inet6 => 65_527,
    }
}
