//! An endpoint: a kernel socket with its queues of pending operations.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rustix::net::{SocketAddrAny, sockopt};
use tokio::io::Interest as Readiness;
use tokio::io::unix::AsyncFd;

use super::pending::SendSide;
use super::receive::ReceiveSide;
use super::socket::Socket;
use super::watch::Watch;
use super::{AddressFamily, Direction, EndpointOption, Protocol, Started, TransportError, error};
use crate::ctx::Shared;
use crate::policy::{self, Grant, Request, Usage};
use crate::quota::{Part, Permit};
use crate::sync::lock;

/// Connections of denied peers that one accept takes away.
const REFUSED_AT_ONCE: usize = 64;

/// An endpoint as a guest holds it. Dropping it cancels what is pending and closes the socket.
#[derive(Debug)]
pub struct EndpointHandle(pub(super) Arc<Endpoint>);

impl EndpointHandle {
    /// What the tasks of pending operations share with the handle.
    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.0
    }
}

impl Drop for EndpointHandle {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A kernel socket with its queues.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(super) socket: Arc<Socket>,
    pub(super) family: AddressFamily,
    pub(super) protocol: Protocol,
    pub(super) shared: Arc<Shared>,
    pub(super) sends: Mutex<SendSide>,
    pub(super) receives: Mutex<ReceiveSide>,
    /// Watches and connection attempts under way. Whoever removes one reports it.
    pub(super) watches: Mutex<HashMap<u64, Watch>>,
    /// Made with the first wait: a stream registered before it connects would
    /// look ready for ever.
    readiness: Mutex<Option<Arc<AsyncFd<Arc<Socket>>>>>,
    local: Mutex<Option<SocketAddr>>,
    /// Whom it was connected to last, which a lost connection forgets.
    peer: Mutex<Option<SocketAddr>>,
    /// Why the connection is lost. The system tells one transfer only.
    lost: OnceLock<TransportError>,
    abort_on_drop: AtomicBool,
    _permit: Permit,
}

impl Endpoint {
    pub(super) fn create(
        shared: &Arc<Shared>,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Result<EndpointHandle, TransportError> {
        decide(shared, protocol, Usage::Create)?;
        let permit = shared.account.take(Part::Socket)?.keep();
        let socket = Socket::new(family, protocol).map_err(|error| error::from_io(&error))?;
        Ok(Endpoint::of_socket(
            shared, family, protocol, socket, permit, None,
        ))
    }

    fn of_socket(
        shared: &Arc<Shared>,
        family: AddressFamily,
        protocol: Protocol,
        socket: Socket,
        permit: Permit,
        peer: Option<SocketAddr>,
    ) -> EndpointHandle {
        shared.account.activity.socket_opened();
        EndpointHandle(Arc::new(Endpoint {
            socket: Arc::new(socket),
            family,
            protocol,
            shared: Arc::clone(shared),
            sends: Mutex::default(),
            receives: Mutex::default(),
            watches: Mutex::default(),
            readiness: Mutex::default(),
            local: Mutex::default(),
            peer: Mutex::new(peer),
            lost: OnceLock::new(),
            abort_on_drop: AtomicBool::new(false),
            _permit: permit,
        }))
    }

    pub(super) fn decide(&self, usage: Usage) -> Result<Grant<'_>, TransportError> {
        decide(&self.shared, self.protocol, usage)
    }

    /// What comes next binds an endpoint that is not bound yet.
    pub(super) fn decide_implicit_bind(&self) -> Result<(), TransportError> {
        if self.local_address().is_err() {
            self.decide(Usage::ImplicitBind)?;
        }
        Ok(())
    }

    pub(super) fn bind(&self, local: SocketAddr) -> Result<(), TransportError> {
        let grant = self.decide(Usage::Bind(local))?;
        self.socket
            .bind(local, grant)
            .map_err(|error| error::from_io(&error))
    }

    pub(super) fn listen(&self, backlog: u32) -> Result<(), TransportError> {
        self.decide(Usage::Listen(self.local_address()?))?;
        self.socket
            .listen(backlog)
            .map_err(|error| error::from_io(&error))
    }

    /// Connects a datagram endpoint at once, or starts a stream's attempt.
    pub(super) fn start_connect(
        self: &Arc<Endpoint>,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        if self.protocol == Protocol::Udp && peer.ip().is_unspecified() {
            let disconnected = self.socket.disconnect();
            disconnected.map_err(|error| error::from_io(&error))?;
            // The system takes a port back that it chose for the connection.
            *lock(&self.local) = None;
            *lock(&self.peer) = None;
            return Ok(Started::Done(0));
        }
        let grant = self.decide(Usage::Connect(peer))?;
        self.decide_implicit_bind()?;
        let account = &self.shared.account;
        account.take_connect()?;
        account.activity.connecting();
        *lock(&self.peer) = Some(peer);
        match self.socket.connect(peer, grant) {
            Ok(()) => Ok(Started::Done(0)),
            // The policy allowed it, so this is the system's word on broadcast.
            Err(error)
                if self.protocol == Protocol::Udp
                    && error.raw_os_error() == Some(rustix::io::Errno::ACCESS.raw_os_error()) =>
            {
                Err(TransportError::NeedsBroadcast)
            }
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) =>
            {
                self.watch_connect(operation)
            }
            Err(error) => Err(error::from_io(&error)),
        }
    }

    /// After an attempt that failed: makes the socket one that can connect again.
    pub(super) fn start_over(&self) {
        // Otherwise the system reports the failure to the next attempt too.
        // Where it cannot be disconnected, that is how it goes.
        let _ = self.socket.disconnect();
        *lock(&self.local) = None;
        // The reactor never forgets that a socket was closed.
        *lock(&self.readiness) = None;
    }

    /// Takes one connection of a peer that the policy allows. Denied peers are
    /// closed; a flood of them ends the call, not the listening.
    pub(super) fn accept(&self) -> Result<(EndpointHandle, SocketAddr), TransportError> {
        let local = self.local_address()?;
        for _ in 0..REFUSED_AT_ONCE {
            let permit = self.shared.account.take(Part::Socket)?.keep();
            let (socket, peer) = match self.socket.accept() {
                Ok(accepted) => accepted,
                // The connection ended before it was taken.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error::from_io(&error)),
            };
            if self.decide(Usage::Accept { local, peer }).is_ok() {
                let (shared, family) = (&self.shared, self.family);
                let accepted =
                    Endpoint::of_socket(shared, family, self.protocol, socket, permit, Some(peer));
                return Ok((accepted, peer));
            }
        }
        Err(TransportError::WouldBlock)
    }

    /// The local address, once there is one; a connected or bound socket keeps it.
    pub(super) fn local_address(&self) -> Result<SocketAddr, TransportError> {
        let mut known = lock(&self.local);
        if let Some(local) = *known {
            return Ok(local);
        }
        let local = rustix::net::getsockname(&self.socket).map_err(error::from_errno)?;
        let local = address_from_system(local)?;
        if local.port() == 0 {
            return Err(TransportError::InvalidArgument);
        }
        // A wildcard address becomes a real one when the socket is connected.
        if !local.ip().is_unspecified() {
            *known = Some(local);
        }
        Ok(local)
    }

    pub(super) fn peer_address(&self) -> Result<SocketAddr, TransportError> {
        match rustix::net::getpeername(&self.socket).map_err(error::from_errno)? {
            Some(peer) => address_from_system(peer),
            None => Err(TransportError::NotConnected),
        }
    }

    /// Bytes accepted that the peer's system has not acknowledged.
    pub(crate) fn unacknowledged(&self) -> u64 {
        let queued = lock(&self.sends).queued_bytes();
        queued.saturating_add(in_kernel(&self.socket))
    }

    pub(super) fn available(&self) -> Result<u64, TransportError> {
        rustix::io::ioctl_fionread(&self.socket).map_err(error::from_errno)
    }

    pub(super) fn get_option(&self, option: EndpointOption) -> Result<u32, TransportError> {
        self.socket.get_option(option)
    }

    pub(super) fn set_option(
        &self,
        option: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        self.socket.set_option(option, value)
    }

    pub(super) fn abort_on_drop(&self) {
        self.abort_on_drop.store(true, Ordering::Relaxed);
    }

    /// Ends directions; the end of a stream follows the pending sends.
    pub(super) fn shutdown(&self, direction: Direction) -> Result<(), TransportError> {
        if matches!(direction, Direction::Receive | Direction::Both) {
            self.shut_down_socket(rustix::net::Shutdown::Read)?;
        }
        if matches!(direction, Direction::Send | Direction::Both) {
            self.end_after_sends()?;
        }
        Ok(())
    }

    pub(super) fn shut_down_socket(
        &self,
        how: rustix::net::Shutdown,
    ) -> Result<(), TransportError> {
        rustix::net::shutdown(&self.socket, how).map_err(error::from_errno)
    }

    /// Cancels one pending operation, and reports it.
    pub(super) fn cancel(&self, operation: u64) {
        let cancelled = self
            .cancel_send(operation)
            .or_else(|| self.cancel_receive(operation))
            .or_else(|| self.cancel_watch(operation));
        if let Some(finished) = cancelled {
            self.shared.completions.push(finished);
        }
    }

    /// Cancels everything and closes the socket as soon as the tasks have let go of it.
    fn close(&self) {
        let mut cancelled = self.cancel_all_sends();
        cancelled.extend(self.cancel_all_receives());
        cancelled.extend(self.cancel_all_watches());
        let busy = !cancelled.is_empty();
        self.shared.completions.push_all(cancelled);
        self.tell_closed();
        if self.protocol != Protocol::Tcp {
            return;
        }
        if self.abort_on_drop.load(Ordering::Relaxed) {
            // A failure leaves a graceful close, which is the next best thing.
            let _ = sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO));
        } else if busy {
            // The peer need not wait for the tasks; errors say that there is no connection.
            let _ = self.shut_down_socket(rustix::net::Shutdown::Write);
        }
    }

    fn tell_closed(&self) {
        let activity = &self.shared.account.activity;
        activity.socket_closed();
        if !activity.is_audited() {
            return;
        }
        let peer = *lock(&self.peer);
        let address = peer.or_else(|| self.local_address().ok());
        let sent = lock(&self.sends).total;
        let received = lock(&self.receives).total();
        activity.closed(self.policy_protocol(), address, sent, received);
    }

    fn policy_protocol(&self) -> policy::Protocol {
        policy_protocol(self.protocol)
    }

    /// The socket in the runtime's reactor.
    pub(super) fn readiness(&self) -> Result<Arc<AsyncFd<Arc<Socket>>>, TransportError> {
        // Two tasks may come here together, and one descriptor registers once.
        let mut readiness = lock(&self.readiness);
        if let Some(readiness) = &*readiness {
            return Ok(Arc::clone(readiness));
        }
        let _runtime = self.shared.runtime.enter();
        let all = Readiness::READABLE | Readiness::WRITABLE;
        #[cfg(target_os = "linux")]
        let all = all | Readiness::PRIORITY;
        #[expect(
            unsafe_code,
            reason = "tokio has no safe registration for a descriptor of one's own"
        )]
        // SAFETY: the `AsyncFd` shares the socket, which owns its descriptor, never
        // replaces it, and closes it only when the last share is gone.
        let registered = unsafe { AsyncFd::register_with_interest(Arc::clone(&self.socket), all) }
            .map_err(|error| error::from_io(&io::Error::from(error)))?;
        Ok(Arc::clone(readiness.insert(Arc::new(registered))))
    }

    /// What an error of a transfer means for this endpoint. Sends call it with
    /// their queue locked, for [`Endpoint::lost`].
    pub(super) fn transfer_error(&self, errno: rustix::io::Errno) -> TransportError {
        let error = self.meaning(errno);
        if self.protocol == Protocol::Tcp && loses_the_connection(error) {
            self.lost.get_or_init(|| error);
        }
        error
    }

    /// Why the connection is lost. Only the first transfer after that learns it
    /// from the system; to a receive after it, the stream looks as if it had ended.
    pub(super) fn lost(&self) -> Option<TransportError> {
        // A send that is just being told has the lock.
        let _sends = lock(&self.sends);
        self.lost.get().copied()
    }

    fn meaning(&self, errno: rustix::io::Errno) -> TransportError {
        match error::from_errno(errno) {
            // With nothing unacknowledged, only keep-alive probes can have timed out.
            TransportError::TimedOut
                if self.protocol == Protocol::Tcp
                    && sockopt::socket_keepalive(&self.socket).unwrap_or(false)
                    && in_kernel(&self.socket) == 0 =>
            {
                TransportError::KeepAliveFailed
            }
            other => other,
        }
    }
}

fn loses_the_connection(error: TransportError) -> bool {
    matches!(
        error,
        TransportError::ConnectionReset
            | TransportError::ConnectionAborted
            | TransportError::HostUnreachable
            | TransportError::KeepAliveFailed
            | TransportError::NetworkUnreachable
            | TransportError::TimedOut
    )
}

/// Asks the policy about a use of a socket.
fn decide(shared: &Shared, protocol: Protocol, usage: Usage) -> Result<Grant<'_>, TransportError> {
    let protocol = policy_protocol(protocol);
    shared
        .decide(&Request::socket(protocol, usage))
        .ok_or(TransportError::AccessDenied)
}

fn policy_protocol(protocol: Protocol) -> policy::Protocol {
    match protocol {
        Protocol::Tcp => policy::Protocol::Tcp,
        Protocol::Udp => policy::Protocol::Udp,
    }
}

/// Bytes in the kernel's send queue that the peer has not acknowledged; 0 where
/// the system cannot tell.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "rustix has no safe function for SIOCOUTQ")]
fn in_kernel(socket: &Socket) -> u64 {
    /// `SIOCOUTQ`, which is `TIOCOUTQ` on every architecture of Linux.
    const SIOCOUTQ: rustix::ioctl::Opcode = linux_raw_sys::ioctl::TIOCOUTQ as rustix::ioctl::Opcode;
    // SAFETY: SIOCOUTQ writes one C int, as tcp(7) says.
    let bytes: rustix::io::Result<std::ffi::c_int> = unsafe {
        rustix::ioctl::ioctl(
            socket,
            rustix::ioctl::Getter::<SIOCOUTQ, std::ffi::c_int>::new(),
        )
    };
    bytes
        .ok()
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or(0)
}

/// Bytes in the kernel's send queue; other systems do not tell.
#[cfg(not(target_os = "linux"))]
fn in_kernel(_socket: &Socket) -> u64 {
    0
}

/// An address that the system reported; it reports no other families for these sockets.
fn address_from_system(address: SocketAddrAny) -> Result<SocketAddr, TransportError> {
    SocketAddr::try_from(address).map_err(|_| TransportError::InvalidArgument)
}
