//! Several datagrams in one system call: as one long one that the system cuts into segments
//! (UDP_SEGMENT), if all have one length and destination, else as a list (sendmmsg).

use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny};
use smallvec::SmallVec;

use super::Protocol;
use super::endpoint::Endpoint;
use super::lane::{Lane, Pending};
use super::pending::{PendingSend, Remaining};
use super::system_call::{joined, longest_datagram};

/// The most datagrams of a system call, which the system bounds too (UDP_MAX_SEGMENTS).
const MOST: usize = 64;

/// A datagram that waits to be sent.
struct Datagram<'a> {
    /// One, mostly.
    parts: SmallVec<[IoSlice<'a>; 1]>,
    length: u64,
    to: Option<SocketAddr>,
}

impl Endpoint {
    /// Sends the oldest datagrams of the lane together, and says how many and how many
    /// bytes. `None` if there are not several that can go together, or none was sent: a call
    /// for the oldest by itself tells why.
    pub(super) fn send_datagrams(&self, lane: &Lane<PendingSend>) -> Option<(usize, u64)> {
        if self.protocol != Protocol::Udp
            || self.shared.guard.account().is_paced()
            || self.revoked().is_some()
        {
            return None;
        }
        let batch: Vec<Datagram<'_>> = lane.iter().map_while(datagram).take(MOST).collect();
        if batch.len() < 2 {
            return None;
        }
        let sent = self.send_segments(&batch);
        let count = sent.or_else(|| self.send_messages(&batch))?;
        let total = batch.iter().take(count).map(|datagram| datagram.length);
        let total = total.sum();
        self.shared.guard.witness().sent(total);
        Some((count, total))
    }

    /// As segments, if there are several to begin with and the system goes along.
    fn send_segments(&self, batch: &[Datagram<'_>]) -> Option<usize> {
        let first = batch.first()?;
        let (to, length) = (first.to, first.length);
        let size = u16::try_from(length).ok().filter(|size| *size > 0)?;
        if usize::from(size) >= self.segments_refused.load(Ordering::Relaxed) {
            return None;
        }
        let (mut count, mut total) = (0, 0);
        let longest = longest_datagram(self.family);
        for datagram in batch {
            let fits = datagram.to == to
                && (1..=length).contains(&datagram.length)
                && total + datagram.length <= longest;
            if !fits {
                break;
            }
            count += 1;
            total += datagram.length;
            // Only the last one may be shorter.
            if datagram.length < length {
                break;
            }
        }
        if count < 2 {
            return None;
        }
        let parts = batch.iter().take(count).flat_map(|one| one.parts.iter());
        let parts: Vec<IoSlice<'_>> = parts.map(|part| IoSlice::new(part)).collect();
        match joined(&parts, |whole| self.send_segmented(whole, size, to)) {
            Ok(()) => Some(count),
            Err(nix::Error::EINVAL | nix::Error::EIO | nix::Error::EMSGSIZE) => {
                // The system cannot cut, or not into pieces as long as that.
                self.segments_refused.store(size.into(), Ordering::Relaxed);
                None
            }
            // What it is, a call for a single one tells.
            Err(_) => None,
        }
    }

    fn send_segmented(
        &self,
        whole: IoSlice<'_>,
        size: u16,
        to: Option<SocketAddr>,
    ) -> nix::Result<()> {
        self.shared.system_call();
        #[cfg(feature = "fault-injection")]
        if self.shared.faults.take().is_err() {
            return Err(nix::Error::EAGAIN);
        }
        let to = to.map(SockaddrStorage::from);
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let segments = [ControlMessage::UdpGsoSegments(&size)];
        let socket = self.socket.as_raw_fd();
        nix::sys::socket::sendmsg(socket, &[whole], &segments, flags, to.as_ref()).map(drop)
    }

    /// As a list; `None` if not even the first one was sent.
    fn send_messages(&self, batch: &[Datagram<'_>]) -> Option<usize> {
        self.shared.system_call();
        #[cfg(feature = "fault-injection")]
        self.shared.faults.take().ok()?;
        let addresses: Vec<Option<SocketAddrAny>> = batch
            .iter()
            .map(|datagram| datagram.to.map(SocketAddrAny::from))
            .collect();
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> = Vec::new();
        controls.resize_with(batch.len(), SendAncillaryBuffer::default);
        let each = batch.iter().zip(&addresses).zip(&mut controls);
        let mut messages: Vec<MMsgHdr<'_>> = each
            .map(|((datagram, to), control)| match to {
                Some(to) => MMsgHdr::new_with_addr(to, &datagram.parts, control),
                None => MMsgHdr::new(&datagram.parts, control),
            })
            .collect();
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let sent = rustix::net::sendmmsg(&self.socket, &mut messages, flags);
        sent.ok().filter(|count| *count > 0)
    }
}

/// The datagram, if it goes out as it is and the driver sends it.
fn datagram(send: &PendingSend) -> Option<Datagram<'_>> {
    let Remaining::Captured(captured) = &send.rest else {
        return None;
    };
    send.options.flags.is_empty().then(|| Datagram {
        parts: captured.parts().map(|part| IoSlice::new(part)).collect(),
        length: send.remaining(),
        to: send.options.to,
    })
}
