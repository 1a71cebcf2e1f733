//! What an engine's hooks ask.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use super::Names;
use crate::Guard;
use crate::policy::{Policy, Protocol, Request, Usage};
use crate::quota::{Limits, Part, Permit, Refusal};
use crate::sync::lock;

/// Local addresses that are remembered: what a program binds beyond them is no
/// address at which a peer is welcome.
const MOST_LOCALS: usize = 64;

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
}

/// The sockets of one program, and what guards them.
pub struct Sockets {
    guard: Arc<Guard>,
    pub(super) names: Option<Arc<dyn Names>>,
    open: Mutex<Open>,
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
}

impl Sockets {
    /// Sockets that `guard` decides on.
    #[must_use]
    pub fn new(guard: Arc<Guard>) -> Sockets {
        Sockets {
            guard,
            names: None,
            open: Mutex::default(),
        }
    }

    /// Sockets that `policy` decides on, with the default quota and names that the system
    /// finds: what a host needs that has nothing else to say.
    #[must_use]
    pub fn for_policy(policy: Policy) -> Arc<Sockets> {
        let guard = Guard::new(policy, &Limits::default());
        Arc::new(Sockets::new(Arc::new(guard)))
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
        self.guard.policy().decide(&create).grant().is_some()
    }

    /// Decides on a use of a socket: whether it may be done.
    #[must_use]
    pub fn permits(&self, address: SocketAddr, asked: SocketUse) -> bool {
        let protocol = asked.protocol();
        match asked {
            SocketUse::TcpBind => self.decides(protocol, Usage::Bind(address)),
            SocketUse::TcpListen => {
                self.decides(protocol, Usage::Listen(address)) && self.remember(protocol, address)
            }
            SocketUse::UdpBind => {
                self.decides(protocol, Usage::Bind(address)) && self.remember(protocol, address)
            }
            SocketUse::TcpConnect => {
                let may = self.decides(protocol, Usage::Connect(address))
                    && self.guard.take_connect().is_ok();
                if may {
                    self.guard.witness().connecting();
                }
                may
            }
            SocketUse::UdpSend => self.decides(protocol, Usage::DatagramTo(address)),
            SocketUse::TcpAccept => self.accepts(address),
            SocketUse::UdpReceive => self.decides_at_any(protocol, |local| Usage::DatagramFrom {
                local,
                peer: address,
            }),
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
        if self.guard.decide(&create).is_none() {
            return Err(CannotCreate::Denied);
        }
        let permit = self.guard.take(Part::Socket)?.keep();
        Ok(Admitted { protocol, permit })
    }

    /// A socket was created, for which the engine has this number.
    pub fn created(&self, number: u32, admitted: Admitted) {
        self.guard.witness().socket_opened();
        lock(&self.open).created.insert(number, admitted);
    }

    /// The socket that the engine has this number for was closed; the connection is an
    /// accepted one if the program did not create it.
    pub fn closed(&self, number: u32) {
        let mut open = lock(&self.open);
        let closed = open.created.remove(&number).or_else(|| open.accepted.pop());
        drop(open);
        if let Some(Admitted { protocol, permit }) = closed {
            drop(permit);
            self.guard.closed(protocol, || (None, 0, 0));
        }
    }

    fn decides(&self, protocol: Protocol, usage: Usage) -> bool {
        self.guard
            .decide(&Request::socket(protocol, usage))
            .is_some()
    }

    /// Decides on a peer of a socket of which only the protocol is known.
    fn decides_at_any(
        &self,
        protocol: Protocol,
        usage: impl Fn(Option<SocketAddr>) -> Usage,
    ) -> bool {
        let locals: Vec<SocketAddr> = {
            let open = lock(&self.open);
            let of_protocol = open.locals.iter().filter(|(of, _)| *of == protocol);
            of_protocol.map(|(_, local)| *local).collect()
        };
        let policy = self.guard.policy();
        let granted = |local: &SocketAddr| {
            let request = Request::socket(protocol, usage(Some(*local)));
            policy.decide(&request).denial().is_none()
        };
        // One decision is reported: the one that grants it, or any other.
        let local = locals
            .iter()
            .find(|local| granted(local))
            .or(locals.first());
        self.decides(protocol, usage(local.copied()))
    }

    fn accepts(&self, peer: SocketAddr) -> bool {
        let nowhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let welcome = self.decides_at_any(Protocol::Tcp, |local| Usage::Accept {
            local: local.unwrap_or(nowhere),
            peer,
        });
        if !welcome {
            return false;
        }
        let Ok(permit) = self.guard.take(Part::Socket) else {
            return false;
        };
        self.guard.witness().socket_opened();
        let protocol = Protocol::Tcp;
        let permit = permit.keep();
        lock(&self.open)
            .accepted
            .push(Admitted { protocol, permit });
        true
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
