//! An endpoint: a kernel socket with its queues of pending operations.

use std::net::{Ipv4Addr, SocketAddr};
#[cfg(target_os = "linux")]
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::Context;

use super::any_socket::AnySocket;
use super::driver::{Driven, Driver};
use super::network::Connecting;
use super::ongoing::UnderPolicy;
use super::operations::{Operations, Place};
use super::pause::Pauses;
use super::pending::Sends;
use super::pending_receive::Receives;
use super::registered::Registered;
use super::trace::Kind;
use super::tracer::Traced;
use super::watches::{Wanted, Watches};
use super::{AddressFamily, Direction, EndpointOption, Protocol, Started, TransportError, error};
use crate::shared::Shared;
use wsp_guard::policy::{self, Grant, OngoingUse, Request, Usage};
use wsp_guard::quota::{Part, Permit};
use wsp_guard::sync::lock;
use wsp_guard::witness::Closed;
use wsp_guard::{Holder, InForce};

/// Connections of denied peers that one accept takes away.
const REFUSED_AT_ONCE: usize = 64;

/// An endpoint as a guest holds it. Dropping it cancels what is pending and closes the
/// socket; its descriptor, quota and memory are free when the drop returns.
#[derive(Debug)]
pub struct EndpointHandle(pub(super) Arc<Endpoint>);

impl EndpointHandle {
    /// The endpoint, for the time of a call.
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.0
    }
}

impl Drop for EndpointHandle {
    fn drop(&mut self) {
        let _call = tracing::trace_span!(target: "wsp::transport", "drop").entered();
        self.0.close();
    }
}

/// A kernel socket with its queues.
#[derive(Debug)]
pub struct Endpoint {
    pub(super) socket: AnySocket,
    pub(super) family: AddressFamily,
    pub(super) protocol: Protocol,
    pub(super) shared: Arc<Shared>,
    pub(super) sends: Mutex<Sends>,
    pub(super) receives: Mutex<Receives>,
    pub(super) watches: Mutex<Watches>,
    pub(super) operations: Operations,
    pub(super) driver: Arc<Driver<Endpoint>>,
    /// Made with the first wait: a stream registered before it connects would
    /// look ready for ever.
    readiness: Mutex<Option<Arc<Registered>>>,
    local: Mutex<Option<SocketAddr>>,
    /// What a stream was bound to by the program, which a failed attempt forgets.
    bound: Mutex<Option<SocketAddr>>,
    /// Whom it was connected to last, which a lost connection forgets.
    peer: Mutex<Option<SocketAddr>>,
    /// Why the connection is lost. The system tells one transfer only.
    lost: OnceLock<TransportError>,
    abort_on_drop: AtomicBool,
    /// What the program asked for. A stream shares its address then. A datagram socket only
    /// remembers it: it could take the port of another program's, and its datagrams.
    reuse_address: AtomicBool,
    /// Whether an option asks for what the system tells beside a datagram.
    asks_for_info: AtomicBool,
    permit: Mutex<Option<Permit>>,
    /// The shortest segments, in bytes, that the system has refused to cut a datagram into.
    #[cfg(target_os = "linux")]
    pub(super) segments_refused: AtomicUsize,
    /// What goes on under the policy, and whether another one has ended it.
    pub(super) under_policy: UnderPolicy,
    /// Its number for the trace.
    pub(super) traced: Traced,
}

impl Driven for Endpoint {
    fn poll(self: &Arc<Endpoint>, work: &mut Pauses, cx: &mut Context<'_>) {
        self.poll_sending(work, cx);
        self.poll_receiving(&mut work.receives, cx);
        self.poll_urgent(&mut work.urgent, cx);
        self.poll_drained(&mut work.drained, cx);
    }

    fn is_driven(&self) -> bool {
        self.has_watches()
            || lock(&self.sends).lane.is_captured()
            || !lock(&self.receives).lane.is_empty()
    }

    fn is_under_way(&self, operation: u64) -> bool {
        self.operations.place(operation).is_some()
    }
}

impl Endpoint {
    /// Makes a socket, if the policy grants its protocol anything.
    ///
    /// # Errors
    ///
    /// `AccessDenied`, `TooManyEndpoints`, `NotSupported` for the family, and what else the
    /// system says.
    pub fn create(
        shared: &Arc<Shared>,
        family: AddressFamily,
        protocol: Protocol,
    ) -> Result<EndpointHandle, TransportError> {
        let create = Request::socket(policy_protocol(protocol), Usage::Create);
        if !shared.guard.permits(&create) {
            return Err(TransportError::AccessDenied);
        }
        shared.tasks.check()?;
        let permit = shared.guard.take(Part::Socket)?.keep();
        let socket = AnySocket::new(shared.network.as_deref(), family, protocol)?;
        Ok(Endpoint::of_socket(
            shared, family, protocol, socket, permit, None,
        ))
    }

    fn of_socket(
        shared: &Arc<Shared>,
        family: AddressFamily,
        protocol: Protocol,
        socket: AnySocket,
        permit: Permit,
        peer: Option<SocketAddr>,
    ) -> EndpointHandle {
        shared.guard.witness().socket_opened();
        let endpoint = Arc::new_cyclic(|endpoint| Endpoint {
            driver: Arc::new(Driver::new(
                Weak::clone(endpoint),
                shared.runtime.clone(),
                Arc::clone(&shared.tasks),
            )),
            operations: Operations::default(),
            socket,
            family,
            protocol,
            shared: Arc::clone(shared),
            sends: Mutex::default(),
            receives: Mutex::default(),
            watches: Mutex::default(),
            readiness: Mutex::default(),
            local: Mutex::default(),
            bound: Mutex::default(),
            peer: Mutex::new(peer),
            lost: OnceLock::new(),
            abort_on_drop: AtomicBool::new(false),
            reuse_address: AtomicBool::new(false),
            asks_for_info: AtomicBool::new(false),
            permit: Mutex::new(Some(permit)),
            #[cfg(target_os = "linux")]
            segments_refused: AtomicUsize::new(usize::MAX),
            under_policy: UnderPolicy::default(),
            traced: Traced::new(shared.tracer()),
        });
        endpoint.trace_opened(peer);
        let holder: Weak<dyn Holder> = Arc::<Endpoint>::downgrade(&endpoint);
        shared.guard.hold(holder);
        EndpointHandle(endpoint)
    }

    /// The policy in force, to be held while what it allows is done. It is taken before any
    /// lock of the endpoint: a policy that comes into force waits for it, and everybody else
    /// for that one.
    pub(super) fn policy(&self) -> InForce<'_> {
        self.shared.guard.policy()
    }

    pub(super) fn request(&self, usage: Usage) -> Request {
        Request::socket(policy_protocol(self.protocol), usage)
    }

    /// Asks the policy about something that is over at once.
    pub(super) fn decide(&self, policy: &InForce<'_>, usage: Usage) -> Result<(), TransportError> {
        self.check_revoked()?;
        let granted = policy.decide(&self.request(usage));
        granted.map(drop).ok_or(TransportError::AccessDenied)
    }

    /// Asks the policy about something that goes on, which [`Endpoint::goes_on`] is to be
    /// told of while the policy is held.
    pub(super) fn decide_ongoing<'p>(
        &self,
        policy: &'p InForce<'_>,
        usage: Usage,
    ) -> Result<(Grant<'p>, OngoingUse), TransportError> {
        self.check_revoked()?;
        let granted = policy.decide_ongoing(&self.request(usage));
        granted.ok_or(TransportError::AccessDenied)
    }

    /// What comes next binds an endpoint that is not bound yet.
    pub(super) fn decide_implicit_bind(&self, policy: &InForce<'_>) -> Result<(), TransportError> {
        if self.local_address().is_err() {
            self.decide(policy, Usage::ImplicitBind)?;
        }
        Ok(())
    }

    /// Gives it a local address.
    ///
    /// # Errors
    ///
    /// `AccessDenied` by the policy or the system, `AddressInUse`, `AddressNotAvailable`,
    /// `InvalidArgument` if it has one. Connections do not keep an address in use.
    pub fn bind(&self, local: SocketAddr) -> Result<(), TransportError> {
        let policy = self.policy();
        let also = match self.of_ipv4(local) {
            Some(also) => Some(self.decide_ongoing(&policy, Usage::Bind(also))?.1),
            None => None,
        };
        let (grant, allowed) = self.decide_ongoing(&policy, Usage::Bind(local))?;
        let shares = self.reuse_address.load(Ordering::Relaxed);
        self.socket.bind(local, grant, self.protocol, shares)?;
        self.goes_on(also.into_iter().chain([allowed]));
        if self.protocol == Protocol::Tcp {
            *lock(&self.bound) = self.local_address().ok();
        }
        Ok(())
    }

    /// What a local address means for IPv4 too: everybody of an endpoint that speaks both.
    fn of_ipv4(&self, local: SocketAddr) -> Option<SocketAddr> {
        let both = self.family == AddressFamily::Inet6
            && local.ip().is_unspecified()
            && !self.socket.is_v6_only();
        both.then(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, local.port())))
    }

    /// Takes connections; with a `backlog` of 0 the system chooses.
    ///
    /// # Errors
    ///
    /// `AccessDenied`, `InvalidArgument` if it is not bound.
    pub fn listen(&self, backlog: u32) -> Result<(), TransportError> {
        let local = self.local_address()?;
        let policy = self.policy();
        let also = match self.of_ipv4(local) {
            Some(also) => Some(self.decide_ongoing(&policy, Usage::Listen(also))?.1),
            None => None,
        };
        let (_, allowed) = self.decide_ongoing(&policy, Usage::Listen(local))?;
        self.socket.listen(backlog)?;
        self.goes_on(also.into_iter().chain([allowed]));
        self.trace_listening(local);
        Ok(())
    }

    /// Connects a datagram endpoint at once, or starts a stream's attempt.
    pub fn start_connect(
        &self,
        peer: SocketAddr,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let begun = self.trace_begin(Kind::Connect, 0, Some(peer));
        let begun = begun.as_ref();
        let started = self.connect(peer, operation);
        self.trace_started(begun, started);
        started
    }

    fn connect(&self, peer: SocketAddr, operation: u64) -> Result<Started, TransportError> {
        self.operations.check(operation)?;
        if self.protocol == Protocol::Udp && peer.ip().is_unspecified() {
            return self.dissociate().map(|()| Started::Done(0));
        }
        if self.protocol == Protocol::Tcp && self.has_peer() {
            // The system answers the second attempt as if it had been the first.
            return Err(TransportError::InvalidArgument);
        }
        let policy = self.policy();
        let (grant, allowed) = self.decide_ongoing(&policy, Usage::Connect(peer))?;
        self.decide_implicit_bind(&policy)?;
        // Before anything is done: an attempt under way has its permit.
        let permit = match self.protocol {
            Protocol::Tcp => Some(self.watch_permit(operation)?),
            Protocol::Udp => None,
        };
        let guard = &self.shared.guard;
        guard.take_connect()?;
        guard.witness().connecting();
        let connecting = self.socket.connect(peer, grant, self.protocol)?;
        *lock(&self.peer) = Some(peer);
        self.goes_on([allowed]);
        match (connecting, permit) {
            (Connecting::UnderWay, Some(permit)) => {
                self.enter_watch(Wanted::Connected, operation, permit);
                self.driver.kick();
                Ok(Started::Pending)
            }
            (Connecting::Done, _) | (_, None) => Ok(Started::Done(0)),
        }
    }

    /// Whom an operation that wants this connects to.
    pub(super) fn peer_to_connect(&self, wanted: Wanted) -> Option<SocketAddr> {
        match wanted {
            Wanted::Connected => *lock(&self.peer),
            _ => None,
        }
    }

    /// Whether a stream is connected, or was, or is being connected.
    pub(super) fn has_peer(&self) -> bool {
        lock(&self.peer).is_some()
    }

    /// Takes a datagram endpoint's default peer away. It keeps its local port, which the
    /// system takes back if it chose it.
    fn dissociate(&self) -> Result<(), TransportError> {
        let bound = self.local_address().ok();
        self.socket.disconnect()?;
        *lock(&self.peer) = None;
        self.is_connected_no_more();
        *lock(&self.local) = None;
        if let Some(bound) = bound
            && self.local_address().is_err()
        {
            let mut local = self.socket.local_address()?;
            local.set_port(bound.port());
            // It was decided on when the port was taken first.
            self.socket.bind_again(local)?;
        }
        Ok(())
    }

    /// After an attempt that failed: makes the socket one that can connect again.
    pub(super) fn start_over(&self) {
        // Otherwise the system reports the failure to the next attempt too.
        // If it cannot be disconnected, that is how it goes.
        let _ = self.socket.disconnect();
        *lock(&self.peer) = None;
        self.is_connected_no_more();
        *lock(&self.local) = None;
        if let Some(bound) = *lock(&self.bound) {
            // The system took the port back, if it had chosen it. If somebody has it by
            // now, the program finds out when it listens or connects.
            let _ = self.socket.bind_again(bound);
        }
        // The reactor never forgets that a socket was closed.
        *lock(&self.readiness) = None;
    }

    /// Takes one connection of a peer that the policy allows. Denied peers are
    /// closed; a flood of them ends the call, not the listening.
    pub fn accept(&self) -> Result<(EndpointHandle, SocketAddr), TransportError> {
        self.shared.bursts.looked();
        self.check_revoked()?;
        let local = self.local_address()?;
        self.shared.tasks.check()?;
        for _ in 0..REFUSED_AT_ONCE {
            let permit = self.shared.guard.take(Part::Socket)?.keep();
            let (socket, peer) = match self.socket.accept() {
                Ok(accepted) => accepted,
                // The connection ended before it was taken.
                Err(TransportError::ConnectionAborted) => continue,
                Err(error) => return Err(error),
            };
            let policy = self.policy();
            if let Ok((_, allowed)) = self.decide_ongoing(&policy, Usage::Accept { local, peer }) {
                let (shared, family) = (&self.shared, self.family);
                let accepted =
                    Endpoint::of_socket(shared, family, self.protocol, socket, permit, Some(peer));
                accepted.0.goes_on([allowed]);
                let shares = self.reuse_address.load(Ordering::Relaxed);
                accepted.0.reuse_address.store(shares, Ordering::Relaxed);
                return Ok((accepted, peer));
            }
        }
        Err(TransportError::WouldBlock)
    }

    /// The local address, once there is one; a connected or bound socket keeps it.
    pub fn local_address(&self) -> Result<SocketAddr, TransportError> {
        let mut known = lock(&self.local);
        if let Some(local) = *known {
            return Ok(local);
        }
        let local = self.socket.local_address()?;
        if local.port() == 0 {
            return Err(TransportError::InvalidArgument);
        }
        // A wildcard address becomes a real one when the socket is connected.
        if !local.ip().is_unspecified() {
            *known = Some(local);
        }
        Ok(local)
    }

    /// The peer's address, which the system forgets when both directions have ended.
    ///
    /// # Errors
    ///
    /// `NotConnected`.
    pub fn peer_address(&self) -> Result<SocketAddr, TransportError> {
        match self.socket.peer_address()? {
            Some(peer) => Ok(peer),
            None if self.is_watched(Wanted::Connected) => Err(TransportError::NotConnected),
            None => lock(&self.peer).ok_or(TransportError::NotConnected),
        }
    }

    /// Bytes accepted that the peer's system has not acknowledged.
    pub fn unacknowledged(&self) -> u64 {
        self.shared.bursts.looked();
        self.not_acknowledged()
    }

    /// The same, without a look of the guest's: its driver asks.
    pub(super) fn not_acknowledged(&self) -> u64 {
        let queued = lock(&self.sends).lane.queued_bytes();
        self.shared.system_call();
        queued.saturating_add(self.socket.in_kernel().unwrap_or(0))
    }

    /// Reads an option; booleans are 0 and 1.
    ///
    /// # Errors
    ///
    /// `NotSupported` if this kind of endpoint has no such option.
    pub fn get_option(&self, option: EndpointOption) -> Result<u32, TransportError> {
        if option == EndpointOption::ReuseAddress {
            return Ok(self.reuse_address.load(Ordering::Relaxed).into());
        }
        self.system_option(option)
    }

    /// Sets an option; a buffer's size is bounded by the quota of payload.
    ///
    /// # Errors
    ///
    /// `NotSupported`, `InvalidArgument`.
    pub fn set_option(&self, option: EndpointOption, value: u32) -> Result<(), TransportError> {
        if option == EndpointOption::ReuseAddress {
            self.reuse_address.store(value != 0, Ordering::Relaxed);
            return Ok(());
        }
        self.set_system_option(option, self.bounded(option, value))?;
        if matches!(
            option,
            EndpointOption::PacketInfo | EndpointOption::ReceiveHopLimit
        ) && value != 0
        {
            self.asks_for_info.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether an option has asked for what the system tells beside a datagram.
    pub(super) fn asks_for_info(&self) -> bool {
        self.asks_for_info.load(Ordering::Relaxed)
    }

    /// No more memory of the kernel for a buffer than the quota allows of the host's.
    fn bounded(&self, option: EndpointOption, value: u32) -> u32 {
        match option {
            EndpointOption::ReceiveBufferSize | EndpointOption::SendBufferSize => {
                value.min(self.shared.kernel_bytes)
            }
            _ => value,
        }
    }

    /// Whether the connection is reset, instead of closed gracefully, when its handle is
    /// dropped or the process ends.
    pub fn abort_on_drop(&self, on: bool) {
        self.abort_on_drop.store(on, Ordering::Relaxed);
        let sends = lock(&self.sends);
        if sends.lane.is_empty() {
            self.set_ending();
        }
    }

    /// Tells the system how the connection ends, if no send is pending: it is what closes
    /// the socket of a process that ends.
    pub(super) fn set_ending(&self) {
        if self.protocol == Protocol::Tcp {
            let aborts = self.abort_on_drop.load(Ordering::Relaxed);
            self.socket.abort_on_close(aborts);
        }
    }

    /// Ends directions; the end of a stream follows the pending sends.
    pub fn shutdown(&self, direction: Direction) -> Result<(), TransportError> {
        if matches!(direction, Direction::Receive | Direction::Both) {
            self.socket.shutdown(Direction::Receive)?;
        }
        if matches!(direction, Direction::Send | Direction::Both) {
            self.end_after_sends()?;
        }
        Ok(())
    }

    /// Cancels one pending operation, and reports it.
    pub fn cancel(&self, operation: u64) {
        match self.operations.place(operation) {
            Some(Place::Send(position)) => self.cancel_send(position),
            Some(Place::Receive(position)) => self.cancel_receive(position),
            Some(Place::Watch(wanted)) => self.cancel_watch(wanted, operation),
            None => {}
        }
    }

    /// Cancels everything and lets nobody but the caller hold the endpoint.
    fn close(&self) {
        self.send_burst();
        self.under_policy.clear();
        self.driver.close();
        let cut = !lock(&self.sends).lane.is_empty();
        self.finish(self.cancel_all_sends());
        self.finish(self.cancel_all_receives());
        self.finish(self.cancel_all_watches());
        self.tell_closed();
        if self.protocol == Protocol::Tcp && (cut || self.abort_on_drop.load(Ordering::Relaxed)) {
            // What the peer has is a part, and must not look like the whole.
            self.socket.abort_on_close(true);
        } else if self.protocol == Protocol::Tcp {
            self.linger();
        }
    }

    /// Leaves a stream whose peer has not acknowledged everything to those that linger.
    fn linger(&self) {
        let bytes = self.socket.in_kernel().unwrap_or(0);
        // Another network keeps what it was given, and the kernel has nothing of it.
        if bytes == 0 || self.socket.of_network().is_some() {
            return;
        }
        // The end goes out now; an error says that there is no connection.
        let ended = self.socket.shutdown(Direction::Send).is_ok();
        if let Some(permit) = lock(&self.permit).take()
            && ended
        {
            let socket = self.socket.clone();
            self.shared.lingering.keep(socket, bytes, permit.of_host());
        }
    }

    fn tell_closed(&self) {
        self.trace_closed(|| {
            let sent = lock(&self.sends).lane.total();
            (sent, lock(&self.receives).lane.total())
        });
        self.shared.guard.closed(self.policy_protocol(), || {
            let peer = *lock(&self.peer);
            Closed {
                peer,
                local: match peer {
                    Some(_) => None,
                    None => self.local_address().ok(),
                },
                sent: lock(&self.sends).lane.total(),
                received: lock(&self.receives).lane.total(),
            }
        });
    }

    fn policy_protocol(&self) -> policy::Protocol {
        policy_protocol(self.protocol)
    }

    /// The socket in the runtime's reactor.
    pub(super) fn readiness(&self) -> Result<Arc<Registered>, TransportError> {
        // Two tasks may come here together, and one descriptor registers once.
        let mut readiness = lock(&self.readiness);
        if let Some(readiness) = &*readiness {
            return Ok(Arc::clone(readiness));
        }
        let _runtime = self.shared.runtime.enter();
        let registered = self.socket.register()?;
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

    /// The connection is lost, unless it was before. Whoever calls it has the queue of sends
    /// locked.
    pub(super) fn loses(&self, error: TransportError) {
        self.lost.get_or_init(|| error);
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
                    && self.socket.keeps_alive()
                    && self.socket.in_kernel() == Some(0) =>
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

fn policy_protocol(protocol: Protocol) -> policy::Protocol {
    match protocol {
        Protocol::Tcp => policy::Protocol::Tcp,
        Protocol::Udp => policy::Protocol::Udp,
    }
}
