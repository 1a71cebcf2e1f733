//! The provider: its parts, its start and its end.

use alloc::{collections::BTreeMap, vec::Vec};

use slotmap::SlotMap;

use crate::{
    Configuration, EventId, Finished, OverlappedId, SocketId, Transport, WsaError, event::Event,
    operation::OperationId, operations::Operations, overlapped::Overlapped, routine::Routines,
    socket::Socket, threads::Changed, ticket::Ahead,
};

/// The Winsock version of this provider, 2.2, with the minor version in the high byte.
pub const VERSION: u16 = 0x0202;

/// `szDescription` of this provider.
pub const DESCRIPTION: &str = "wsp: Winsock 2.2 service provider for WebAssembly";

/// A Winsock service provider over a [`Transport`].
///
/// Every method is one entry point of the service-provider interface. Methods
/// check their arguments and the socket's state before they start anything.
#[derive(Debug)]
pub struct Provider<T: Transport> {
    pub(crate) transport: T,
    pub(crate) configuration: Configuration,
    startups: u32,
    pub(crate) sockets: SlotMap<SocketId, Socket<T::Endpoint>>,
    pub(crate) events: SlotMap<EventId, Event>,
    pub(crate) overlapped: SlotMap<OverlappedId, Overlapped>,
    pub(crate) operations: Operations,
    pub(crate) routines: Routines,
    /// Endpoints of closed sockets whose last send was kept aside and still goes out.
    pub(crate) draining: BTreeMap<OperationId, T::Endpoint>,
    /// What ConnectEx sends once its connection is there.
    pub(crate) first_data: BTreeMap<OperationId, T::Buffers>,
    /// The socket on which an overlapped send was posted last, if the client has looked at
    /// nothing since.
    pub(crate) posted: Option<SocketId>,
    /// The operation that was accepted with the last ticket.
    pub(crate) ahead: Option<Ahead>,
    /// Finished operations taken from the transport so far.
    pub(crate) taken: u64,
    /// What [`Provider::next_changed`] is to tell.
    pub(crate) changed: Changed,
    /// Reused from pump to pump.
    pub(crate) finished: Vec<Finished>,
}

impl<T: Transport> Provider<T> {
    /// A provider that was not started yet.
    pub fn new(transport: T) -> Provider<T> {
        Provider {
            transport,
            configuration: Configuration::default(),
            startups: 0,
            sockets: SlotMap::with_key(),
            events: SlotMap::with_key(),
            overlapped: SlotMap::with_key(),
            operations: Operations::default(),
            routines: Routines::default(),
            draining: BTreeMap::new(),
            first_data: BTreeMap::new(),
            posted: None,
            ahead: None,
            taken: 0,
            changed: Changed::default(),
            finished: Vec::new(),
        }
    }

    /// The transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The transport, for what only the caller knows of it, and tests that steer a simulated one.
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// WSPStartup. Calls are counted. Returns the version to use.
    ///
    /// # Errors
    ///
    /// `WSAVERNOTSUPPORTED` below version 2.2.
    pub fn startup(&mut self, version_requested: u16) -> Result<u16, WsaError> {
        if version_requested.swap_bytes() < VERSION.swap_bytes() {
            return Err(WsaError::VerNotSupported);
        }
        if !self.started() {
            self.configuration.limit_to(self.transport.abilities());
        }
        self.startups = self.startups.saturating_add(1);
        Ok(VERSION)
    }

    /// WSPCleanup. The last one closes every socket, gracefully; pending
    /// operations end with `WSA_OPERATION_ABORTED`.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED`.
    pub fn cleanup(&mut self) -> Result<(), WsaError> {
        if !self.started() {
            return Err(WsaError::NotInitialised);
        }
        self.startups -= 1;
        if !self.started() {
            let sockets: Vec<SocketId> = self.sockets.keys().collect();
            for s in sockets {
                self.drop_socket(s);
            }
        }
        Ok(())
    }

    /// How much the provider still has to do: operations under way, routines
    /// queued or running, and closed sockets whose last send still goes out. It
    /// is 0 once every socket is closed and every routine has returned.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.operations.len() + self.routines.len() + self.draining.len()
    }

    pub(crate) fn started(&self) -> bool {
        self.startups > 0
    }

    pub(crate) fn open_socket(&self, s: SocketId) -> Result<&Socket<T::Endpoint>, WsaError> {
        self.sockets.get(s).ok_or(WsaError::NotSock)
    }

    pub(crate) fn open_socket_mut(
        &mut self,
        s: SocketId,
    ) -> Result<&mut Socket<T::Endpoint>, WsaError> {
        self.sockets.get_mut(s).ok_or(WsaError::NotSock)
    }

    /// The endpoints of all sockets, also of those that are closed and whose last send still
    /// goes out.
    pub fn endpoints(&self) -> impl Iterator<Item = &T::Endpoint> {
        let open = self.sockets.values().map(|socket| &socket.endpoint);
        open.chain(self.draining.values())
    }

    /// The endpoint of an open socket.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK`.
    pub fn endpoint(&self, s: SocketId) -> Result<&T::Endpoint, WsaError> {
        Ok(&self.open_socket(s)?.endpoint)
    }
}
