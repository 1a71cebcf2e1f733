//! What an engine's hooks ask.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, Weak};

use event_listener::Event;

use crate::names::Resolver;
#[cfg(feature = "system-resolver")]
use crate::names::SystemResolver;
use crate::policy::{Denial, OngoingUse, Policy, Protocol, Request, Usage};
#[cfg(feature = "system-resolver")]
use crate::quota::Limits;
use crate::quota::{Part, Permit, Refusal};
use crate::sync::lock;
use crate::witness::Closed;
use crate::{Ended, Guard, Holder};

/// Local addresses that are remembered: what a program binds beyond them is no
/// address at which a peer is welcome.
const MOST_LOCALS: usize = 64;

/// Connections that are remembered without a socket; only a program that asks for several peers
/// with one socket has any.
const MOST_STRAYS: usize = 64;

/// What a program is about to do with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketUse {
    /// Binding a TCP socket to a local address; of an implicit bind the unspecified one.
    TcpBind,
    /// Listening at a local address.
    TcpListen,
    /// Taking a connection of a peer.
    TcpAccept,
    /// Connecting to a peer.
    TcpConnect,
    /// Binding a UDP socket to a local address; of an implicit bind the unspecified one.
    UdpBind,
    /// Sending a datagram to a peer, or setting it as the default one.
    UdpSend,
    /// Receiving a datagram from a peer.
    UdpReceive,
}

impl SocketUse {
    fn protocol(self) -> Protocol {
        match self {
            Self::TcpBind | Self::TcpListen | Self::TcpAccept | Self::TcpConnect => Protocol::Tcp,
            Self::UdpBind | Self::UdpSend | Self::UdpReceive => Protocol::Udp,
        }
    }
}

/// Why a socket cannot be created. Every one was reported to the witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotCreate {
    /// No rule grants the protocol anything.
    #[error("no rule grants anything to the protocol")]
    Denied,
    /// The quota of sockets is used up.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A socket that may be created; it counts until this is dropped or
/// [`Sockets::created`] has it.
#[derive(Debug)]
pub struct Admitted {
    protocol: Protocol,
    permit: Permit,
    connection: Connection,
    /// Streams of it that the program has, which it may keep when it closes the socket.
    streams: u32,
    /// Which of those with streams it is.
    id: u64,
}

/// What is known of a socket's connection.
#[derive(Debug)]
enum Connection {
    None,
    /// The program has asked for one to this peer.
    Wanted(SocketAddr),
    /// It was allowed.
    Allowed(OngoingUse),
}

impl Connection {
    fn peer(&self) -> Option<SocketAddr> {
        match self {
            Connection::None => None,
            Connection::Wanted(peer) => Some(*peer),
            Connection::Allowed(allowed) => allowed.request().address(),
        }
    }
}

/// A stream of a socket, which the program may keep when it closes the socket.
#[must_use = "the socket is there as long as this is"]
#[derive(Debug)]
pub struct Lent {
    id: u64,
    sockets: Arc<Sockets>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.sockets.returned(self.id);
    }
}

/// The sockets of one program, and what guards them.
pub struct Sockets {
    guard: Arc<Guard>,
    pub(super) resolver: Option<Arc<dyn Resolver>>,
    open: Mutex<Open>,
    ended: Event,
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets")
            .field("guard", &self.guard)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Open {
    /// Where TCP sockets listen, and UDP sockets are bound.
    locals: Vec<(Protocol, SocketAddr)>,
    /// Sockets that the program has created, by the number that the engine has for each.
    created: HashMap<u32, Admitted>,
    /// Connections that were accepted: the engine tells no number of theirs.
    accepted: Vec<Admitted>,
    /// Sockets that the program has closed and whose streams it has kept, with their peers.
    lingering: Vec<(Option<SocketAddr>, Admitted)>,
    /// How many had streams.
    with_streams: u64,
    /// What was allowed for a connection of a socket that created ones do not name: a
    /// program may ask for many peers with one socket before any of them is decided on. Each
    /// once, and there as long as the program.
    stray: Vec<OngoingUse>,
    /// Why the program is to be ended.
    revoked: Option<Box<Denial>>,
}

impl Open {
    /// What goes on.
    fn ongoing(&self) -> impl Iterator<Item = &OngoingUse> {
        let lingering = self.lingering.iter().map(|(_, socket)| socket);
        let open = self.created.values().chain(&self.accepted);
        let admitted = open.chain(lingering);
        let allowed = admitted.filter_map(|socket| match &socket.connection {
            Connection::Allowed(allowed) => Some(allowed),
            Connection::None | Connection::Wanted(_) => None,
        });
        allowed.chain(&self.stray)
    }

    /// A connection that the program has asked for is allowed. Without room to remember it,
    /// it may not be made.
    fn connected(&mut self, peer: SocketAddr, allowed: &OngoingUse) -> bool {
        let mut is_known = false;
        for socket in self.created.values_mut() {
            if matches!(socket.connection, Connection::Wanted(wanted) if wanted == peer) {
                socket.connection = Connection::Allowed(allowed.clone());
                is_known = true;
            }
        }
        // An engine that tells of no socket is asked for its connections only.
        if is_known || self.created.is_empty() || self.stray.contains(allowed) {
            return true;
        }
        let has_room = self.stray.len() < MOST_STRAYS;
        if has_room {
            self.stray.push(allowed.clone());
        }
        has_room
    }

    /// Takes the accepted connection of `peer` away, or any if it is not known.
    fn take_accepted(&mut self, peer: Option<SocketAddr>) -> Option<Admitted> {
        let mut accepted = self.accepted.iter();
        let place = accepted.position(|socket| peer.is_some() && socket.connection.peer() == peer);
        match place {
            Some(place) => Some(self.accepted.swap_remove(place)),
            None => self.accepted.pop(),
        }
    }
}

impl Sockets {
    /// Sockets that `guard` decides on.
    #[must_use]
    pub fn new(guard: Arc<Guard>) -> Sockets {
        Sockets {
            guard,
            resolver: None,
            open: Mutex::default(),
            ended: Event::new(),
        }
    }

    /// The same sockets, shared, whose guard asks them when another policy comes into force.
    #[must_use]
    pub fn shared(self) -> Arc<Sockets> {
        let sockets = Arc::new(self);
        let holder: Weak<dyn Holder> = Arc::<Sockets>::downgrade(&sockets);
        sockets.guard.hold(holder);
        sockets
    }

    /// Waits until the program has a connection that the policy in force does not allow. It
    /// can do nothing more with its sockets, but no engine lets somebody else close them: the
    /// program has to be ended. The witness is told once these sockets are gone.
    pub async fn revoked(&self) {
        loop {
            let ended = self.ended.listen();
            if self.is_revoked() {
                return;
            }
            ended.await;
        }
    }

    /// Sockets that `policy` decides on, with the default quota and names that the system
    /// finds: what a host needs that has nothing else to say.
    #[cfg(feature = "system-resolver")]
    #[must_use]
    pub fn for_policy(policy: Policy) -> Arc<Sockets> {
        let guard = Arc::new(Guard::new(policy, &Limits::default()));
        let resolver = Arc::new(SystemResolver);
        Sockets::new(guard).with_resolver(resolver).shared()
    }

    /// What guards them.
    #[must_use]
    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Whether a protocol is granted anything. Nothing is reported.
    #[must_use]
    pub fn grants(&self, protocol: Protocol) -> bool {
        let create = Request::socket(protocol, Usage::Create);
        let policy: &Policy = &self.guard.policy();
        policy.decide(&create).grant().is_some()
    }

    /// Decides on a use of a socket: whether it may be done.
    #[must_use]
    pub fn permits(&self, address: SocketAddr, asked: SocketUse) -> bool {
        let protocol = asked.protocol();
        if self.is_revoked() {
            return false;
        }
        match asked {
            SocketUse::TcpBind => self.decides(protocol, Usage::Bind(address)),
            SocketUse::TcpListen => {
                self.decides(protocol, Usage::Listen(address)) && self.remember(protocol, address)
            }
            SocketUse::UdpBind => {
                self.decides(protocol, Usage::Bind(address)) && self.remember(protocol, address)
            }
            SocketUse::TcpConnect => self.connects(address),
            SocketUse::UdpSend => self.decides(protocol, Usage::DatagramTo(address)),
            SocketUse::TcpAccept => self.accepts(address),
            SocketUse::UdpReceive => {
                let usage = |local| Usage::DatagramFrom {
                    local,
                    peer: address,
                };
                self.decides_at_any(protocol, usage, |_| true)
            }
        }
    }

    /// Decides on the creation of a socket, and takes it from the quota.
    ///
    /// # Errors
    ///
    /// [`CannotCreate::Denied`] if the policy grants the protocol nothing;
    /// [`CannotCreate::Refused`] if the quota of sockets is used up.
    pub fn create(&self, protocol: Protocol) -> Result<Admitted, CannotCreate> {
        let create = Request::socket(protocol, Usage::Create);
        if !self.guard.permits(&create) {
            return Err(CannotCreate::Denied);
        }
        let permit = self.guard.take(Part::Socket)?.keep();
        Ok(Admitted {
            protocol,
            permit,
            connection: Connection::None,
            streams: 0,
            id: 0,
        })
    }

    /// A socket was created, for which the engine has this number.
    pub fn created(&self, number: u32, admitted: Admitted) {
        self.guard.witness().socket_opened();
        lock(&self.open).created.insert(number, admitted);
    }

    /// The program wants to connect the socket with this number to `peer`, which
    /// [`Sockets::permits`] decides on later.
    pub fn wants(&self, number: u32, peer: SocketAddr) {
        if let Some(socket) = lock(&self.open).created.get_mut(&number)
            && !matches!(socket.connection, Connection::Allowed(_))
        {
            socket.connection = Connection::Wanted(peer);
        }
    }

    /// Whether the socket with this number is not one that the program created: its
    /// connection was accepted.
    #[must_use]
    pub fn was_accepted(&self, number: u32) -> bool {
        !lock(&self.open).created.contains_key(&number)
    }

    /// The socket that the engine has this number for was closed; the connection is an
    /// accepted one if the program did not create it, of `peer` if that is known.
    pub fn closed(&self, number: u32, peer: Option<SocketAddr>) {
        let mut open = lock(&self.open);
        let closed = match open.created.remove(&number) {
            None => open.take_accepted(peer),
            created => created,
        };
        match closed {
            Some(socket) if socket.streams > 0 => open.lingering.push((peer, socket)),
            Some(socket) => {
                drop(open);
                self.is_gone(peer, socket);
            }
            None => {}
        }
    }

    fn is_gone(&self, peer: Option<SocketAddr>, socket: Admitted) {
        let Admitted {
            protocol, permit, ..
        } = socket;
        drop(permit);
        self.guard.closed(protocol, || Closed {
            peer,
            ..Closed::default()
        });
    }

    /// The program gets a stream of the socket with this number, of `peer` if it was accepted:
    /// the socket is there until what is returned is dropped too. Nothing if no socket is
    /// known for the number.
    pub fn lend(self: &Arc<Sockets>, number: u32, peer: Option<SocketAddr>) -> Option<Lent> {
        let mut open = lock(&self.open);
        if !open.created.contains_key(&number) {
            // From here on its number is known.
            let accepted = open.take_accepted(peer)?;
            open.created.insert(number, accepted);
        }
        open.with_streams += 1;
        let next = open.with_streams;
        let socket = open.created.get_mut(&number)?;
        if socket.id == 0 {
            socket.id = next;
        }
        socket.streams = socket.streams.saturating_add(1);
        Some(Lent {
            id: socket.id,
            sockets: Arc::clone(self),
        })
    }

    /// The program gets a stream of the socket with this number whose end nobody tells: the
    /// socket is there as long as the program, even if it is closed.
    pub fn lend_for_good(&self, number: u32) {
        if let Some(socket) = lock(&self.open).created.get_mut(&number) {
            socket.streams = socket.streams.saturating_add(1);
        }
    }

    /// A stream of a socket has ended.
    fn returned(&self, id: u64) {
        let mut open = lock(&self.open);
        let is_it = |socket: &Admitted| socket.id == id;
        if let Some(socket) = open.created.values_mut().find(|socket| is_it(socket)) {
            socket.streams = socket.streams.saturating_sub(1);
            return;
        }
        let mut lingering = open.lingering.iter_mut().enumerate();
        let Some((place, (_, socket))) = lingering.find(|(_, (_, socket))| is_it(socket)) else {
            return;
        };
        socket.streams = socket.streams.saturating_sub(1);
        if socket.streams == 0 {
            let (peer, socket) = open.lingering.swap_remove(place);
            drop(open);
            self.is_gone(peer, socket);
        }
    }

    /// Whether the program is to be ended, and may do nothing until then.
    pub(super) fn is_revoked(&self) -> bool {
        lock(&self.open).revoked.is_some()
    }

    fn decides(&self, protocol: Protocol, usage: Usage) -> bool {
        self.guard.permits(&Request::socket(protocol, usage))
    }

    fn connects(&self, peer: SocketAddr) -> bool {
        let request = Request::socket(Protocol::Tcp, Usage::Connect(peer));
        let policy = self.guard.policy();
        let Some((_, allowed)) = policy.decide_ongoing(&request) else {
            return false;
        };
        if self.guard.take_connect().is_err() {
            return false;
        }
        self.guard.witness().connecting();
        // While the policy is held: another one finds it.
        lock(&self.open).connected(peer, &allowed)
    }

    /// Decides on a peer of a socket of which only the protocol is known. What is done `then`
    /// is done while the policy is in force.
    fn decides_at_any(
        &self,
        protocol: Protocol,
        usage: impl Fn(Option<SocketAddr>) -> Usage,
        then: impl FnOnce(OngoingUse) -> bool,
    ) -> bool {
        let locals: Vec<SocketAddr> = {
            let open = lock(&self.open);
            let of_protocol = open.locals.iter().filter(|(of, _)| *of == protocol);
            of_protocol.map(|(_, local)| *local).collect()
        };
        let policy = self.guard.policy();
        let granted = |local: &SocketAddr| {
            let request = Request::socket(protocol, usage(Some(*local)));
            let policy: &Policy = &policy;
            policy.decide(&request).denial().is_none()
        };
        // One decision is reported: the one that grants it, or any other.
        let local = locals
            .iter()
            .find(|local| granted(local))
            .or(locals.first());
        let request = Request::socket(protocol, usage(local.copied()));
        match policy.decide_ongoing(&request) {
            Some((_, allowed)) => then(allowed),
            None => false,
        }
    }

    fn accepts(&self, peer: SocketAddr) -> bool {
        let nowhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let usage = |local: Option<SocketAddr>| Usage::Accept {
            local: local.unwrap_or(nowhere),
            peer,
        };
        let protocol = Protocol::Tcp;
        self.decides_at_any(protocol, usage, |allowed| {
            let Ok(permit) = self.guard.take(Part::Socket) else {
                return false;
            };
            self.guard.witness().socket_opened();
            lock(&self.open).accepted.push(Admitted {
                protocol,
                permit: permit.keep(),
                connection: Connection::Allowed(allowed),
                streams: 0,
                id: 0,
            });
            true
        })
    }

    /// Remembers where peers come to. Beyond the bound what was allowed still is, but no peer.
    fn remember(&self, protocol: Protocol, local: SocketAddr) -> bool {
        let mut open = lock(&self.open);
        let place = (protocol, local);
        if open.locals.len() < MOST_LOCALS && !open.locals.contains(&place) {
            open.locals.push(place);
        }
        true
    }
}

impl Holder for Sockets {
    /// Nothing is ended here: that is left to what runs the program.
    fn recheck(&self, policy: &Policy) -> Vec<Ended> {
        let mut open = lock(&self.open);
        let mut ongoing = open.ongoing();
        let denial = ongoing.find_map(|allowed| policy.still_allows(allowed).err());
        drop(ongoing);
        if denial.is_some() && open.revoked.is_none() {
            open.revoked = denial;
            drop(open);
            self.ended.notify(usize::MAX);
        }
        Vec::new()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        if let Some(denial) = lock(&self.open).revoked.take() {
            self.guard.witness().revoked(&Ended {
                denial,
                sent: 0,
                received: 0,
            });
        }
    }
}
