//! What the system tells beside a datagram, if options ask for it.

use std::net::IpAddr;

/// What the system told beside a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramInfo {
    /// The address that it was sent to.
    pub destination: Option<IpAddr>,
    /// The number of the interface that it came through; 0 if there is no destination.
    pub through: u32,
    /// The hop limit that it had left.
    pub hop_limit: Option<u8>,
}

#[cfg(target_os = "linux")]
pub(super) use linux::{ask, asked, receive};

/// The kinds of what can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Destination and interface.
    Packet,
    HopLimit,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, getsockopt, recvmsg, setsockopt, sockopt,
    };
    use rustix::io::Errno;

    use super::{DatagramInfo, Kind};
    use crate::AddressFamily;
    use crate::socket::Socket;

    /// Has the system tell something beside each datagram, or no more.
    pub(crate) fn ask(
        socket: &Socket,
        family: AddressFamily,
        kind: Kind,
        on: bool,
    ) -> Result<(), Errno> {
        match (kind, family) {
            (Kind::Packet, AddressFamily::Inet) => setsockopt(socket, sockopt::Ipv4PacketInfo, &on),
            (Kind::Packet, AddressFamily::Inet6) => {
                setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &on)
            }
            (Kind::HopLimit, AddressFamily::Inet) => setsockopt(socket, sockopt::Ipv4RecvTtl, &on),
            (Kind::HopLimit, AddressFamily::Inet6) => {
                setsockopt(socket, sockopt::Ipv6RecvHopLimit, &on)
            }
        }
        .map_err(errno)
    }

    /// Whether the system tells something beside each datagram.
    pub(crate) fn asked(socket: &Socket, family: AddressFamily, kind: Kind) -> Result<bool, Errno> {
        match (kind, family) {
            (Kind::Packet, AddressFamily::Inet) => getsockopt(socket, sockopt::Ipv4PacketInfo),
            (Kind::Packet, AddressFamily::Inet6) => getsockopt(socket, sockopt::Ipv6RecvPacketInfo),
            (Kind::HopLimit, AddressFamily::Inet) => getsockopt(socket, sockopt::Ipv4RecvTtl),
            (Kind::HopLimit, AddressFamily::Inet6) => getsockopt(socket, sockopt::Ipv6RecvHopLimit),
        }
        .map_err(errno)
    }

    /// A datagram: how many bytes, whether it was longer, who sent it, and what the system tells.
    pub(crate) type Told = (usize, bool, Option<SocketAddr>, DatagramInfo);

    /// Receives a datagram with what the system tells beside it.
    pub(crate) fn receive(socket: &Socket, space: &mut [u8], peek: bool) -> Result<Told, Errno> {
        let mut flags = MsgFlags::MSG_DONTWAIT;
        flags.set(MsgFlags::MSG_PEEK, peek);
        let mut control = nix::cmsg_space!(nix::libc::in6_pktinfo, nix::libc::c_int);
        let mut space = [IoSliceMut::new(space)];
        let message = loop {
            let received = recvmsg::<SockaddrStorage>(
                socket.as_raw_fd(),
                &mut space,
                Some(&mut control),
                flags,
            );
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
        let truncated = message.flags.contains(MsgFlags::MSG_TRUNC);
        Ok((message.bytes, truncated, source, info))
    }

    fn errno(errno: nix::errno::Errno) -> Errno {
        Errno::from_raw_os_error(errno as i32)
    }
}
