//! The state of one provider instance on the host's side.

use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;
use tokio::runtime::Handle;
use tokio::time::Instant;
use wasmtime::component::Resource;
use wasmtime::{Result, format_err};
use wsp_guard::Guard;
use wsp_guard::witness::Monitor;
use wsp_transport::{Endpoint, EndpointHandle, Polls, ReceiveBuffer, RoomWatch, Shared, Tracer};

use crate::imports::lookups::Lookups;
use crate::imports::memory::wsabuf_array::WsabufArray;
use crate::imports::numbered::Numbered;
use crate::live::{KeptNames, LivePolicy};
use crate::memory_limiter::MemoryLimiter;
use crate::quota::Limits;
use crate::resolver::{self, Resolver};
use crate::settings::Settings;

/// The host's side of one provider instance: its endpoints, its payload and what
/// has finished. Keep one in each store; a store serves one provider.
///
/// Dropping it closes every endpoint and cancels what is pending.
pub struct Ctx {
    pub(crate) shared: Arc<Shared>,
    pub(crate) resolver: Arc<dyn Resolver>,
    names: Arc<KeptNames>,
    arrays: Slab<WsabufArray>,
    rooms: Slab<ReceiveBuffer>,
    pub(crate) lookups: Lookups,
    pub(crate) endpoints: Numbered<EndpointHandle>,
    pub(crate) room_watch: RoomWatch,
    pub(crate) polls: Polls,
    memory: MemoryLimiter,
    call_bytes: usize,
    handles: usize,
    origin: Instant,
    /// The thread of the program that runs, if its library says so.
    pub(crate) running_thread: Option<u32>,
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx")
            .field("shared", &self.shared)
            .field("arrays", &self.arrays)
            .field("rooms", &self.rooms)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

impl Ctx {
    /// A new instance's state. Pending operations are driven by the tokio
    /// runtime that this is called in; give it a second thread (the
    /// multi-thread runtime) where operations must go on while a guest computes.
    ///
    /// # Errors
    ///
    /// When it is not called within a tokio runtime with I/O and time enabled.
    pub fn new(settings: Settings) -> Result<Ctx> {
        let limits = settings.limits;
        let trace = settings.trace;
        let tracer = trace.map(|sink| Tracer::begin(sink, &settings.tenant));
        let guard = Guard::new(settings.policy, &limits)
            .with_host_quota(&limits, settings.host_quota, &settings.clock)
            .with_witness(settings.tenant, settings.audit, settings.observer);
        let guard = Arc::new(guard);
        let shared = Shared::new(Arc::clone(&guard), &limits)
            .map_err(|error| format_err!("wsp needs a tokio runtime with I/O and time: {error}"))?;
        let shared = match settings.without_bursts {
            true => shared.without_bursts(),
            false => shared,
        };
        let shared = match tracer {
            Some(tracer) => shared.with_tracer(tracer),
            None => shared,
        };
        #[cfg(feature = "fault-injection")]
        let shared = shared.with_faults(settings.faults);
        #[cfg(feature = "laboratory")]
        let shared = shared.discarding(settings.discard);
        let shared = shared.in_network(settings.network);
        let resolver = settings.resolver.unwrap_or_else(resolver::system);
        let runtime = Handle::try_current()?;
        Ok(Ctx {
            lookups: Lookups::new(runtime.clone(), limits.operations),
            names: KeptNames::new(runtime, &resolver, &guard),
            memory: MemoryLimiter::new(Arc::clone(&guard), limits.memory_bytes),
            arrays: Slab::new(),
            call_bytes: limits.call_bytes,
            handles: handles(&limits),
            shared: Arc::new(shared),
            resolver,
            rooms: Slab::new(),
            endpoints: Numbered::default(),
            room_watch: RoomWatch::default(),
            polls: Polls::default(),
            origin: Instant::now(),
            running_thread: None,
        })
    }

    /// Makes a WSABUF array of the host's own bytes, which are shared and not
    /// copied, for calls into a provider component that an embedder has
    /// instantiated. The call that sends it takes it.
    ///
    /// # Errors
    ///
    /// When the store has more arrays than there are numbers for.
    pub fn wsabuf_array(
        &mut self,
        buffers: impl IntoIterator<Item = Bytes>,
    ) -> Result<Resource<WsabufArray>> {
        self.push_array(WsabufArray::shared(buffers))
    }

    /// Makes room for a receive of at most `capacity` bytes, for calls into a
    /// provider component that an embedder has instantiated;
    /// [`Ctx::take_received`] ends it. Room that exceeds the payload quota is
    /// refused by the receive, with WSAENOBUFS.
    ///
    /// # Errors
    ///
    /// When the store has more of them than there are numbers for.
    pub fn receive_buffer(&mut self, capacity: u32) -> Result<Resource<ReceiveBuffer>> {
        self.push_room(capacity)
    }

    /// What was received into `room`, without a copy; nothing while a receive is pending.
    ///
    /// # Errors
    ///
    /// When `room` is not of this store.
    pub fn take_received(&mut self, room: &Resource<ReceiveBuffer>) -> Result<Bytes> {
        let received = Bytes::from(self.room(room)?.take());
        self.drop_room(room.rep())?;
        Ok(received)
    }

    /// Watches what this instance does, even when it is gone.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.shared.guard().monitor()
    }

    /// Replaces the policy of this instance while its guest runs; without effect when it is
    /// gone.
    #[must_use]
    pub fn live_policy(&self) -> LivePolicy {
        self.names.live_policy(self.shared.guard())
    }

    pub(crate) fn memory_limiter(&mut self) -> &mut MemoryLimiter {
        &mut self.memory
    }

    /// How many handles the component model may keep in the store.
    pub(crate) fn handles(&self) -> usize {
        self.handles
    }

    pub(crate) fn call_bytes(&self) -> usize {
        self.call_bytes
    }

    /// Milliseconds since this instance was made.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn push_array(&mut self, array: WsabufArray) -> Result<Resource<WsabufArray>> {
        Ok(Resource::new_own(rep(self.arrays.insert(array))?))
    }

    pub(crate) fn array(&self, array: &Resource<WsabufArray>) -> Result<&WsabufArray> {
        let array = self.arrays.get(array.rep() as usize);
        array.ok_or_else(|| unknown("WSABUF array"))
    }

    pub(crate) fn drop_array(&mut self, rep: u32) -> Result<()> {
        let array = self.arrays.try_remove(rep as usize);
        array.map(drop).ok_or_else(|| unknown("WSABUF array"))
    }

    /// Whether its endpoints are made in another network than the system's.
    #[cfg(feature = "run")]
    pub(crate) fn in_network(&self) -> bool {
        self.shared.is_in_network()
    }

    pub(crate) fn guard(&self) -> Arc<Guard> {
        Arc::clone(self.shared.guard())
    }

    pub(crate) fn push_room(&mut self, capacity: u32) -> Result<Resource<ReceiveBuffer>> {
        let room = self.shared.receive_buffer(capacity);
        Ok(Resource::new_own(rep(self.rooms.insert(room))?))
    }

    pub(crate) fn room(&self, room: &Resource<ReceiveBuffer>) -> Result<&ReceiveBuffer> {
        self.rooms
            .get(room.rep() as usize)
            .ok_or_else(|| unknown("receive buffer"))
    }

    pub(crate) fn drop_room(&mut self, rep: u32) -> Result<()> {
        let room = self.rooms.try_remove(rep as usize);
        room.map(drop).ok_or_else(|| unknown("receive buffer"))
    }

    pub(crate) fn push_endpoint(
        &mut self,
        endpoint: EndpointHandle,
    ) -> Result<Resource<EndpointHandle>> {
        self.memory.warn_unless_asked();
        Ok(Resource::new_own(rep(self.endpoints.insert(endpoint))?))
    }

    /// The endpoint that a ticket names; none if it is gone, or never was.
    pub(crate) fn endpoint_numbered(&self, number: u64) -> Option<Arc<Endpoint>> {
        let endpoint = self.endpoints.numbered(number)?;
        Some(Arc::clone(endpoint.endpoint()))
    }

    pub(crate) fn endpoint(&self, endpoint: &Resource<EndpointHandle>) -> Result<&Arc<Endpoint>> {
        let handle = self.endpoints.get(endpoint.rep());
        let handle = handle.ok_or_else(|| unknown("endpoint"))?;
        Ok(handle.endpoint())
    }
}

/// Handles of the component model that sockets and operations need, with room
/// for those of a call: wasmtime's own limit is below what so many need.
fn handles(limits: &Limits) -> usize {
    // An operation has an overlapped structure, an event or completion, and a buffer.
    let of_operations = limits.operations.saturating_mul(4);
    let of_sockets = limits.sockets.saturating_mul(2);
    of_operations
        .saturating_add(of_sockets)
        .saturating_add(1024)
}

pub(crate) fn rep(index: usize) -> Result<u32> {
    Ok(u32::try_from(index)?)
}

/// The component model lets no guest hold a handle of what does not exist, so this is
/// a fault of the host.
pub(crate) fn unknown(what: &str) -> wasmtime::Error {
    format_err!("a guest's handle names no {what} of this store")
}
