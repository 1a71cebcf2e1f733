//! Options that not every system has.

use std::net::{IpAddr, Ipv4Addr};

use rustix::io::{Errno, Result};
use rustix::net::sockopt;
use std::os::windows::io::AsRawSocket;
use windows_sys::Win32::Networking::WinSock::{
    IP_DONTFRAGMENT, IP_TOS, IPPROTO_IP, IPPROTO_IPV6, IPV6_DONTFRAG, IPV6_TCLASS, SOCKET_ERROR,
    WSAGetLastError, getsockopt, setsockopt,
};

use crate::socket::Socket;
use crate::sys::Notice;
use crate::{AddressFamily, GroupInterface};

/// The class of traffic of what is sent.
pub(crate) fn traffic_class(socket: &Socket, family: AddressFamily) -> Result<u32> {
    match family {
        AddressFamily::Inet => get(socket, IPPROTO_IP, IP_TOS),
        AddressFamily::Inet6 => get(socket, IPPROTO_IPV6, IPV6_TCLASS),
    }
}

/// Sets the class of traffic of what is sent.
pub(crate) fn set_traffic_class(socket: &Socket, family: AddressFamily, class: u8) -> Result<()> {
    match family {
        AddressFamily::Inet => set(socket, IPPROTO_IP, IP_TOS, class.into()),
        AddressFamily::Inet6 => set(socket, IPPROTO_IPV6, IPV6_TCLASS, class.into()),
    }
}

/// Whether what is too long is refused and not sent in fragments.
pub(crate) fn dont_fragment(socket: &Socket, family: AddressFamily) -> Result<bool> {
    let on = match family {
        AddressFamily::Inet => get(socket, IPPROTO_IP, IP_DONTFRAGMENT),
        AddressFamily::Inet6 => get(socket, IPPROTO_IPV6, IPV6_DONTFRAG),
    };
    Ok(on? != 0)
}

/// Has what is too long refused and not sent in fragments, or the system decide.
pub(crate) fn set_dont_fragment(socket: &Socket, family: AddressFamily, on: bool) -> Result<()> {
    match family {
        AddressFamily::Inet => set(socket, IPPROTO_IP, IP_DONTFRAGMENT, on.into()),
        AddressFamily::Inet6 => set(socket, IPPROTO_IPV6, IPV6_DONTFRAG, on.into()),
    }
}

/// There is no safe call that would receive it.
pub(crate) fn ask(
    _socket: &Socket,
    _family: AddressFamily,
    _notice: Notice,
    _on: bool,
) -> Result<()> {
    Err(Errno::NOPROTOOPT)
}

/// There is no safe call that would receive it.
pub(crate) fn asked(_socket: &Socket, _family: AddressFamily, _notice: Notice) -> Result<bool> {
    Err(Errno::NOPROTOOPT)
}

/// Receives what is sent to a group of IPv4.
pub(crate) fn join_ipv4(socket: &Socket, group: Ipv4Addr, through: GroupInterface) -> Result<()> {
    sockopt::set_ip_add_membership(socket, &group, &interface(through)?)
}

/// Receives what is sent to a group of IPv4 no more.
pub(crate) fn leave_ipv4(socket: &Socket, group: Ipv4Addr, through: GroupInterface) -> Result<()> {
    sockopt::set_ip_drop_membership(socket, &group, &interface(through)?)
}

/// Chooses where datagrams to groups of IPv4 go out.
pub(crate) fn set_ipv4_interface(socket: &Socket, through: GroupInterface) -> Result<()> {
    sockopt::set_ip_multicast_if(socket, &interface(through)?)
}

/// An interface as the system has it: its address, or its number as one of `0.0.0.0/8`.
fn interface(through: GroupInterface) -> Result<Ipv4Addr> {
    match through {
        GroupInterface::Address(IpAddr::V4(address)) => Ok(address),
        GroupInterface::Number(number) if number < 1 << 24 => Ok(Ipv4Addr::from(number)),
        GroupInterface::Number(_) => Err(Errno::ADDRNOTAVAIL),
        GroupInterface::Address(IpAddr::V6(_)) => Err(Errno::INVAL),
    }
}

/// Reads an option that is a number.
#[expect(
    unsafe_code,
    reason = "no library has a safe function for these options here"
)]
fn get(socket: &Socket, level: i32, option: i32) -> Result<u32> {
    let mut value = 0_u32;
    let mut length = size_of::<u32>() as i32;
    // SAFETY: the socket is open; the system writes at most `length` bytes to `value`, and
    // how many to `length`.
    let answer = unsafe {
        getsockopt(
            socket.as_raw_socket() as usize,
            level,
            option,
            (&raw mut value).cast(),
            &raw mut length,
        )
    };
    answered(answer).map(|()| value)
}

/// Sets an option that is a number.
#[expect(
    unsafe_code,
    reason = "no library has a safe function for these options here"
)]
fn set(socket: &Socket, level: i32, option: i32, value: u32) -> Result<()> {
    // SAFETY: the socket is open; the system reads as many bytes of `value` as it has.
    let answer = unsafe {
        setsockopt(
            socket.as_raw_socket() as usize,
            level,
            option,
            (&raw const value).cast(),
            size_of::<u32>() as i32,
        )
    };
    answered(answer)
}

#[expect(unsafe_code, reason = "the error of a call that no library makes")]
fn answered(answer: i32) -> Result<()> {
    if answer != SOCKET_ERROR {
        return Ok(());
    }
    // SAFETY: it has no preconditions.
    Err(Errno::from_raw_os_error(unsafe { WSAGetLastError() }))
}
