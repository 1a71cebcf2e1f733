//! The socket of an endpoint: the system's, or one of a [`Network`]. Whatever reaches a system
//! call goes through here, so that nothing above asks which it is.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{Shutdown, SocketAddrAny, sockopt};

use super::network::{Arrived, Connecting, Network, NetworkSocket};
use super::registered::Registered;
use super::socket::{self, Socket};
use super::sys::{self, Message};
use super::{
    AddressFamily, DatagramInfo, Direction, EndpointOption, Protocol, Readiness, ReceiveFlags,
    SendFlags, TransportError, error,
};
use wsp_guard::policy::Grant;

/// The socket of an endpoint. Clones share it.
#[derive(Clone, Debug)]
pub(super) enum AnySocket {
    System(Arc<Socket>),
    Network(Arc<dyn NetworkSocket>),
}

impl AnySocket {
    /// One of `network`, or of the system.
    pub(super) fn new(
        network: Option<&dyn Network>,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Result<AnySocket, TransportError> {
        match network {
            None => match Socket::new(family, protocol) {
                Ok(socket) => Ok(AnySocket::System(Arc::new(socket))),
                Err(error) => Err(error::from_io(&error)),
            },
            Some(network) => network.socket(family, protocol).map(AnySocket::Network),
        }
    }

    /// The system's, for what no other network has.
    pub(super) fn system(&self) -> Result<&Socket, TransportError> {
        match self {
            AnySocket::System(socket) => Ok(socket),
            AnySocket::Network(_) => Err(TransportError::NotSupported),
        }
    }

    /// One of a network, which has options of its own.
    pub(super) fn of_network(&self) -> Option<&dyn NetworkSocket> {
        match self {
            AnySocket::System(_) => None,
            AnySocket::Network(socket) => Some(&**socket),
        }
    }

    pub(super) fn bind(
        &self,
        local: SocketAddr,
        grant: Grant<'_>,
        protocol: Protocol,
        shares: bool,
    ) -> Result<(), TransportError> {
        match self {
            AnySocket::System(socket) => from_io(socket.bind(local, grant, shares)),
            AnySocket::Network(socket) => {
                from_io(socket::admits_bind(local, grant, protocol))?;
                socket.bind(local, shares)
            }
        }
    }

    /// Binds to what it was bound to before, which was granted then.
    pub(super) fn bind_again(&self, local: SocketAddr) -> Result<(), TransportError> {
        match self {
            AnySocket::System(socket) => from_io(socket.bind_again(local)),
            AnySocket::Network(socket) => socket.bind(local, false),
        }
    }

    pub(super) fn connect(
        &self,
        peer: SocketAddr,
        grant: Grant<'_>,
        protocol: Protocol,
    ) -> Result<Connecting, TransportError> {
        match self {
            AnySocket::System(socket) => match socket.connect(peer, grant) {
                Ok(()) => Ok(Connecting::Done),
                Err(error) if protocol == Protocol::Tcp && sys::is_under_way(&error) => {
                    Ok(Connecting::UnderWay)
                }
                // The policy allowed it, so this is the system's word on broadcast.
                Err(error)
                    if protocol == Protocol::Udp
                        && error.raw_os_error() == Some(Errno::ACCESS.raw_os_error()) =>
                {
                    Err(TransportError::NeedsBroadcast)
                }
                Err(error) => Err(error::from_io(&error)),
            },
            AnySocket::Network(socket) => {
                from_io(socket::admits_connect(peer, grant, protocol))?;
                socket.connect(peer)
            }
        }
    }

    /// How an attempt to connect has ended; `None` if it has not.
    pub(super) fn attempt(&self) -> Option<Result<(), TransportError>> {
        match self {
            AnySocket::System(socket) => {
                sys::attempt(socket).map(|outcome| outcome.map_err(error::from_errno))
            }
            AnySocket::Network(socket) => socket.attempt(),
        }
    }

    /// Takes a datagram socket's default peer away, or a stream's attempt that failed.
    pub(super) fn disconnect(&self) -> Result<(), TransportError> {
        match self {
            AnySocket::System(socket) => from_io(socket.disconnect()),
            AnySocket::Network(socket) => socket.disconnect(),
        }
    }

    pub(super) fn listen(&self, backlog: u32) -> Result<(), TransportError> {
        match self {
            AnySocket::System(socket) => from_io(socket.listen(backlog)),
            AnySocket::Network(socket) => socket.listen(backlog),
        }
    }

    pub(super) fn accept(&self) -> Result<(AnySocket, SocketAddr), TransportError> {
        match self {
            AnySocket::System(socket) => {
                let (accepted, peer) = from_io(socket.accept())?;
                Ok((AnySocket::System(Arc::new(accepted)), peer))
            }
            AnySocket::Network(socket) => {
                let (accepted, peer) = socket.accept()?;
                Ok((AnySocket::Network(accepted), peer))
            }
        }
    }

    /// The local address, with port 0 if there is none yet.
    pub(super) fn local_address(&self) -> Result<SocketAddr, TransportError> {
        match self {
            AnySocket::System(socket) => {
                let local = rustix::net::getsockname(&**socket).map_err(error::from_errno)?;
                address_from_system(local)
            }
            AnySocket::Network(socket) => Ok(socket.local_address()),
        }
    }

    /// The peer's address, if the system knows one now.
    pub(super) fn peer_address(&self) -> Result<Option<SocketAddr>, TransportError> {
        match self {
            AnySocket::System(socket) => match rustix::net::getpeername(&**socket) {
                Ok(Some(peer)) => address_from_system(peer).map(Some),
                Ok(None) | Err(Errno::NOTCONN) => Ok(None),
                Err(errno) => Err(error::from_errno(errno)),
            },
            AnySocket::Network(socket) => Ok(socket.peer_address()),
        }
    }

    /// Sends one part, without a description of parts that the system had to read.
    pub(super) fn send(&self, part: &[u8], flags: SendFlags) -> Result<u64, Errno> {
        match self {
            AnySocket::System(socket) => sys::send(socket, part, flags),
            AnySocket::Network(socket) => sent(socket.send(&[IoSlice::new(part)], None, flags)),
        }
    }

    /// Sends parts, as one datagram or as far as the stream has room.
    pub(super) fn send_vectored(
        &self,
        parts: &[IoSlice<'_>],
        flags: SendFlags,
    ) -> Result<u64, Errno> {
        match self {
            AnySocket::System(socket) => sys::send_vectored(socket, parts, flags),
            AnySocket::Network(socket) => sent(socket.send(parts, None, flags)),
        }
    }

    /// Sends parts as one datagram.
    pub(super) fn send_to(
        &self,
        parts: &[IoSlice<'_>],
        to: &SocketAddr,
        flags: SendFlags,
    ) -> Result<u64, Errno> {
        match self {
            AnySocket::System(socket) => sys::send_to(socket, parts, to, flags),
            AnySocket::Network(socket) => sent(socket.send(parts, Some(*to), flags)),
        }
    }

    /// Receives what is there.
    pub(super) fn receive(&self, space: &mut [u8], flags: ReceiveFlags) -> Result<Message, Errno> {
        match self {
            AnySocket::System(socket) => sys::receive(socket, space, flags),
            AnySocket::Network(socket) => {
                let peeks = flags.contains(ReceiveFlags::PEEK);
                let arrived = match flags.contains(ReceiveFlags::URGENT) {
                    true => socket.receive_urgent(space, peeks),
                    false => socket.receive(space, peeks),
                };
                let Arrived {
                    bytes,
                    truncated,
                    source,
                } = arrived.map_err(errno)?;
                Ok(Message {
                    bytes,
                    truncated,
                    source,
                })
            }
        }
    }

    /// Receives a datagram with what the system was asked to tell beside it.
    pub(super) fn receive_told(
        &self,
        space: &mut [u8],
        flags: ReceiveFlags,
    ) -> Result<(Message, DatagramInfo), Errno> {
        match self {
            AnySocket::System(socket) => sys::receive_told(socket, space, flags),
            AnySocket::Network(_) => Ok((self.receive(space, flags)?, DatagramInfo::default())),
        }
    }

    /// Bytes that wait to be received.
    pub(super) fn available(&self) -> Result<u64, Errno> {
        match self {
            AnySocket::System(socket) => rustix::io::ioctl_fionread(&**socket),
            AnySocket::Network(socket) => Ok(socket.available()),
        }
    }

    /// Bytes handed over that the peer has not acknowledged; `None` if the system cannot tell.
    pub(super) fn in_kernel(&self) -> Option<u64> {
        match self {
            AnySocket::System(socket) => sys::in_kernel(socket),
            AnySocket::Network(socket) => Some(socket.unacknowledged()),
        }
    }

    /// Waits until everything handed over is acknowledged; `None` if it is, or if the system
    /// does not announce it.
    pub(super) fn acknowledged(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        match self {
            AnySocket::System(_) => None,
            AnySocket::Network(socket) if socket.unacknowledged() == 0 => None,
            AnySocket::Network(socket) => {
                let socket = Arc::clone(socket);
                Some(async move { poll_fn(|cx| socket.poll_acknowledged(cx)).await })
            }
        }
    }

    pub(super) fn shutdown(&self, direction: Direction) -> Result<(), TransportError> {
        match self {
            AnySocket::System(socket) => {
                let how = match direction {
                    Direction::Receive => Shutdown::Read,
                    Direction::Send => Shutdown::Write,
                    Direction::Both => Shutdown::Both,
                };
                rustix::net::shutdown(&**socket, how).map_err(error::from_errno)
            }
            AnySocket::Network(socket) => socket.shutdown(direction),
        }
    }

    /// Whether closing a stream resets it. If it cannot be set, closing sets it again, or is a
    /// graceful close, which is the next best thing.
    pub(super) fn abort_on_close(&self, on: bool) {
        match self {
            AnySocket::System(socket) => {
                let linger = on.then_some(Duration::ZERO);
                let _ = sockopt::set_socket_linger(&**socket, linger);
            }
            AnySocket::Network(socket) => socket.abort_on_close(on),
        }
    }

    /// Whether it speaks IPv6 alone.
    pub(super) fn is_v6_only(&self) -> bool {
        match self {
            AnySocket::System(socket) => sockopt::ipv6_v6only(&**socket).unwrap_or(true),
            AnySocket::Network(socket) => is_on(&**socket, EndpointOption::V6Only, true),
        }
    }

    /// Whether an idle connection is probed.
    pub(super) fn keeps_alive(&self) -> bool {
        match self {
            AnySocket::System(socket) => sockopt::socket_keepalive(&**socket).unwrap_or(false),
            AnySocket::Network(socket) => is_on(&**socket, EndpointOption::KeepAlive, false),
        }
    }

    /// Whether urgent data are received in line.
    pub(super) fn has_urgent_in_line(&self) -> bool {
        match self {
            AnySocket::System(socket) => sockopt::socket_oobinline(&**socket).unwrap_or(false),
            AnySocket::Network(socket) => is_on(&**socket, EndpointOption::OobInline, false),
        }
    }

    /// Which of all conditions hold.
    pub(super) fn look(&self) -> Readiness {
        match self {
            AnySocket::System(socket) => sys::look(socket),
            AnySocket::Network(socket) => socket.readiness(),
        }
    }

    /// Whether any of these conditions holds. A failure counts, because the next call will
    /// not wait.
    pub(super) fn is_any(&self, wanted: Readiness) -> bool {
        match self {
            AnySocket::System(socket) => sys::is_any(socket, wanted),
            AnySocket::Network(socket) => socket.readiness().intersects(wanted | Readiness::FAILED),
        }
    }

    /// Enters it into the reactor of the runtime whose context this is.
    pub(super) fn register(&self) -> Result<Registered, TransportError> {
        match self {
            AnySocket::System(socket) => from_io(sys::register(socket)).map(Registered::System),
            AnySocket::Network(socket) => Ok(Registered::Network(Arc::clone(socket))),
        }
    }
}

fn is_on(socket: &dyn NetworkSocket, option: EndpointOption, otherwise: bool) -> bool {
    socket.option(option).map_or(otherwise, |value| value != 0)
}

fn sent(sent: Result<usize, TransportError>) -> Result<u64, Errno> {
    sent.map(|bytes| bytes as u64).map_err(errno)
}

fn from_io<T>(outcome: io::Result<T>) -> Result<T, TransportError> {
    outcome.map_err(|error| error::from_io(&error))
}

/// An address that the system reported; it reports no other families for these sockets.
fn address_from_system(address: SocketAddrAny) -> Result<SocketAddr, TransportError> {
    SocketAddr::try_from(address).map_err(|_| TransportError::InvalidArgument)
}

/// The number of the system for what a network says, since transfers are told in those:
/// [`error::from_errno`] takes it back.
fn errno(error: TransportError) -> Errno {
    match error {
        TransportError::AccessDenied | TransportError::NeedsBroadcast => Errno::ACCESS,
        TransportError::AddressInUse => Errno::ADDRINUSE,
        TransportError::AddressNotAvailable => Errno::ADDRNOTAVAIL,
        TransportError::ConnectionAborted | TransportError::Cancelled => Errno::CONNABORTED,
        TransportError::ConnectionRefused => Errno::CONNREFUSED,
        TransportError::ConnectionReset => Errno::CONNRESET,
        TransportError::HostUnreachable => Errno::HOSTUNREACH,
        TransportError::InvalidArgument => Errno::INVAL,
        TransportError::KeepAliveFailed => Errno::NETRESET,
        TransportError::MessageTooLarge => Errno::MSGSIZE,
        TransportError::NetworkDown => Errno::NETDOWN,
        TransportError::NetworkUnreachable => Errno::NETUNREACH,
        TransportError::NotConnected => Errno::NOTCONN,
        TransportError::NotSupported => Errno::OPNOTSUPP,
        TransportError::OutOfBuffers | TransportError::TooManyOperations => Errno::NOBUFS,
        TransportError::TimedOut => Errno::TIMEDOUT,
        TransportError::TooManyEndpoints => Errno::MFILE,
        TransportError::WouldBlock => Errno::AGAIN,
        TransportError::Other => Errno::NOTSOCK,
    }
}
