//! What the system tells beside a datagram.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, getsockopt, recvmsg, setsockopt, sockopt,
};
use rustix::io::Errno;

use crate::socket::Socket;
use crate::sys::{Message, Notice};
use crate::{AddressFamily, DatagramInfo, ReceiveFlags};

/// Has the system tell something beside each datagram, or no more.
pub(crate) fn ask(
    socket: &Socket,
    family: AddressFamily,
    notice: Notice,
    on: bool,
) -> Result<(), Errno> {
    match (notice, family) {
        (Notice::Packet, AddressFamily::Inet) => setsockopt(socket, sockopt::Ipv4PacketInfo, &on),
        (Notice::Packet, AddressFamily::Inet6) => {
            setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &on)
        }
        (Notice::HopLimit, AddressFamily::Inet) => setsockopt(socket, sockopt::Ipv4RecvTtl, &on),
        (Notice::HopLimit, AddressFamily::Inet6) => {
            setsockopt(socket, sockopt::Ipv6RecvHopLimit, &on)
        }
    }
    .map_err(errno)
}

/// Whether the system tells something beside each datagram.
pub(crate) fn asked(socket: &Socket, family: AddressFamily, notice: Notice) -> Result<bool, Errno> {
    match (notice, family) {
        (Notice::Packet, AddressFamily::Inet) => getsockopt(socket, sockopt::Ipv4PacketInfo),
        (Notice::Packet, AddressFamily::Inet6) => getsockopt(socket, sockopt::Ipv6RecvPacketInfo),
        (Notice::HopLimit, AddressFamily::Inet) => getsockopt(socket, sockopt::Ipv4RecvTtl),
        (Notice::HopLimit, AddressFamily::Inet6) => getsockopt(socket, sockopt::Ipv6RecvHopLimit),
    }
    .map_err(errno)
}

/// Receives a datagram with what the system tells beside it.
pub(crate) fn receive(
    socket: &Socket,
    space: &mut [u8],
    options: ReceiveFlags,
) -> Result<(Message, DatagramInfo), Errno> {
    let mut flags = MsgFlags::MSG_DONTWAIT;
    flags.set(MsgFlags::MSG_PEEK, options.contains(ReceiveFlags::PEEK));
    let mut control = nix::cmsg_space!(nix::libc::in6_pktinfo, nix::libc::c_int);
    let mut space = [IoSliceMut::new(space)];
    let message = loop {
        let received =
            recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut space, Some(&mut control), flags);
        match received {
            Err(nix::errno::Errno::EINTR) => {}
            received => break received.map_err(errno)?,
        }
    };
    let mut info = DatagramInfo::default();
    for told in message.cmsgs().into_iter().flatten() {
        match told {
            ControlMessageOwned::Ipv4PacketInfo(packet) => {
                let destination = u32::from_be(packet.ipi_addr.s_addr);
                info.destination = Some(IpAddr::V4(Ipv4Addr::from(destination)));
                info.through = u32::try_from(packet.ipi_ifindex).unwrap_or_default();
            }
            ControlMessageOwned::Ipv6PacketInfo(packet) => {
                let destination = Ipv6Addr::from(packet.ipi6_addr.s6_addr);
                info.destination = Some(IpAddr::V6(destination));
                info.through = packet.ipi6_ifindex;
            }
            ControlMessageOwned::Ipv4Ttl(left) | ControlMessageOwned::Ipv6HopLimit(left) => {
                info.hop_limit = u8::try_from(left).ok();
            }
            _ => {}
        }
    }
    let source = message.address.and_then(|source| {
        let v4 = source.as_sockaddr_in().copied();
        let v4 = v4.map(|v4| SocketAddr::V4(SocketAddrV4::from(v4)));
        v4.or_else(|| {
            let v6 = source.as_sockaddr_in6().copied();
            v6.map(|v6| SocketAddr::V6(SocketAddrV6::from(v6)))
        })
    });
    let received = Message {
        bytes: message.bytes,
        truncated: message.flags.contains(MsgFlags::MSG_TRUNC),
        source,
    };
    Ok((received, info))
}

fn errno(errno: nix::errno::Errno) -> Errno {
    Errno::from_raw_os_error(errno as i32)
}
