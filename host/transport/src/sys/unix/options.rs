//! Options that not every system has.

use std::net::Ipv4Addr;

use rustix::io::{Errno, Result};
use rustix::net::sockopt;
#[cfg(target_os = "linux")]
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery};

use crate::socket::Socket;
use crate::sys::Notice;
use crate::{AddressFamily, GroupInterface};

/// The class of traffic of what is sent.
pub(crate) fn traffic_class(socket: &Socket, family: AddressFamily) -> Result<u32> {
    match family {
        AddressFamily::Inet => sockopt::ip_tos(socket).map(u32::from),
        AddressFamily::Inet6 => sockopt::ipv6_tclass(socket),
    }
}

/// Sets the class of traffic of what is sent.
pub(crate) fn set_traffic_class(socket: &Socket, family: AddressFamily, class: u8) -> Result<()> {
    match family {
        AddressFamily::Inet => sockopt::set_ip_tos(socket, class),
        AddressFamily::Inet6 => sockopt::set_ipv6_tclass(socket, class.into()),
    }
}

/// Whether what is too long is refused and not sent in fragments.
#[cfg(target_os = "linux")]
pub(crate) fn dont_fragment(socket: &Socket, family: AddressFamily) -> Result<bool> {
    Ok(match family {
        AddressFamily::Inet => sockopt::ip_mtu_discover(socket)? == Ipv4PathMtuDiscovery::DO,
        AddressFamily::Inet6 => sockopt::ipv6_mtu_discover(socket)? == Ipv6PathMtuDiscovery::DO,
    })
}

/// Has what is too long refused and not sent in fragments, or the system decide.
#[cfg(target_os = "linux")]
pub(crate) fn set_dont_fragment(socket: &Socket, family: AddressFamily, on: bool) -> Result<()> {
    match (family, on) {
        (AddressFamily::Inet, true) => {
            sockopt::set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::DO)
        }
        (AddressFamily::Inet, false) => {
            sockopt::set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::WANT)
        }
        (AddressFamily::Inet6, true) => {
            sockopt::set_ipv6_mtu_discover(socket, Ipv6PathMtuDiscovery::DO)
        }
        (AddressFamily::Inet6, false) => {
            sockopt::set_ipv6_mtu_discover(socket, Ipv6PathMtuDiscovery::WANT)
        }
    }
}

/// There is no safe call for it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn dont_fragment(_socket: &Socket, _family: AddressFamily) -> Result<bool> {
    Err(Errno::NOPROTOOPT)
}

/// There is no safe call for it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn set_dont_fragment(_socket: &Socket, _family: AddressFamily, _on: bool) -> Result<()> {
    Err(Errno::NOPROTOOPT)
}

/// Has the system tell something beside each datagram, or no more.
pub(crate) fn ask(socket: &Socket, family: AddressFamily, notice: Notice, on: bool) -> Result<()> {
    #[cfg(target_os = "linux")]
    return crate::sys::linux::notices::ask(socket, family, notice, on);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, family, notice, on);
        Err(Errno::NOPROTOOPT)
    }
}

/// Whether the system tells something beside each datagram.
pub(crate) fn asked(socket: &Socket, family: AddressFamily, notice: Notice) -> Result<bool> {
    #[cfg(target_os = "linux")]
    return crate::sys::linux::notices::asked(socket, family, notice);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, family, notice);
        Err(Errno::NOPROTOOPT)
    }
}

/// Receives what is sent to a group of IPv4.
pub(crate) fn join_ipv4(socket: &Socket, group: Ipv4Addr, through: GroupInterface) -> Result<()> {
    match interface(through)? {
        Interface::Address(address) => sockopt::set_ip_add_membership(socket, &group, &address),
        Interface::Number(number) => {
            let any = Ipv4Addr::UNSPECIFIED;
            sockopt::set_ip_add_membership_with_ifindex(socket, &group, &any, number)
        }
    }
}

/// Receives what is sent to a group of IPv4 no more.
pub(crate) fn leave_ipv4(socket: &Socket, group: Ipv4Addr, through: GroupInterface) -> Result<()> {
    match interface(through)? {
        Interface::Address(address) => sockopt::set_ip_drop_membership(socket, &group, &address),
        Interface::Number(number) => {
            let any = Ipv4Addr::UNSPECIFIED;
            sockopt::set_ip_drop_membership_with_ifindex(socket, &group, &any, number)
        }
    }
}

/// Chooses where datagrams to groups of IPv4 go out.
pub(crate) fn set_ipv4_interface(socket: &Socket, through: GroupInterface) -> Result<()> {
    match interface(through)? {
        Interface::Address(address) => sockopt::set_ip_multicast_if(socket, &address),
        Interface::Number(number) => {
            let any = Ipv4Addr::UNSPECIFIED;
            sockopt::set_ip_multicast_if_with_ifindex(socket, &any, &any, number)
        }
    }
}

enum Interface {
    Address(Ipv4Addr),
    Number(u32),
}

fn interface(through: GroupInterface) -> Result<Interface> {
    use std::net::IpAddr;
    match through {
        GroupInterface::Address(IpAddr::V4(address)) => Ok(Interface::Address(address)),
        GroupInterface::Number(number) => Ok(Interface::Number(number)),
        GroupInterface::Address(IpAddr::V6(_)) => Err(Errno::INVAL),
    }
}
