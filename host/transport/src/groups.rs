//! Multicast groups.

use std::net::{IpAddr, SocketAddr};

use rustix::io::Errno;
use rustix::net::sockopt;

use super::endpoint::Endpoint;
use super::{AddressFamily, GroupInterface, Protocol, TransportError, error, sys};
use wsp_guard::policy::Usage;

impl Endpoint {
    /// Receives what is sent to a multicast group, on the port that it is bound to.
    ///
    /// # Errors
    ///
    /// `NotSupported` of a stream; `InvalidArgument` if `group` is no multicast address or of
    /// another family, if the endpoint is not bound or a member already, or if there are too
    /// many groups; `AccessDenied` by the policy, which decides on the group and the port as
    /// an address to bind to; `AddressNotAvailable` if there is no such interface.
    pub fn join_group(&self, group: IpAddr, through: GroupInterface) -> Result<(), TransportError> {
        self.check_group(group)?;
        let port = self.local_address()?.port();
        let policy = self.policy();
        let place = Usage::Bind(SocketAddr::new(group, port));
        let (_, allowed) = self.decide_ongoing(&policy, place)?;
        let socket = self.socket.system()?;
        let joined = match (group, through) {
            (IpAddr::V4(group), through) => sys::join_ipv4(socket, group, through),
            (IpAddr::V6(group), GroupInterface::Number(number)) => {
                sockopt::set_ipv6_add_membership(socket, &group, number)
            }
            (IpAddr::V6(_), GroupInterface::Address(_)) => {
                return Err(TransportError::InvalidArgument);
            }
        };
        joined.map_err(group_error)?;
        self.goes_on([allowed]);
        Ok(())
    }

    /// Receives what is sent to a multicast group no more.
    ///
    /// # Errors
    ///
    /// `NotSupported` of a stream; `InvalidArgument` if `group` is no multicast address or of
    /// another family; `AddressNotAvailable` if the endpoint is no member.
    pub fn leave_group(
        &self,
        group: IpAddr,
        through: GroupInterface,
    ) -> Result<(), TransportError> {
        self.check_group(group)?;
        let socket = self.socket.system()?;
        let left = match (group, through) {
            (IpAddr::V4(group), through) => sys::leave_ipv4(socket, group, through),
            (IpAddr::V6(group), GroupInterface::Number(number)) => {
                sockopt::set_ipv6_drop_membership(socket, &group, number)
            }
            (IpAddr::V6(_), GroupInterface::Address(_)) => {
                return Err(TransportError::InvalidArgument);
            }
        };
        left.map_err(group_error)?;
        self.has_left(group);
        Ok(())
    }

    /// Chooses where datagrams to groups go out.
    ///
    /// # Errors
    ///
    /// `NotSupported` of a stream; `InvalidArgument` for an address of another family, or of
    /// IPv6; `AddressNotAvailable` if there is no such interface.
    pub fn set_group_interface(&self, through: GroupInterface) -> Result<(), TransportError> {
        self.check_protocol()?;
        let socket = self.socket.system()?;
        let set = match (through, self.family == AddressFamily::Inet6) {
            (through, false) => sys::set_ipv4_interface(socket, through),
            (GroupInterface::Number(number), true) => {
                sockopt::set_ipv6_multicast_if(socket, number)
            }
            (GroupInterface::Address(_), true) => return Err(TransportError::InvalidArgument),
        };
        set.map_err(group_error)
    }

    fn check_group(&self, group: IpAddr) -> Result<(), TransportError> {
        self.check_protocol()?;
        match group.is_multicast() && group.is_ipv6() == (self.family == AddressFamily::Inet6) {
            true => Ok(()),
            false => Err(TransportError::InvalidArgument),
        }
    }

    fn check_protocol(&self) -> Result<(), TransportError> {
        match self.protocol {
            Protocol::Udp => Ok(()),
            Protocol::Tcp => Err(TransportError::NotSupported),
        }
    }
}

fn group_error(errno: Errno) -> TransportError {
    match errno {
        // A member already, and more groups than the system has room for.
        Errno::ADDRINUSE | Errno::NOBUFS => TransportError::InvalidArgument,
        errno => error::from_errno(errno),
    }
}
