//! Several datagrams in one system call: as one long one that the system cuts into segments
//! (UDP_SEGMENT), if all have one length and destination, else as a list (sendmmsg).

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::Protocol;
use super::any_socket::AnySocket;
use super::endpoint::Endpoint;
use super::lane::{Lane, Pending};
use super::pending::{PendingSend, Remaining};
use super::sys::batch::{self, Uncut};
use super::system_call::{joined, longest_datagram};

/// The most datagrams of a system call, which the system bounds too (UDP_MAX_SEGMENTS).
const MOST: usize = 64;

/// A datagram that waits to be sent.
pub(super) struct Datagram<'a> {
    /// One, mostly.
    pub(super) parts: SmallVec<[IoSlice<'a>; 1]>,
    length: u64,
    pub(super) to: Option<SocketAddr>,
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
            Err(Uncut::Never) => {
                self.segments_refused.store(size.into(), Ordering::Relaxed);
                None
            }
            Err(Uncut::Now) => None,
        }
    }

    fn send_segmented(
        &self,
        whole: IoSlice<'_>,
        size: u16,
        to: Option<SocketAddr>,
    ) -> Result<(), Uncut> {
        self.shared.system_call();
        #[cfg(feature = "fault-injection")]
        if self.shared.faults.take().is_err() {
            return Err(Uncut::Now);
        }
        match &self.socket {
            AnySocket::System(socket) => batch::send_segmented(socket, whole, size, to),
            AnySocket::Network(_) => Err(Uncut::Never),
        }
    }

    /// As a list; `None` if not even the first one was sent.
    fn send_messages(&self, batch: &[Datagram<'_>]) -> Option<usize> {
        self.shared.system_call();
        #[cfg(feature = "fault-injection")]
        self.shared.faults.take().ok()?;
        batch::send_messages(self.socket.system().ok()?, batch)
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
