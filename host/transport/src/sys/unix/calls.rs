//! Sends and receives.

use std::io::{IoSlice, IoSliceMut};
use std::net::SocketAddr;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer};

use crate::socket::Socket;
use crate::sys::Message;
use crate::{DatagramInfo, ReceiveFlags, SendFlags};

/// Sends one part, without a description of parts that the system had to read.
pub(crate) fn send(socket: &Socket, part: &[u8], flags: SendFlags) -> Result<u64, Errno> {
    let flags = send_flags(flags)?;
    let sent = retry_on_intr(|| rustix::net::send(socket, part, flags))?;
    Ok(sent as u64)
}

/// Sends parts, as one datagram or as far as the stream has room.
pub(crate) fn send_vectored(
    socket: &Socket,
    parts: &[IoSlice<'_>],
    flags: SendFlags,
) -> Result<u64, Errno> {
    let flags = send_flags(flags)?;
    let mut control = SendAncillaryBuffer::default();
    let sent = retry_on_intr(|| rustix::net::sendmsg(socket, parts, &mut control, flags))?;
    Ok(sent as u64)
}

/// Sends parts as one datagram.
pub(crate) fn send_to(
    socket: &Socket,
    parts: &[IoSlice<'_>],
    to: &SocketAddr,
    flags: SendFlags,
) -> Result<u64, Errno> {
    let flags = send_flags(flags)?;
    let mut control = SendAncillaryBuffer::default();
    let sent = retry_on_intr(|| rustix::net::sendmsg_addr(socket, to, parts, &mut control, flags))?;
    Ok(sent as u64)
}

fn send_flags(flags: SendFlags) -> Result<rustix::net::SendFlags, Errno> {
    let mut system = rustix::net::SendFlags::DONTWAIT;
    // Elsewhere an option of the socket says so.
    #[cfg(not(target_vendor = "apple"))]
    system.insert(rustix::net::SendFlags::NOSIGNAL);
    let (route, urgent) = (SendFlags::DONT_ROUTE, SendFlags::URGENT);
    system.set(rustix::net::SendFlags::DONTROUTE, flags.contains(route));
    system.set(rustix::net::SendFlags::OOB, flags.contains(urgent));
    #[cfg(target_os = "linux")]
    system.set(
        rustix::net::SendFlags::MORE,
        flags.contains(SendFlags::MORE),
    );
    #[cfg(not(target_os = "linux"))]
    if flags.contains(SendFlags::MORE) {
        return Err(Errno::OPNOTSUPP);
    }
    Ok(system)
}

/// Receives what is there.
pub(crate) fn receive(
    socket: &Socket,
    space: &mut [u8],
    flags: ReceiveFlags,
) -> Result<Message, Errno> {
    let mut system = RecvFlags::DONTWAIT;
    system.set(RecvFlags::OOB, flags.contains(ReceiveFlags::URGENT));
    system.set(RecvFlags::PEEK, flags.contains(ReceiveFlags::PEEK));
    let mut control = RecvAncillaryBuffer::default();
    let message = retry_on_intr(|| {
        let space = &mut [IoSliceMut::new(space)];
        rustix::net::recvmsg(socket, space, &mut control, system)
    })?;
    let source = message.address;
    Ok(Message {
        bytes: message.bytes,
        truncated: message.flags.contains(ReturnFlags::TRUNC),
        source: source.and_then(|source| SocketAddr::try_from(source).ok()),
    })
}

/// Receives a datagram with what the system was asked to tell beside it.
pub(crate) fn receive_told(
    socket: &Socket,
    space: &mut [u8],
    flags: ReceiveFlags,
) -> Result<(Message, DatagramInfo), Errno> {
    #[cfg(target_os = "linux")]
    return crate::sys::linux::notices::receive(socket, space, flags);
    // Nobody could ask.
    #[cfg(not(target_os = "linux"))]
    Ok((receive(socket, space, flags)?, DatagramInfo::default()))
}
