//! Several datagrams in one system call.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage};
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny};

use crate::datagram_batch::Datagram;
use crate::socket::Socket;

/// Why datagrams did not go out as segments of a long one.
pub(crate) enum Uncut {
    /// The system cannot cut, or not into pieces as long as that.
    Never,
    /// What it is, a call for a single one tells.
    Now,
}

/// Sends one long datagram that the system cuts into pieces of this size (UDP_SEGMENT).
pub(crate) fn send_segmented(
    socket: &Socket,
    whole: IoSlice<'_>,
    size: u16,
    to: Option<SocketAddr>,
) -> Result<(), Uncut> {
    let to = to.map(SockaddrStorage::from);
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    let segments = [ControlMessage::UdpGsoSegments(&size)];
    let socket = socket.as_raw_fd();
    match nix::sys::socket::sendmsg(socket, &[whole], &segments, flags, to.as_ref()) {
        Ok(_) => Ok(()),
        Err(nix::Error::EINVAL | nix::Error::EIO | nix::Error::EMSGSIZE) => Err(Uncut::Never),
        Err(_) => Err(Uncut::Now),
    }
}

/// Sends a list of datagrams (sendmmsg), and says how many; `None` if not even the first one
/// was sent.
pub(crate) fn send_messages(socket: &Socket, batch: &[Datagram<'_>]) -> Option<usize> {
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
    let sent = rustix::net::sendmmsg(socket, &mut messages, flags);
    sent.ok().filter(|count| *count > 0)
}
